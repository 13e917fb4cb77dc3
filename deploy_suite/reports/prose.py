"""Sentences, with commands and quoted lines between them → the same, fitted to a terminal."""

import re
import textwrap
from typing import Final

_WIDTH: Final = 110
_NARROWEST: Final = 48
# A line of a log with its number; what stands below a sentence, as commands do; a table's second column.
_KEPT: Final = re.compile(r" *\d+ \| | {5,}|\S+ {2,}\S")


def wrapped(text: str, *, columns: int) -> str:
    """Return *text* with each line that is a sentence wrapped to *columns*, below its own beginning."""
    width = min(max(columns - 1, _NARROWEST), _WIDTH)
    return "\n".join(part for line in text.split("\n") for part in _fitted(line, width))


def _fitted(line: str, width: int) -> list[str]:
    if len(line) <= width or _KEPT.match(line):
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
