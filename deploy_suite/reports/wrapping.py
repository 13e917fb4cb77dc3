"""A line → the same in lines that fit a width: words and what is joined by hyphens stay whole."""

import textwrap
from typing import Final

WIDTH: Final = 110
NARROWEST: Final = 48


def fitting(columns: int) -> int:
    """Return the width for a terminal of so many columns."""
    return min(max(columns - 1, NARROWEST), WIDTH)


def wrapped(text: str, width: int, *, indent: str = "", more: str = "") -> list[str]:
    """Return the lines of *text*, the first behind *indent*, the others behind *more*."""
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=more, break_long_words=False, break_on_hyphens=False
    ) or [indent]
