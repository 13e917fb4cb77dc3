"""Environments kept between runs, each under the key of its content."""

import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy_suite.errors import UsageError
from deploy_suite.model.environment import LostInstallation, Refusal, RefusalKind, Resolution
from deploy_suite.model.location import Location
from deploy_suite.ports import Workplace

LIMIT_VARIABLE: Final = "DEPLOY_SUITE_CACHE_LIMIT"
_DEFAULT_LIMIT_BYTES: Final = 10 * 1024**3
_SIZE: Final = re.compile(r"(?P<number>\d{1,20}(?:\.\d{1,20})?)(?P<unit>[KMGT]?)", re.ASCII)
_LONGEST_SHOWN: Final = 40
_UNITS: Final = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SENTINEL: Final = "complete.json"
# What another run used within this time may still be in use there; a longer build than this one is none.
_IN_USE_S: Final = 3 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a kept environment.

    Shape: `has_tree` says that the built source is kept beside it; `content_bytes` is the length of all files together.
    """

    packages: Mapping[str, str]
    size_bytes: int
    content_bytes: int = 0
    has_tree: bool = False
    log: str = ""
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    from_source: tuple[str, ...] = ()
    lost: LostInstallation | None = None

    def resolution(self, python: str) -> Resolution:
        """Return what the index answered when the environment was built."""
        return Resolution(python=python, versions=self.versions, from_source=frozenset(self.from_source))


class Entry(NamedTuple):
    """Something kept. Shape: `size_bytes` is None for what is not whole; `used_s` counts since the epoch."""

    folder: Path
    used_s: float
    size_bytes: int | None


class Store:
    """The folder of the kept environments."""

    def __init__(self, workplace: Workplace, environment: Mapping[str, str] | None = None) -> None:
        """Keep them in the cache of *workplace*, the limit taken from *environment*. Raises: UsageError."""
        self._workplace = workplace
        self._root = workplace.cache / "environments"
        self._limit_bytes = limit_bytes((os.environ if environment is None else environment).get(LIMIT_VARIABLE, ""))

    def folder(self, key: str) -> Path:
        """Return where the environment *key* lies, or is to lie."""
        return self._root / key

    def read(self, key: str) -> Record | None:
        """Return the record of *key* and note its use; None for one that is not there or not complete."""
        record = _record(self.folder(key))
        try:
            os.utime(self.folder(key) / _SENTINEL)
        except OSError:
            return None  # it was removed meanwhile
        return record

    def discarded(self, key: str) -> bool:
        """Remove the environment *key* if some of it was lost since it was built; say whether that was so.

        Who cleans up by age, and a disk that loses its power, leave a part.
        """
        record = _record(self.folder(key))
        if record is None or content_bytes(self.folder(key)) >= record.content_bytes:
            return False
        self.remove(key)
        return True

    def remove(self, key: str) -> None:
        """Remove the environment *key*, where one is kept; "" names none."""
        if key:
            with self._workplace.locked(lock_name(key)):
                wiped(self.folder(key))

    def begin(self, key: str) -> Path:
        """Return the empty folder of *key*; what a build that was interrupted left there is gone. Needs its lock."""
        folder = self.folder(key)
        wiped(folder)
        folder.mkdir(parents=True)
        return folder

    def sweep(self) -> None:
        """Remove what builds that were killed left half done; a build that goes on holds its lock."""
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if not (folder / _SENTINEL).exists():
                with self._workplace.locked_at_once(lock_name(folder.name)) as is_held:
                    if is_held and not (folder / _SENTINEL).exists():
                        wiped(folder)

    def complete(self, key: str, record: Record) -> None:
        """Write *record*, which makes the environment count, and make room for it."""
        sentinel = self.folder(key) / _SENTINEL
        part = sentinel.with_suffix(".part")
        part.write_text(json.dumps(asdict(record), default=_plain), encoding="utf-8")
        part.replace(sentinel)
        self._make_room(key)

    @contextmanager
    def half_done(self, key: str) -> Iterator[Path]:
        """Yield the empty folder of *key*; what is not complete when the context is left goes. Needs its lock."""
        try:
            yield self.begin(key)
        finally:
            if not (self.folder(key) / _SENTINEL).exists():
                wiped(self.folder(key))

    @property
    def limit_bytes(self) -> int:
        """How much is kept at most."""
        return self._limit_bytes

    def _make_room(self, newest: str) -> None:
        others = [entry for entry in self._entries() if entry.folder.name != newest]
        for folder in least_used(others, self._limit_bytes - _size_of(self.folder(newest))):
            with self._workplace.locked(lock_name(folder.name)):
                wiped(folder)

    def _entries(self) -> Iterator[Entry]:
        for folder in self._root.iterdir():
            sentinel = folder / _SENTINEL
            with suppress(OSError):
                used_s = (sentinel if sentinel.exists() else folder).stat().st_mtime
                yield Entry(folder, used_s, record.size_bytes if (record := _record(folder)) else None)


def least_used(entries: Iterable[Entry], limit_bytes: int) -> Iterator[Path]:
    """Yield those folders, the least recently used, without which the rest fits; none that may be in use."""
    total_bytes = 0
    for entry in sorted(entries, key=lambda one: one.used_s, reverse=True):
        total_bytes += entry.size_bytes or 0
        is_old = time.time() - entry.used_s > _IN_USE_S
        if is_old and (entry.size_bytes is None or total_bytes > limit_bytes):
            total_bytes -= entry.size_bytes or 0
            yield entry.folder


def _size_of(folder: Path) -> int:
    record = _record(folder)
    return record.size_bytes if record else 0


def _record(folder: Path) -> Record | None:
    """Return what was written of the environment in *folder*, None where it is not there or not whole."""
    with suppress(OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raw: dict[str, Any] = json.loads((folder / _SENTINEL).read_text(encoding="utf-8"))
        lists = {name: tuple(raw[name]) for name in ("notes", "from_source")}
        tables = {name: dict(raw[name]) for name in ("packages", "versions")}
        return Record(
            **{**raw, **lists, **tables, "size_bytes": int(raw["size_bytes"]), "lost": _lost(raw.get("lost"))}
        )
    return None


def _plain(value: object) -> object:
    return value.value if isinstance(value, RefusalKind) else sorted(value) if isinstance(value, frozenset) else value


def _lost(raw: Mapping[str, Any] | None) -> LostInstallation | None:
    """Return what was written of an installation that failed. Raises: TypeError, ValueError, KeyError."""
    if raw is None:
        return None
    answer = raw["resolution"]
    read = Resolution(
        **{
            **answer,
            "from_source": frozenset(answer["from_source"]),
            "refusals": tuple(map(_refusal, answer["refusals"])),
        }
    )
    return LostInstallation(command=raw["command"], absent=tuple(raw["absent"]), resolution=read)


def _refusal(raw: Mapping[str, Any]) -> Refusal:
    lists = {name: tuple(raw[name]) for name in ("pythons", "modules", "required_by")}
    place = Location(**raw["location"]) if raw["location"] else None
    return Refusal(**{**raw, **lists, "kind": RefusalKind(raw["kind"]), "location": place})


def lock_name(key: str) -> str:
    """Return the name of the lock that guards the environment *key*."""
    return f"environment-{key}"


def limit_bytes(text: str) -> int:
    """Return the size that *text* ("10G", "500M", bytes) names; the default for "". Raises: UsageError."""
    if not text.strip():
        return _DEFAULT_LIMIT_BYTES
    match = _SIZE.fullmatch(text.strip().upper())
    if match is None:
        raise UsageError(
            f"{LIMIT_VARIABLE} is {text[:_LONGEST_SHOWN]!r}, which is no size",
            remedy=f"write it in bytes, or with one of {', '.join(_UNITS)} behind the number: {LIMIT_VARIABLE}=5G",
        )
    return int(float(match["number"]) * _UNITS.get(match["unit"], 1))


def size_bytes(folder: Path) -> int:
    """Return what the tree takes on disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118  many files
    return total


def content_bytes(folder: Path) -> int:
    """Return how long all files are together, without those that Python makes of its sources at any time."""
    total = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size if name != _SENTINEL else 0  # noqa: PTH118  likewise
    return total


def wiped(folder: Path) -> None:
    """Remove *folder*, write-protected folders in it included."""

    def unprotected(retry: Any, path: str, _: object) -> None:  # noqa: ANN401  shutil's own type
        with suppress(OSError):
            Path(path).parent.chmod(stat.S_IRWXU)
            retry(path)

    if folder.exists():
        sentinel = folder / _SENTINEL
        with suppress(IsADirectoryError):
            sentinel.unlink(missing_ok=True)
        shutil.rmtree(folder, onerror=unprotected)
