"""The log of a Python program → the place in the project's own code where it went wrong."""

import re
from collections.abc import Sequence
from typing import Final

from deploy_suite.knowledge.tracebacks import Frame, frame
from deploy_suite.model.environment import Environment
from deploy_suite.model.location import Location

_HEADER: Final = "Traceback (most recent call last)"
_SHOWN_LINES: Final = 12
_SHOWN_CHARACTERS: Final = 400
_TELLING_CHARACTERS: Final = 20
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


def last_lines(log: str, count: int = _SHOWN_LINES) -> tuple[str, ...]:
    """Return the last lines of *log* that say something, and of those that only differ in figures the last."""
    said: dict[str, str] = {}
    for line in reversed(log.splitlines()):
        alike = re.sub(r"\d+", "0", line) if len(line) > _TELLING_CHARACTERS else str(len(said))
        if line.strip():
            said.setdefault(alike, line.rstrip()[:_SHOWN_CHARACTERS])
        if len(said) == count:
            break
    return tuple(reversed(said.values()))


def last_traceback(log: str) -> tuple[str, ...]:
    """Return the lines of the last traceback of *log*, its exception included; empty when there is none."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if _is_header(line)]
    if not starts:
        return ()
    block = [lines[starts[-1]]]
    for line in lines[starts[-1] + 1 :]:
        block.append(line)
        if line and not line[0].isspace():
            break
    return tuple(line.rstrip()[:_SHOWN_CHARACTERS] for line in block)


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


def exceptions(log: str) -> tuple[str, ...]:
    """Return the line in which each traceback of *log* ends, in order."""
    found = []
    is_inside = False
    for line in log.splitlines():
        if _is_header(line):
            is_inside = True
        elif is_inside and line and not line[0].isspace():
            found.append(line)
            is_inside = False
    return tuple(found)


def _is_header(line: str) -> bool:
    """Return whether a traceback begins below *line*; one in a JSON line ends there too."""
    return line.rstrip().endswith(f"{_HEADER}:")


def _blocks(lines: Sequence[str]) -> list[list[Frame]]:
    """Return the frames of each traceback; a syntax error has frames without a header of its own."""
    blocks: list[list[Frame]] = [[]]
    for line in lines:
        if _is_header(line):
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
    if file.suffix != ".py" and not file.is_file():
        return None
    if not file.is_relative_to(environment.top) or file.is_relative_to(environment.venv):
        return None
    relative = file.relative_to(environment.top)
    return None if _FOREIGN & set(relative.parts) else Location(relative.as_posix(), found.line)
