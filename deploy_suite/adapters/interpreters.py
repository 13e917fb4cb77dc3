"""The Pythons of this machine, found without running each of them every time."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.model.environment import Interpreter

_PROGRAM: Final = re.compile(r"python(3(\.\d+)?)?")
_RELEASE: Final = re.compile(r"3\.\d+\.\d+")
_QUERY_TIMEOUT_S: Final = 10.0
_SHIMS: Final = "shims"
_KEPT_BELOW: Final = ("versions", "installs/python")  # of pyenv, and of asdf
_BELOW_ROOT: Final = 3  # root/versions/3.12.1/bin/python
# Free-threaded builds and other implementations are not what targets run; pre-releases neither.
# The flag "t" is that of free-threaded builds: https://docs.python.org/3/library/sys.html#sys.abiflags
_QUERY: Final = """
import sys
base = getattr(sys, "_base_executable", "") or sys.executable
usable = sys.implementation.name == "cpython" and sys.version_info[3] == "final" and "t" not in sys.abiflags
print(base if usable else "-", "%d.%d.%d" % sys.version_info[:3], sep="\\n")
"""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an executable said of itself. Shape: `base` is "" for one that is no use."""

    base: str
    version: str


class SystemInterpreters:
    """Finds CPythons on PATH and where pyenv, uv, asdf, mise, python.org and CI runners put theirs."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, home: Path | None = None, cache: Path | None = None
    ) -> None:
        """Look by *environment* and *home*; answers are kept in the file *cache* until an executable changes."""
        self._environment = os.environ if environment is None else environment
        self._home = home or Path.home()
        self._cache = cache
        self._lock = threading.Lock()
        self._found: tuple[Interpreter, ...] | None = None

    def installed(self) -> Sequence[Interpreter]:
        """Return them, each version once, newest first; looked for once, and whoever asks meanwhile waits."""
        with self._lock:
            if self._found is None:
                self._found = self._looked_for()
            return self._found

    def _looked_for(self) -> tuple[Interpreter, ...]:
        found: dict[str, Interpreter] = {}
        for answer in self._answers(tuple(dict.fromkeys(self._candidates()))):
            if answer.base and answer.version not in found:
                found[answer.version] = Interpreter(path=Path(answer.base), version=answer.version)
        return tuple(sorted(found.values(), key=lambda i: tuple(map(int, i.version.split("."))), reverse=True))

    def _candidates(self) -> Iterator[Path]:
        yield _own()
        for pattern in self._folders_of_managers():
            yield from _matching(pattern)
        for folder in (*self._search_path(), Path("/usr/local/bin"), Path("/opt/homebrew/bin")):
            if folder.name != _SHIMS:  # they lead to one of several, as their manager is set
                yield from _programs(folder)

    def _search_path(self) -> tuple[Path, ...]:
        folders = self._environment.get("PATH", os.defpath).split(os.pathsep)
        return tuple(Path(folder) for folder in folders if folder)

    def _roots_of_managers(self) -> Iterator[Path]:
        """Yield where pyenv and asdf keep Pythons; HOME may be another than theirs, as for a test or in CI."""
        yield Path(self._environment.get("PYENV_ROOT") or self._home / ".pyenv")
        yield self._home / ".asdf"
        yield from (folder.parent for folder in self._search_path() if folder.name == _SHIMS)
        if len(_own().parents) > _BELOW_ROOT:
            yield _own().parents[_BELOW_ROOT]

    def _folders_of_managers(self) -> tuple[str, ...]:
        data = self._environment.get("XDG_DATA_HOME") or f"{self._home}/.local/share"
        managed = self._environment.get("UV_PYTHON_INSTALL_DIR") or f"{data}/uv/python"
        hosted = self._environment.get("AGENT_TOOLSDIRECTORY") or "/opt/hostedtoolcache"
        return (
            *(f"{root}/{below}/*/bin/python" for root in self._roots_of_managers() for below in _KEPT_BELOW),
            f"{managed}/cpython-*/bin/python3",
            f"{data}/mise/installs/python/*/bin/python",
            "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
            f"{hosted}/Python/*/x64/bin/python",
            f"{hosted}/Python/*/arm64/bin/python",
        )

    def _answers(self, candidates: tuple[Path, ...]) -> Iterable[_Answer]:
        known = self._known()
        # One executable goes by several names, of which the first is asked: /bin may be /usr/bin.
        named: dict[str, str] = {}
        for path in candidates:
            if stamp := _stamp(path):
                named.setdefault(stamp, str(path))
        stamped = {path: stamp for stamp, path in named.items()}
        unknown = [path for path, stamp in stamped.items() if known.get(path, [""])[0] != stamp]
        with ThreadPoolExecutor(max_workers=8) as pool:
            asked = dict(zip(unknown, pool.map(_answer, unknown), strict=True))
        now = {
            path: [stamp, asked[path].base, asked[path].version] if path in asked else known[path]
            for path, stamp in stamped.items()
        }
        if now != known:
            self._remember(now)
        return [_Answer(base, version) for _, base, version in now.values()]

    def _known(self) -> dict[str, list[str]]:
        if self._cache is None:
            return {}
        try:
            known = json.loads(self._cache.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _remember(self, answers: dict[str, list[str]]) -> None:
        if self._cache is None:
            return
        with suppress(OSError):  # a cache that cannot be written costs time, nothing else
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            part = self._cache.with_name(f"{self._cache.name}.{os.getpid()}")
            part.write_text(json.dumps(answers), encoding="utf-8")
            part.replace(self._cache)


def _own() -> Path:
    return Path(getattr(sys, "_base_executable", "") or sys.executable)


def _matching(pattern: str) -> list[Path]:
    return sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


def _programs(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _PROGRAM.fullmatch(path.name))
    except OSError:
        return []


def _stamp(path: Path) -> str:
    """Return what changes when the executable does, "" for a file that cannot be run."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}" if os.access(path, os.X_OK) else ""


def _answer(path: str) -> _Answer:
    return _by_name(Path(path)) or _ask(path)


def _by_name(path: Path) -> _Answer | None:
    """Return what a manager's folder says of its *path*, `…/versions/3.12.1/bin/python`; to ask takes 0.05 s each.

    Only CPython's final releases are called by their number alone; other builds are `3.13.0t`, `pypy3.10-7.3.17`.
    """
    folder = path.parents[1]
    series = folder.name.rpartition(".")[0]
    is_whole = (folder / "lib" / f"python{series}" / "os.py").is_file()
    return _Answer(str(path), folder.name) if is_whole and _RELEASE.fullmatch(folder.name) else None


def _ask(path: str) -> _Answer:
    try:
        done = subprocess.run(
            (path, "-I", "-S", "-c", _QUERY),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_QUERY_TIMEOUT_S,
            check=False,
            env={"PATH": os.defpath},
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return _Answer("", "")
    base, _, version = done.stdout.strip().partition("\n")
    if done.returncode or base == "-" or not Path(base).exists():
        return _Answer("", "")
    return _Answer(base, version)
