"""The log of a Python program → the place in the project's own code where it went wrong."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.checks.boot.tracebacks import is_header
from deploy_suite.knowledge.tracebacks import Frame, frame
from deploy_suite.model import on_disk
from deploy_suite.model.environment import Environment
from deploy_suite.model.location import Location

_FOREIGN: Final = frozenset({"site-packages", "dist-packages"})


def own_frames(log: str, environment: Environment, *, up_to_line: int = 0) -> tuple[tuple[Location, str], ...]:
    """Return the frames of the project's own code, outermost first, in the traceback that matters.

    Shape: of each its place relative to the repository and its function. The traceback is the one above *up_to_line*
    of the log (from 1), or the last that has such frames.
    """
    lines = log.splitlines()[: up_to_line or None]
    for block in reversed(_blocks(lines)):
        frames = [(place, each.function) for each in block if (place := _place(each, environment))]
        if frames:
            return tuple(frames)
    return ()


def chain(frames: Sequence[tuple[Location, str]]) -> str:
    """Return *frames* on one line: "api/main.py:26 → api/assistant.py:17"."""
    return " → ".join(str(place) for place, _ in frames)


def own_lines(traceback: Sequence[str], environment: Environment) -> tuple[str, ...]:
    """Return of *traceback* the frames of the project's own code with their source, and the exception.

    Shape: the whole *traceback* when it has no such frame.
    """
    kept = []
    is_own = False
    for line in traceback[1:-1]:
        if found := frame(line):
            is_own = _place(found, environment) is not None
        if is_own and line.strip(" ~^"):
            kept.append(line)
    return (*kept, traceback[-1]) if kept else tuple(traceback)


def _blocks(lines: Sequence[str]) -> list[list[Frame]]:
    """Return the frames of each traceback; a syntax error has frames without a header of its own."""
    blocks: list[list[Frame]] = [[]]
    for line in lines:
        if is_header(line):
            blocks.append([])
        elif found := frame(line):
            blocks[-1].append(found)
    return blocks


def _place(found: Frame, environment: Environment) -> Location | None:
    """Return where *found* is in the repository, None when it belongs to Python, a package or the environment.

    Code that was compiled (uvloop, pandas) names its sources relative to where it was compiled.
    """
    if found.file.startswith("<"):
        return None
    file = environment.workdir / found.file
    if file.suffix != ".py" and not on_disk.is_file(file):
        return None
    if not file.is_relative_to(environment.top) or file.is_relative_to(environment.venv):
        return None
    relative = file.relative_to(environment.top)
    return None if _FOREIGN & set(relative.parts) else Location(relative.as_posix(), found.line)
