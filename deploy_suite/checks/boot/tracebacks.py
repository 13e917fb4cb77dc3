"""The log of a Python program → its last words: the exceptions in it, and the lines that say something."""

import re
from typing import Final

_HEADER: Final = "Traceback (most recent call last)"
_SHOWN_LINES: Final = 12
_SHOWN_CHARACTERS: Final = 400
_TELLING_CHARACTERS: Final = 20


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
    starts = [number for number, line in enumerate(lines) if is_header(line)]
    if not starts:
        return ()
    block = [lines[starts[-1]]]
    for line in lines[starts[-1] + 1 :]:
        block.append(line)
        if line and not line[0].isspace():
            break
    return tuple(line.rstrip()[:_SHOWN_CHARACTERS] for line in block)


def exceptions(log: str) -> tuple[str, ...]:
    """Return the line in which each traceback of *log* ends, in order."""
    found = []
    is_inside = False
    for line in log.splitlines():
        if is_header(line):
            is_inside = True
        elif is_inside and line and not line[0].isspace():
            found.append(line)
            is_inside = False
    return tuple(found)


def is_header(line: str) -> bool:
    """Return whether a traceback begins below *line*; one in a JSON line ends there too."""
    return line.rstrip().endswith(f"{_HEADER}:")
