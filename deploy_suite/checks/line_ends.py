"""Scripts with Windows line ends, in the words that each check which meets them uses."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from deploy_suite.model.location import Location

CODE: Final = "crlf-line-endings"


def message(script: str) -> str:
    """Return what is wrong with *script*."""
    return f"{script} has Windows line ends: the shell takes the carriage return for a part of each command"


def remedy(script: str) -> str:
    """Return what to do about *script*."""
    return f"sed -i 's/\\r$//' {script}, and write `*.sh text eol=lf` to .gitattributes"


def first(top: Path, scripts: Iterable[str]) -> Location | None:
    """Return the first line that ends so in the first of *scripts* below *top* that has one."""
    for script in scripts:
        try:
            lines = (top / script).read_bytes().split(b"\n")
        except OSError:
            continue
        at = next((number for number, line in enumerate(lines, start=1) if line.endswith(b"\r")), 0)
        if at:
            return Location(script, at)
    return None
