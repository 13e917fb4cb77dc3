"""A log of any size → the few lines that may say something, each with the lines around it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from deploy_suite.knowledge.catalogue import LINE_LIMIT
from deploy_suite.knowledge.encodings import Blocks
from deploy_suite.knowledge.log_text import LogLine, log_line
from deploy_suite.knowledge.unfolding import FOLD

BLOCK_BYTES: Final = 1 << 17
BEFORE_BYTES: Final = 12_000
AFTER_BYTES: Final = 8_000
LINES_BEFORE: Final = 90
LINES_AFTER: Final = 60
# Substrings of nearly every line that reports a failure: all that is looked for in a stretch of a long log in which
# hardly a line is like another. Each costs a pass over the bytes.
ANCHORS: Final = (
    "rror", "ERROR", "ailed", "annot", "ould not", "o such", "ot found", "enied", "efused", "FATAL", "nvalid", "emory",
    "in use", "illed", "TIMEOUT", "open ports", "not exist",
)  # fmt: skip
# What makes a line's kind, the finest first: the bytes that do not count, and how many of the others do (0: all).
_KINDS: Final = (
    (b"0123456789", 0),
    (b"0123456789abcdefABCDEF", 0),
    (b"0123456789", 40),
    (b"0123456789", 24),
    (b"0123456789", 14),
)
_NEWS_SHARE: Final = 8
_MOST_KNOWN_BYTES: Final = 1 << 23
_MOST_ACTIVE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The buffer around a line: what was printed before and after it, by the same service where lines name one."""

    buffer: bytes
    start: int
    end: int
    number: int

    def line(self) -> LogLine:
        """Return the line itself."""
        return log_line(self.number, decoded(self.buffer[self.start : self.end]))

    def previous(self) -> LogLine:
        """Return the line right before; an empty one at the beginning."""
        end = max(0, self.start - 1)
        begin = self.buffer.rfind(b"\n", max(0, end - LINE_LIMIT), end) + 1
        is_folded = self.buffer.startswith(FOLD, self.start)
        return log_line(self.number if is_folded else self.number - 1, decoded(self.buffer[begin:end]))

    def before(self, service: str = "") -> tuple[LogLine, ...]:
        """Return the lines before, oldest first."""
        raw = self.buffer[max(0, self.start - BEFORE_BYTES) : self.start].split(b"\n")[:-1][-LINES_BEFORE:]
        return _of(service, raw, self.number - _ends(self.buffer, self.start - len(b"\n".join(raw)) - 1, self.start))

    def after(self, service: str = "") -> tuple[LogLine, ...]:
        """Return the lines after."""
        raw = self.buffer[self.end + 1 : self.end + 1 + AFTER_BYTES].split(b"\n")[:LINES_AFTER]
        is_folded = self.buffer.startswith(FOLD, self.end + 1)
        return _of(service, raw, self.number if is_folded else self.number + 1)


def _of(service: str, raw: Sequence[bytes], first: int) -> tuple[LogLine, ...]:
    numbers = accumulate((not text.startswith(FOLD) for text in raw[1:]), initial=first)
    lines = (log_line(number, decoded(text)) for number, text in zip(numbers, raw, strict=False))
    return tuple(line for line in lines if not service or not line.service or line.service == service)


def _ends(buffer: bytes, start: int, end: int) -> int:
    """Return how many line ends of the log itself stand between *start* and *end*."""
    folded = buffer.count(FOLD, start, end + 1)
    return buffer.count(b"\n", start, end) - (buffer.count(b"\n" + FOLD, start, end + 1) if folded else 0)


def decoded(raw: bytes) -> str:
    """Return at most LINE_LIMIT characters of *raw*; both ends of a longer line, for what matters stands at either."""
    if len(raw) > LINE_LIMIT:
        raw = raw[: LINE_LIMIT // 2] + b" " + raw[-LINE_LIMIT // 2 :]
    return raw.decode("utf-8", "replace")


class Scanner:
    """Finds the lines of a log that hold one of some literals, by as few passes over the bytes as possible."""

    def __init__(self, literals: Iterable[str]) -> None:
        """Choose the anchors that cover *literals*."""
        self.wide = tuple(dict.fromkeys(_anchor(literal).encode() for literal in sorted(set(literals))))
        self.narrow = tuple(anchor for anchor in self.wide if anchor.decode() in ANCHORS)

    def windows(self, stream: Blocks) -> Iterator[Window]:
        """Yield a window for each line of *stream* that holds an anchor, in order, reading it block by block."""
        buffer, fresh, number = stream.read(BLOCK_BYTES), 0, 1
        news = _News(self.wide, self.narrow)
        anchors = self.wide
        while block := stream.read(BLOCK_BYTES):
            cut = _cut(buffer, fresh)
            yield from self._within(buffer, fresh, cut, number, anchors or news.anchors(buffer[fresh:cut]))
            number += _ends(buffer, fresh, cut)
            keep = max(0, cut - BEFORE_BYTES)
            buffer, fresh = buffer[keep:] + block, cut - keep
            anchors = ()
        yield from self._within(buffer, fresh, len(buffer), number, self.wide)

    def _within(self, buffer: bytes, start: int, end: int, number: int, anchors: Iterable[bytes]) -> Iterator[Window]:
        at = start
        for begin in sorted(_starts(buffer, start, end, anchors)):
            number += _ends(buffer, at, begin)
            at = begin
            stop = buffer.find(b"\n", begin)
            yield Window(buffer=buffer, start=begin, end=stop if stop >= 0 else len(buffer), number=number)


class _News:
    """What to look for in the middle of a long log: in lines of a kind not seen before everything, else what was found.

    A service says the same again and again. Lines that differ in numbers alone are of one kind; where that leaves too
    many, those that differ in hexadecimal digits alone, then those that begin alike. One line of each new kind is
    searched for all anchors, and an anchor once found is looked for in all that follows, so that every line that holds
    it is counted.
    """

    def __init__(self, wide: Sequence[bytes], narrow: Sequence[bytes]) -> None:
        self._wide = wide
        self._narrow = narrow
        self._active: dict[bytes, None] = {}
        self._known: set[bytes] = set()
        self._room = _MOST_KNOWN_BYTES

    def anchors(self, stretch: bytes) -> tuple[bytes, ...]:
        """Return the anchors to look for in *stretch*."""
        found = [*self._active]
        for place, (ignored, begin) in enumerate(_KINDS):
            new = self._new_lines(stretch, ignored, begin=begin)
            if len(new) * _NEWS_SHARE <= len(stretch):
                found += self._found(new)
                break
            if not place:
                found += self._narrow
        if len(found) <= _MOST_ACTIVE:
            self._active |= dict.fromkeys(found)
        return tuple(dict.fromkeys(found))

    def _found(self, new: bytes) -> Iterator[bytes]:
        return (anchor for anchor in self._wide if anchor not in self._active and anchor in new)

    def _new_lines(self, stretch: bytes, ignored: bytes, *, begin: int) -> bytes:
        """Return the lines of *stretch* of a kind not seen before, told by the first *begin* bytes that count."""
        kinds: Iterable[bytes] = stretch.translate(None, ignored).split(b"\n")
        if begin:
            kinds = [kind[:begin] for kind in kinds]
        lines = dict(zip(kinds, stretch.split(b"\n"), strict=True))
        new = [kind for kind in lines if kind not in self._known]
        if self._room > 0:
            self._known.update(new)
            self._room -= sum(map(len, new))
        return b"\n".join([lines[kind] for kind in new])


def _cut(buffer: bytes, fresh: int) -> int:
    """Return where to stop in *buffer*, so that what follows a line is still at hand; a line without end is cut."""
    last = buffer.rfind(b"\n", fresh, max(fresh, len(buffer) - AFTER_BYTES)) + 1
    return last if last > fresh else len(buffer)


def _starts(buffer: bytes, start: int, end: int, anchors: Iterable[bytes]) -> set[int]:
    found: set[int] = set()
    for anchor in anchors:
        at = buffer.find(anchor, start, end)
        while at >= 0:
            found.add(max(buffer.rfind(b"\n", start, at) + 1, start))
            after = buffer.find(b"\n", at, end)
            at = buffer.find(anchor, after, end) if after >= 0 else -1
    return found


def _anchor(literal: str) -> str:
    return next((anchor for anchor in ANCHORS if anchor in literal), literal)
