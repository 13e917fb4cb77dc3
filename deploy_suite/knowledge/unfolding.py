"""A log whose lines were folded into strings (JSON, web pages, a paste without line ends) → one line a line again.

A line end that the log itself does not have is followed by FOLD, so that lines are still counted as the log has them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from deploy_suite.knowledge import logfmt
from deploy_suite.knowledge.encodings import Blocks
from deploy_suite.knowledge.entry_levels import LOW_LEVELS

FOLD: Final = b"\x01"
_BREAK: Final = b"\n" + FOLD
_MOST_PENDING: Final = 1 << 20
_FEWEST_ESCAPED: Final = 2
_SHORT: Final = 1 << 15
_FEWEST_STAMPED: Final = 3
_FEWEST_WRAPPED: Final = 3
_NARROWEST: Final = 50
_WIDEST: Final = 250
_ALIKE: Final = 4
_STAMPED_SHARE: Final = 0.6
# The keys under which loggers, container engines and clouds keep what a program printed.
_TEXT_KEYS: Final = (
    *("log", "message", "msg", "MESSAGE", "textPayload", "event", "exception", "exc_info", "error", "traceback"),
    *("stack_trace", "stack", "stackTrace", "stderr", "stdout", "body", "errorMessage", "text"),
)
# What keeps a line of output an entry; others have an entry a message, which is read as it stands when it is one line.
_OF_ENGINES: Final = frozenset({"log", "textPayload"})
_WITHIN: Final = ("jsonPayload", "exception", "error", "fields", "data", "attributes", "record", "exc_info")
_LEVEL_KEYS: Final = ("level", "levelname", "severity", "log_level")
_LEVELS: Final = re.compile(rb'"(?:' + "|".join(_LEVEL_KEYS).encode() + rb')" ?: ?"(\w+)"')
# Who writes such an entry is a logger of the program's own, and knows of what level it is.
_OF_LOGGERS: Final = re.compile(
    rb'"(?:logger(?:_?[nN]ame)?|name|module|lineno|func(?:Name)?|filename)" ?:|"event" ?: ?"'
)
_FEWEST_ENTRIES: Final = 3
_STREAMS: Final = frozenset({b"info", b"error"})
# A line of a traceback as an entry of its own.
_LINE_OF_A_TRACEBACK: Final = re.compile(
    rb'" ?: ?"(?:Traceback \(most recent call last\):| {1,6}File \\"[^"\n]{1,300}\\", line \d)'
)
_JSON: Final = re.compile(rb'^[^{\n"]{0,120}(?=\{ ?"\w)')
_KEY: Final = re.compile(rb'"(?:' + "|".join(_TEXT_KEYS).encode() + rb')" ?: ?["\[{]')
_MARKED: Final = re.compile(rb"\(most recent call last\):\\n|\\n *File |\\n\\nDuring handling")
_DRIVE: Final = re.compile(rb"\b[A-Za-z]:\\")
_ESCAPED: Final = re.compile(rb"(?:\\r)?\\n")
# In a Windows path `\n` may begin the name of a folder, which rarely begins with a capital or a space.
_ESCAPED_BY_A_PATH: Final = re.compile(rb"(?:\\r)?\\n(?=[A-Z ]|\\n)")
_STAMP: Final = re.compile(rb"(?m)^[\[ ]{0,2}(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)")
_TAG: Final = re.compile(rb"(?i)<br ?/?>(?!\r?\n|$)")
_TWO_FRAMES: Final = re.compile(rb'", line \d+[^\n]{1,400}? File "')
_JOINT: Final = re.compile(
    rb'(?:\A|\s+)(?=File "[^"\n]{1,300}", line \d+|During handling of the above|The above exception was'
    rb"|Traceback \(most recent|(?:[A-Za-z_]\w*\.){0,6}[A-Z]\w*(?:Error|Exception|Exit|Warning)(?:: |\s*$))"
)


class Unfolded:
    """A stream of which each folded line is unfolded as it is read.

    Shape: `short` is all of it, None of a long one.
    """

    def __init__(self, blocks: Blocks) -> None:
        """Take the *blocks* of the log."""
        self._blocks = blocks
        self._pending = b""
        self._ahead: bytes | None = None
        self._next = b""
        self.short: bytes | None = b""
        self._places: Sequence[int] = ()

    def place(self, number: int) -> int:
        """Return where the line with *number* stands in the log, which may be turned round or wrapped."""
        return self._places[number - 1] if number <= len(self._places) else number

    def read(self, size: int, /) -> bytes:
        """Return the next whole lines of about *size* bytes; the rest of a line that has no end in sight as it is."""
        if self._ahead is None:
            self._ahead = self._first(size)
        while self._ahead:
            text, self._ahead = self._pending + self._ahead, self._following(size)
            last = text.rfind(b"\n") + 1 if self._ahead else len(text)
            if last or len(text) >= _MOST_PENDING:
                last = last or len(text)
                self._pending = text[last:]
                return self._kept(unfolded(text[:last]))
            self._pending = text
        return b""

    def _following(self, size: int) -> bytes:
        block, self._next = self._next, b""
        return block or self._blocks.read(size)

    def _first(self, size: int) -> bytes:
        """Return the first block; of a short log the lines as they were printed, in their order."""
        text, self._next = self._blocks.read(size), self._blocks.read(size)
        if self._next or len(text) > _SHORT:
            return text
        lines = list(enumerate(text.rstrip(b"\n").split(b"\n"), 1))
        if _is_newest_first(text):
            lines.reverse()
        elif width := _wrapped_at([line for _, line in lines]):
            lines = list(_rejoined(lines, width))
        else:
            return text
        self._places = [number for number, _ in lines]
        return b"\n".join(line for _, line in lines)

    def _kept(self, text: bytes) -> bytes:
        if self.short is not None:
            self.short = self.short + text if len(self.short) + len(text) <= _SHORT else None
        return text


def _wrapped_at(lines: Sequence[bytes]) -> int:
    """Return the column at which a terminal broke *lines*; 0 when none did: then no two lines are full and go on."""
    width = max(map(_columns, lines))
    full = {line for line, after in pairwise(lines) if _columns(line) == width and _goes_on(line, after)}
    return width if _NARROWEST <= width <= _WIDEST and len(full) >= _FEWEST_WRAPPED else 0


def _rejoined(lines: Sequence[tuple[int, bytes]], width: int) -> Iterator[tuple[int, bytes]]:
    number, whole, last = 0, b"", b""
    for at, line in lines:
        if number and _columns(last) == width and _goes_on(last, line):
            whole += line
        else:
            if number:
                yield number, whole
            number, whole = at, line
        last = line
    yield number, whole


def _goes_on(line: bytes, after: bytes) -> bool:
    """Whether *after* may be what of *line* stood beyond the edge: what begins alike is an entry of its own."""
    return bool(after.strip()) and not after.startswith(b"  ") and after[:_ALIKE] != line[:_ALIKE]


def _columns(line: bytes) -> int:
    return len(line.rstrip(b"\r").decode("utf-8", "replace"))


def _is_newest_first(text: bytes) -> bool:
    stamps = _STAMP.findall(text)
    if len(stamps) < max(_FEWEST_STAMPED, _STAMPED_SHARE * text.count(b"\n")) or stamps[0] <= stamps[-1]:
        return False
    return all(one >= other for one, other in pairwise(stamps))


def unfolded(text: bytes) -> bytes:
    """Return *text*, whole lines, with those unfolded that hold several."""
    if FOLD in text:
        text = text.replace(FOLD, b"")
    # One byte is found several times as fast as two.
    if b"<" in text and (b"<br" in text or b"<BR" in text):
        text = _TAG.sub(_BREAK, text)
    if logfmt.has_any(text):
        is_output = logfmt.is_output(text)
        text = b"\n".join(_entry(line, is_output=is_output) for line in text.split(b"\n"))
    if (b"\\" in text and b"\\n" in text) or (b"{" in text and b'{"' in text):
        is_output = _is_output(text)
        return b"\n".join(_line(line, is_output=is_output) for line in text.split(b"\n"))
    if len(text) <= _SHORT and _TWO_FRAMES.search(text):  # what people paste is short
        return b"\n".join(_joined(line) for line in text.split(b"\n"))
    return text


def _entry(line: bytes, *, is_output: bool) -> bytes:
    return _BREAK.join(logfmt.lines(line, is_output=is_output)) or line


def _is_output(text: bytes) -> bool:
    """Whether the entries of JSON in *text* are lines that a program printed, each in a platform's wrapper.

    The level in such an entry is the platform's and says nothing of the line: it is the same in each, or one for each
    of the two streams, or lines of a traceback are told in it.
    """
    if b'\\", line ' in text and _LINE_OF_A_TRACEBACK.search(text):
        return True
    if len(text) > _SHORT or _OF_LOGGERS.search(text):
        return False
    levels = _LEVELS.findall(text)
    return len(levels) >= _FEWEST_ENTRIES and (len(set(levels)) == 1 or {one.lower() for one in levels} == _STREAMS)


def _line(line: bytes, *, is_output: bool) -> bytes:
    if b'"' in line and (found := _JSON.match(line)) and _KEY.search(line):
        texts = _texts_of(line[found.end() :], is_output=is_output)
        if texts is not None:
            return _BREAK.join(found[0] + one.encode("utf-8", "surrogatepass") for one in texts)
    if b"\\n" in line and (line.count(b"\\n") >= _FEWEST_ESCAPED or _MARKED.search(line)):
        pattern = _ESCAPED_BY_A_PATH if _DRIVE.search(line) else _ESCAPED
        return pattern.sub(_BREAK, line.replace(b'\\"', b'"').replace(b"\\t", b"\t"))
    return _joined(line)


def _joined(line: bytes) -> bytes:
    """Return *line* with its frames apart, where a paste put a traceback into one line."""
    return _JOINT.sub(_BREAK, line) if _TWO_FRAMES.search(line) else line


def _texts_of(line: bytes, *, is_output: bool) -> list[str] | None:
    """Return the lines that an entry of JSON holds; None for what is none, or no more than information."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict):
        return None
    if not is_output and any(str(entry.get(key, "")).lower() in LOW_LEVELS for key in _LEVEL_KEYS):
        return None
    lines = [one for text in _texts(entry) for one in text.split("\n")]
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return lines if len(lines) > 1 or (lines and (is_output or not _OF_ENGINES.isdisjoint(entry))) else None


def _texts(entry: dict[str, object]) -> Iterator[str]:
    for key, value in entry.items():
        if isinstance(value, str) and key in _TEXT_KEYS:
            yield value
        elif isinstance(value, dict) and key in _WITHIN:
            yield from _texts(value)
        elif isinstance(value, list) and key in _TEXT_KEYS:
            yield "\n".join(one for one in value if isinstance(one, str))
