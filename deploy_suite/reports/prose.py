"""Sentences, with commands and quoted lines between them → the same, fitted to a terminal."""

import re
from typing import Final

from deploy_suite.reports import wrapping

# A line of a log with its number; what stands below a sentence, as commands do; a table's second column.
_KEPT: Final = re.compile(r" *\d+ \| | {5,}|\S+ {2,}\S")


def wrapped(text: str, *, columns: int) -> str:
    """Return *text* with each line that is a sentence wrapped to *columns*, below its own beginning."""
    width = wrapping.fitting(columns)
    return "\n".join(part for line in text.split("\n") for part in _fitted(line, width))


def _fitted(line: str, width: int) -> list[str]:
    if len(line) <= width or _KEPT.match(line):
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return wrapping.wrapped(line.strip(), width, indent=indent, more=indent)
