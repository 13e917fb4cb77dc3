"""A log line as it was pasted → what the program printed, and which service printed it."""

import html
import re
from dataclasses import dataclass
from typing import Final

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\ufeff")
_PASTED: Final = re.compile(r"&(?:quot|apos|#39|lt|gt);|</(?:font|span|b|code|pre)>")
_TAG: Final = re.compile(r"</?(?:font|span|b|i|code|pre|div|br|p)\b[^<>]{0,200}>")
_QUOTES: Final = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_TIME: Final = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_PREFIX: Final = re.compile(
    "|".join(
        (
            rf"{_TIME} (?P<heroku>(?:app|heroku)\[[\w.-]+\]):? ?(?:\w{{3}} \[\w+\] ?)?",  # Heroku, Fly
            rf"\[?(?>{_TIME})\]?[ \t]+(?=\S|$)(?!\[\d+\])",  # docker logs -t, GitHub Actions, Render
            r"(?P<compose>[A-Za-z0-9][\w.-]{0,62}) +\| ?",  # docker compose
            r"(?P<compose2>[A-Za-z0-9][\w.-]{0,62}[_-]\d+)\| ?",
            r"remote: ?",  # git push to a platform
            r"\w{3} [ \d]\d \d\d:\d\d:\d\d (?:[\w.-]+ )?(?P<journal>[\w.@/-]+)\[\d+\]: ",  # journald, syslog
            r"\w{3} [ \d]?\d,? (?:\d{4} )?\d\d?:\d\d:\d\d (?:AM|PM)[ \t]+(?:\[\w{4,12}\] ?)?",  # Render's log view
            r"#\d+ (?:\[[^\]]{1,60}\] )?(?:\d+\.\d+ )?",  # BuildKit, plain progress
            # Cloud Foundry, and consoles of container hosts
            r"(?:\[(?:APP|CELL|STG|RTR|API|LGR)/[\w/-]+\] )?(?:STDOUT|STDERR|OUT|ERR|stdout|stderr)[ \t]+(?=\S)",
            r"Step #\d+(?: - \"[^\"]{1,60}\")?: ",  # Google Cloud Build
            r"\d{1,4}\.\d{1,3} (?=\S)",  # BuildKit, the excerpt of a failed step
            r"##\[error\]|\[(?:inf|err|info|stdout|stderr)\][ \t]+(?:\[\w{4,12}\] )?",
            " *[\u2502|>\u2570\u2500\u00d7]+ ",  # pip's boxes, quotes in threads
            r"\$ ",
            r"(?:`{1,3}|\*\*)(?=[\w\[/])",  # marks of a thread around a line
        )
    )
)
_MOST_PREFIXES: Final = 4
_ESCAPED: Final = ("(most recent call last):\\n", "\\n  File ", '\\n  File \\"', "\\n\\nDuring handling")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line.

    Shape: `number` from 1; `text` without prefix, colours and trailing space; `service` is "" when none is named;
    `place` is what named it: "heroku" (and platforms alike), "compose", "journal" or "".
    """

    number: int
    text: str
    service: str = ""
    place: str = ""


def plain(raw: str) -> str:
    """Return *raw* without colours, carriage returns (what a progress bar overwrote is dropped) and trailing space.

    What a web page or a word processor did to a log on its way is undone: tags, entities, typographic quotes.
    """
    text = _ANSI.sub("", raw) if "\x1b" in raw or "\ufeff" in raw else raw
    if _PASTED.search(text):
        text = html.unescape(_TAG.sub("", text))
    if not text.isascii():
        text = text.translate(_QUOTES)
    text = text.rstrip()
    return text.rpartition("\r")[2] if "\r" in text else text


def log_line(number: int, raw: str) -> LogLine:
    """Return the line *raw* taken apart."""
    text, service, place = plain(raw), "", ""
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(text)
        if not match or not match.end():
            break
        if not service and match.lastgroup:
            service, place = match[match.lastgroup], match.lastgroup.rstrip("2")
        text = text[match.end() :]
    return LogLine(number, text, service, place)


def spread(line: LogLine) -> tuple[LogLine, ...]:
    """Return the lines that *line* holds: several where a string of JSON has a traceback in it, else itself."""
    if not any(mark in line.text for mark in _ESCAPED):
        return (line,)
    texts = line.text.replace('\\"', '"').split("\\n")
    return tuple(LogLine(line.number, text, line.service, line.place) for text in texts if text.strip())
