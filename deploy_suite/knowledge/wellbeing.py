"""A log in which nothing failed → whether it says that all is well, or only that nobody said why."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.catalogue import Catalogue
from deploy_suite.knowledge.entry_levels import without_level
from deploy_suite.knowledge.log_text import LogLine, log_line
from deploy_suite.knowledge.unfolding import FOLD, Unfolded

_ANSWERED: Final = re.compile(r'"(?:GET|POST|PUT|PATCH|HEAD) [^"\n]{1,300}" [23]\d\d\b')
_STARTED: Final = re.compile(rb"\d{4}-\d\d-\d\d[ T](\d\d:\d\d:\d\d)[^\n]{0,80}Booting worker with pid")
# What is said of a thing with one of these is not said of a service at work.
_DENIED: Final = re.compile(r"(?i)\b(?:not|never|without|un(?:able|successful)\w*|fail(?:ed|ure|s)?)\b|n't\b")
# What is waited for has not come yet.
_AWAITED: Final = re.compile(r"(?i)\b(?:wait\w*|until|check\w*|if|whether|when|once|ensure|sure|before)\b|\?")
# How a program says what it ends of: the level stands before all else.
_ENDS_OF: Final = re.compile(r"\[?(?:[Ee]rror|ERROR|[Ff]atal|FATAL|CRITICAL)\b(?: error)?[\]:]")
# Workers that are started together are so within a second or two.
_MOST_SECONDS: Final = 3


def last_recovery(lines: Unfolded, rows: Catalogue) -> int:
    """Return the number of the last line of a short log by which the service goes on; 0 when none.

    It answers a request well, or what it waited for has come, in words that no literal leads to.
    """
    return max((line.number for line in entries(lines) if _goes_on(line.text, rows)), default=0)


def entries(lines: Unfolded) -> Iterator[LogLine]:
    """Return the lines of a short log, each with what belongs to it; none of a long one."""
    return _lines((lines.short or b"").replace(b"\n" + FOLD, b" "))


def _goes_on(text: str, rows: Catalogue) -> bool:
    return bool(_ANSWERED.search(text) or (rows.recovered.search(text) and not _AWAITED.search(text)))


def is_said_to_be_well(lines: Unfolded, rows: Catalogue) -> bool:
    """Whether a log without any complaint is one of a service at work: a short one must say something of it.

    A warning, which would not be the last word of a failure, says so too; that a program was told to end does not.
    """
    if lines.short is None or not lines.short.strip():
        return True
    said = [without_level(line.text) for line in _lines(lines.short) if not rows.aside.search(line.text)]
    return any(rows.warned.search(text) or (rows.working.search(text) and not _DENIED.search(text)) for text in said)


def last_words(lines: Unfolded, rows: Catalogue) -> LogLine | None:
    """Return the last line of a short log when it states an error: whatever came up before, it did not end well."""
    last = next((line for line in reversed(tuple(_lines(lines.short or b""))) if line.text.strip()), None)
    return last if last and _ENDS_OF.match(last.text) and not rows.harmless.search(last.text) else None


def keeps_starting(lines: Unfolded) -> bool:
    """Whether a short log shows nothing but a worker that is started again and again, and answers nobody."""
    text = lines.short or b""
    return len(set(_STARTED.findall(text))) > _MOST_SECONDS and not _ANSWERED.search(text.decode("utf-8", "replace"))


def _lines(text: bytes) -> Iterator[LogLine]:
    for number, raw in enumerate(text.decode("utf-8", "replace").split("\n"), 1):
        yield log_line(number, raw)
