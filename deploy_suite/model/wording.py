"""How numbers stand in sentences, and what of a text a terminal may get."""

import re
from typing import Final

_COLOUR: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
# The longer form stands in strings of JSON too, which writes those below 0x20 so by itself.
_CONTROLS: Final = {number: f"\\x{number:02x}" for number in range(0x20) if chr(number) not in "\t\n"} | {
    number: f"\\u{number:04x}" for number in range(0x7F, 0xA0)
}


def counted(number: int, noun: str) -> str:
    """Return "1 commit", "2 commits", "0 commits"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Return *text* without colours, and with every other control character as it is written in Python.

    A project's names and logs are shown as they are, and none of them may steer the terminal of who reads them.
    """
    return text if text.isprintable() else _COLOUR.sub("", text).replace("\r\n", "\n").translate(_CONTROLS)
