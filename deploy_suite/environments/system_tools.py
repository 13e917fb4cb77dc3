"""The system's programs without those of this machine's Pythons: none of these may hide one that the project lacks."""

import hashlib
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from deploy_suite.ports import Workplace

_FOLDERS: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
_FOLDERS_OF_MACS: Final = ("/opt/homebrew/bin",)
# What Render's build image has beside Debian's basics, wherever this machine keeps it.
# Source: https://render.com/docs/native-runtimes
_NATIVE: Final = (
    *("node", "npm", "npx", "corepack", "yarn", "pnpm", "git", "git-lfs", "gcc", "g++", "cc", "c++", "make", "cmake"),
    *("curl", "wget", "jq", "psql", "pg_config", "pg_dump", "ffmpeg", "sqlite3", "unzip", "zip"),
)
_PYTHON_TOOL: Final = re.compile(
    r"(?:python|pypy|pip|pydoc|idle)[\d.]*(?:-config)?|uvx?|poetry|pipenv|pyenv|virtualenv|conda|hatch|pdm"
)
# What would change this machine where the caller may do so (as root in a container, with sudo), and on no target does.
_OF_THE_MACHINE: Final = (
    *("su", "doas", "pkexec", "runuser", "systemctl", "service", "snap", "brew", "port", "yum", "dnf", "microdnf"),
    *("rpm", "zypper", "apk", "pacman", "apt-key", "add-apt-repository", "dpkg-reconfigure"),
)
# Targets refuse these, which the check of the commands says; the build goes past them, to meet what lies behind.
_PASSED_OVER: Final = ("apt-get", "apt", "aptitude", "sudo")
_NOTHING: Final = """#!/bin/sh
echo "$(basename "$0") $*: not run, for it would change this machine; the target refuses it" >&2
"""
_QUERIES: Final = """#!/bin/sh
for argument; do
    case "$argument" in
    -i | --install | --unpack | --configure | -r | --remove | -P | --purge)
        echo "dpkg: error: requested operation requires superuser privilege" >&2
        exit 2
        ;;
    esac
done
exec {program} "$@"
"""
# apt's own way to change nothing, also where it is called by its whole path.
# Source: https://manpages.debian.org/bookworm/apt/apt-get.8.en.html (--simulate, configuration item APT::Get::Simulate)
_APT_GET: Final = Path("/usr/bin/apt-get")
_APT: Final = "apt.conf"
_SIMULATED: Final = 'APT::Get::Simulate "true";\n'
_HEAD_BYTES: Final = 128


def folder(workplace: Workplace, search_path: Sequence[Path]) -> Path:
    """Return a folder with a link to each program; made anew when the system's folders changed.

    Shape: what would install packages of the system, or act as another user, is a script that does nothing of the kind.
    """
    folders = [Path(name) for name in (*_FOLDERS, *(_FOLDERS_OF_MACS if sys.platform == "darwin" else ()))]
    native = {name: path for name in _NATIVE if (path := _found(name, search_path))}
    kept_off = (sorted(_OF_THE_MACHINE), _PASSED_OVER, _NOTHING, _QUERIES, _SIMULATED)
    state = (sorted(map(str, native.values())), list(_stamps(folders)), kept_off)
    key = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
    made = workplace.cache / "system" / key
    if not made.is_dir():
        _make(made, folders, native)
    return made


def settings(made: Path) -> Mapping[str, str]:
    """Return the variables that go with the folder *made*: what they say to apt keeps it from changing this machine."""
    return {"APT_CONFIG": str(made / _APT)} if _APT_GET.exists() else {}


def _found(name: str, search_path: Sequence[Path]) -> Path | None:
    """Return where *name* is on the caller's path: an absolute program, not a link into some environment of Python."""
    candidates = (place / name for place in search_path)
    return next((path for path in candidates if os.access(path, os.X_OK) and not _is_python(str(path))), None)


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int]]:
    for each in folders:
        with suppress(OSError):
            yield str(each), each.stat().st_mtime_ns


def _make(made: Path, folders: Sequence[Path], native: Mapping[str, Path]) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=made.parent))
    part.chmod(0o755)
    scripts = dict.fromkeys(_PASSED_OVER, _NOTHING)
    programs: dict[str, str | Path] = dict(_programs(folders))
    for name, path in (programs | dict(native)).items():
        if name == "dpkg":
            scripts[name] = _QUERIES.format(program=shlex.quote(str(path)))
        elif name not in _OF_THE_MACHINE and name not in scripts:
            with suppress(FileExistsError):
                os.symlink(path, f"{part}/{name}")  # noqa: PTH211  a thousand times
    for name, text in scripts.items():
        (part / name).write_text(text, encoding="utf-8")
        (part / name).chmod(0o755)
    (part / _APT).write_text(_SIMULATED, encoding="utf-8")
    try:
        part.rename(made)
    except OSError:  # another run was faster
        for link in part.iterdir():
            link.unlink()
        part.rmdir()


def _programs(folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    seen = set()
    for place in folders:
        with suppress(OSError):
            for entry in os.scandir(place):
                if entry.name not in seen and not _PYTHON_TOOL.fullmatch(entry.name) and not _is_python(entry.path):
                    seen.add(entry.name)
                    yield entry.name, entry.path


def _is_python(path: str) -> bool:
    """Return whether *path* is a script for Python."""
    try:
        opened = os.open(path, os.O_RDONLY)
        try:
            head = os.read(opened, _HEAD_BYTES)
        finally:
            os.close(opened)
    except OSError:
        return True  # what cannot be read cannot be judged, nor is it a program that a build needs
    return head.startswith(b"#!") and b"python" in head.partition(b"\n")[0]
