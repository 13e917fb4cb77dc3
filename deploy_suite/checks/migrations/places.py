"""Paths inside the built copy into places of the repository."""

import re
from pathlib import Path
from typing import Final

from deploy_suite.checks import migration_files
from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations.replies import Failure, Frame
from deploy_suite.model.location import Location

_QUOTED: Final = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+), in .*\n(?P<text>.*)$', re.MULTILINE)


def relative(built: Built, file: Path) -> str:
    """Return *file* relative to the repository, "" for one that is not the project's own, such as `<string>`."""
    if str(file).startswith("<"):
        return ""
    top, resolved = built.environment.top.resolve(), _resolved(file, built)
    is_own = resolved.is_relative_to(top) and not resolved.is_relative_to(built.environment.venv.resolve())
    return resolved.relative_to(top).as_posix() if is_own and "site-packages" not in resolved.parts else ""


def as_committed(built: Built, text: str) -> str:
    """Return *text* with files named as the repository does, and not by where this run keeps them."""
    return text.replace(f"{built.environment.venv}/", ".venv/").replace(f"{built.environment.top}/", "")


def innermost(built: Built, failure: Failure) -> Frame | None:
    """Return the last frame of the traceback that is in the project's own code."""
    return next((frame for frame in reversed(failure.frames) if relative(built, frame.file)), None)


def location(built: Built, frame: Frame) -> Location:
    """Return where *frame* is in the repository."""
    return Location(relative(built, frame.file), frame.line)


def place(built: Built, failure: Failure) -> Location | None:
    """Return where in the project *failure* came from, None when nothing tells."""
    frame = innermost(built, failure) or _quoted_frame(built, failure)
    if frame:
        return location(built, frame)
    culprit = relative(built, failure.culprit) if failure.culprit else ""
    return Location(culprit) if culprit else migration_files.place(failure.message, built.case)


def quoted(built: Built, failure: Failure) -> str:
    """Return the project's own line that failed, with its place, "" when nothing tells."""
    frame = innermost(built, failure) or _quoted_frame(built, failure)
    return f"{location(built, frame)}: {frame.text}" if frame and frame.text else ""


def _quoted_frame(built: Built, failure: Failure) -> Frame | None:
    """Return the project's last frame of a traceback that the message itself quotes, as Flask's does."""
    frames = (
        Frame(file=Path(match["file"]), line=int(match["line"]), function="", text=match["text"].strip())
        for match in _QUOTED.finditer(failure.message)
    )
    return next((frame for frame in reversed(tuple(frames)) if relative(built, frame.file)), None)


def _resolved(file: Path, built: Built) -> Path:
    return (file if file.is_absolute() else built.environment.workdir / file).resolve()
