"""Procfile text into processes with their commands."""

import re
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.finding import Location
from deploy_suite.model.project import CommandText

_PROCESS: Final = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>.+)")


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """One process. Shape: `name` is "web", "worker" or "release", or what the project calls it."""

    name: str
    command: CommandText


def parse(text: str, *, file: str) -> tuple[ProcessLine, ...]:
    """Return the processes in *text*; of two with one name the last counts.

    Lines of another form are left out, as by the readers of this format; `unread` returns them.
    Source: https://devcenter.heroku.com/articles/procfile
    """
    found: dict[str, ProcessLine] = {}
    for number, line in _lines(text):
        if match := _PROCESS.fullmatch(line):
            command = CommandText(text=match["command"].strip(), location=Location(file, number))
            found.pop(match["name"], None)
            found[match["name"]] = ProcessLine(match["name"], command)
    return tuple(found.values())


def unread(text: str, *, file: str) -> tuple[Location, ...]:
    """Return the places of lines that are no "name: command", no comment and not empty."""
    return tuple(
        Location(file, number)
        for number, line in _lines(text)
        if not line.startswith("#") and not _PROCESS.fullmatch(line)
    )


def _lines(text: str) -> list[tuple[int, str]]:
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]
