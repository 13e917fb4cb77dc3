"""Procfile text into processes with their commands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText

_HEAD: Final = re.compile(r"[A-Za-z0-9_-]+:")
# What servers are given, not a process with its command.
_OBJECT: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(\))?")
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
    apart = _apart(text)
    for number, line in _lines(text):
        if number not in apart and (match := _PROCESS.fullmatch(line)):
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


def spread(text: str, *, file: str) -> tuple[ProcessLine, ...]:
    """Return the processes behind whose colon nothing stands, with what the lines below may be meant to be.

    A process has one line: readers of this format see neither the process nor these lines.
    """
    lines = dict(_lines(text))
    below: dict[int, list[str]] = {}
    for number, head in _apart(text).items():
        below.setdefault(head, []).extend([lines[number]] if number != head else [])
    return tuple(
        ProcessLine(lines[head].rstrip(":"), CommandText(text=" ".join(words), location=Location(file, head)))
        for head, words in below.items()
        if words
    )


def _apart(text: str) -> Mapping[int, int]:
    """Return the lines of processes that are spread over several, each onto the first of them."""
    found: dict[int, int] = {}
    head = 0
    for number, line in _lines(text):
        if _HEAD.fullmatch(line):
            head = number
        elif line.startswith("#") or (_PROCESS.fullmatch(line) and not _OBJECT.fullmatch(line)):
            head = 0
        if head:
            found[number] = head
    return found


def _lines(text: str) -> list[tuple[int, str]]:
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]
