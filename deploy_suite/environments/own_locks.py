"""Lock files that the suite has written: what stands in their head, and what they were made from."""

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import pip_call
from deploy_suite.environments.installs import Install
from deploy_suite.errors import UsageError

_MARK: Final = "# Written by `deploy-suite lock`"
_SOURCE: Final = "# Made from: "


def ours(installs: Sequence[Install], top: Path) -> str:
    """Return the lock of ours from which alone the build installs, "" where it installs from anything else."""
    files = [file for install in installs for file in install.files]
    others = any(install.requirements or install.editables for install in installs)
    if len(files) != 1 or others or not files[0].endswith(".lock"):
        return ""
    return files[0] if _present(top / files[0]).startswith(_MARK) else ""


def source(install: Install, lock: Path) -> Install:
    """Return what the lock was made from, which its head says. Raises: UsageError where it does not."""
    line = next((one for one in _present(lock).splitlines() if one.startswith(_SOURCE)), "")
    call = pip_call.read(("install", *shlex.split(line.removeprefix(_SOURCE))))
    if call is None:
        raise UsageError(f"{lock} does not say what it was made from", remedy=f"write it as '{_SOURCE}-r FILE' into it")
    return replace(
        install,
        requirements=call.requirements,
        editables=call.editables,
        files=tuple(posixpath.normpath(posixpath.join(install.folder, file)) for file in call.files),
        constraints=tuple(posixpath.normpath(posixpath.join(install.folder, file)) for file in call.constraints),
    )


def head(installs: Sequence[Install], *, python: str, target: str, service: str) -> Iterator[str]:
    """Yield the first lines of a lock: what it is for, and what it was made from."""
    yield f"{_MARK} for Python {python} on Linux, x86-64 ({target}): what {service} gets."
    yield "# Do not edit it: change what it was made from, and run the command again."
    first = installs[0]
    files = dict.fromkeys(relative(file, first) for install in installs for file in install.files)
    constraints = dict.fromkeys(relative(file, first) for install in installs for file in install.constraints)
    editables = [path for install in installs for path in install.editables]
    options = (("-r", files), ("-c", constraints), ("-e", editables))
    words = [word for option, values in options for value in values for word in (option, value)]
    yield _SOURCE + shlex.join((*words, *(word for install in installs for word in install.requirements)))


def write(path: Path, text: str) -> None:
    """Write a lock. Raises: UsageError where somebody else's file is in the way."""
    present = _present(path) if path.exists() else _MARK
    if not present.startswith(_MARK):
        raise UsageError(
            f"{path} is in the way, and was not written by this command",
            remedy=f"move {path.name} away, or go on locking with the tool that wrote it",
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", remedy="make the folder writable") from error


def _present(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="move it away") from error


def relative(file: str, install: Install) -> str:
    """Return *file*, relative to the repository, as a command of *install* names it."""
    return posixpath.relpath(file, install.folder or ".")
