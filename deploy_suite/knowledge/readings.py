"""A window of a log → what its line may say, and the lines around it that belong to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.scan import Window
from deploy_suite.knowledge.tracebacks import EXCEPTION

_WRAP_COLUMNS: Final = 40
_MOST_COLUMNS: Final = 240
_SCREEN_COLUMNS: Final = 72
_HEROKU: Final = "heroku"
_OF_CONTAINERS: Final = frozenset({"compose", _HEROKU})


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that a line may stand for. Shape: `seam` is where two lines were joined, 0 for one line."""

    text: str
    seam: int = 0

    def holds(self, match: re.Match[str]) -> bool:
        """Whether *match* needs both lines, where there are two."""
        if not self.seam:
            return True
        is_across = match.start() < self.seam < match.end()
        return is_across and not match.re.search(self.text, 0, self.seam)


def readings(window: Window, line: LogLine) -> Iterator[Reading]:
    """Yield what a line may say: itself, as it was before a string of JSON held it, and before it was wrapped."""
    yield Reading(line.text)
    if '\\"' in line.text:
        yield Reading(line.text.replace('\\"', '"'))
    wide = window.end - window.start >= _SCREEN_COLUMNS
    if wide or len(line.text) >= _WRAP_COLUMNS:
        following = window.after(line.service)[:1]
        if following and not EXCEPTION.match(following[0].text):
            yield from _joined_by(line.text, following[0].text)
    previous = window.previous()
    if _WRAP_COLUMNS <= len(previous.text) <= _MOST_COLUMNS:
        yield from _joined_by(previous.text, line.text)


def _joined_by(first: str, second: str) -> Iterator[Reading]:
    for glue in ("", " "):
        yield Reading(first + glue + second.lstrip(), seam=len(first))


def lines_around(window: Window, line: LogLine, *, is_across: bool, is_wrapped: bool) -> str:
    """Return the lines around *line*, after one that says what named its service (`@compose`, `@heroku`).

    Where lines name their service and this log is wrapped, one that names none is the rest of the one before.
    """
    mine = "" if is_across and line.place in _OF_CONTAINERS else _unit(line)
    lines = (*window.before(), window.line(), *window.after())
    kept = [one for one in lines if not mine or not one.service or _unit(one) == mine]
    rest = is_wrapped and bool(line.service)
    return "".join((f"@{line.place}", *(one.text if rest and not one.service else f"\n{one.text}" for one in kept)))


def _unit(line: LogLine) -> str:
    """Return what runs *line*'s program: on Heroku the platform's lines about a dyno are the dyno's own."""
    return line.service.partition("[")[2] if line.place == _HEROKU else line.service
