"""The system's programs without those of this machine's Pythons: none of these may hide one that the project lacks."""

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from deploy_suite.ports import Workplace

_FOLDERS: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
_FOLDERS_OF_MACS: Final = ("/opt/homebrew/bin",)
# What Render's build image has beside Debian's basics, wherever this machine keeps it.
# Source: https://render.com/docs/native-runtimes
_NATIVE: Final = [
    "node",
    "npm",
    "npx",
    "corepack",
    "yarn",
    "pnpm",
    "git",
    "git-lfs",
    "gcc",
    "g++",
    "cc",
    "c++",
    "make",
    "cmake",
    "curl",
    "wget",
    "jq",
    "psql",
    "pg_config",
    "pg_dump",
    "ffmpeg",
    "sqlite3",
    "unzip",
    "zip",
]
_PYTHON_TOOL: Final = re.compile(
    r"(?:python|pypy|pip|pydoc|idle)[\d.]*(?:-config)?|uvx?|poetry|pipenv|pyenv|virtualenv|conda|hatch|pdm"
)
_HEAD_BYTES: Final = 128


def folder(workplace: Workplace, search_path: Sequence[Path]) -> Path:
    """Return a folder with a link to each program; made anew when the system's folders changed."""
    folders = [Path(name) for name in (*_FOLDERS, *(_FOLDERS_OF_MACS if sys.platform == "darwin" else ()))]
    native = {name: path for name in _NATIVE if (path := _found(name, search_path))}
    key = hashlib.sha256(repr((sorted(map(str, native.values())), list(_stamps(folders)))).encode()).hexdigest()[:16]
    made = workplace.cache / "system" / key
    if not made.is_dir():
        _make(made, folders, native)
    return made


def _found(name: str, search_path: Sequence[Path]) -> Path | None:
    """Return where *name* is on the caller's path: an absolute program, not a link into some environment of Python."""
    candidates = (place / name for place in search_path)
    return next((path for path in candidates if os.access(path, os.X_OK) and not _is_python(path)), None)


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int]]:
    for each in folders:
        with suppress(OSError):
            yield str(each), each.stat().st_mtime_ns


def _make(made: Path, folders: Sequence[Path], native: dict[str, Path]) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=made.parent))
    part.chmod(0o755)
    for name, path in dict(_programs(folders)).items() | native.items():
        with suppress(FileExistsError):
            (part / name).symlink_to(path)
    try:
        part.rename(made)
    except OSError:  # another run was faster
        for link in part.iterdir():
            link.unlink()
        part.rmdir()


def _programs(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    seen = set()
    for place in folders:
        with suppress(OSError):
            for entry in os.scandir(place):
                if (
                    entry.name not in seen
                    and not _PYTHON_TOOL.fullmatch(entry.name)
                    and not _is_python(Path(entry.path))
                ):
                    seen.add(entry.name)
                    yield entry.name, Path(entry.path)


def _is_python(path: Path) -> bool:
    """Return whether *path* is a script for Python."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return True  # what cannot be read cannot be judged, nor is it a program that a build needs
    return head.startswith(b"#!") and b"python" in head.partition(b"\n")[0]
