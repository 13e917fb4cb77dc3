"""A log and the rows → which causes left evidence where, and what nobody knows."""

import re
from typing import Final

from deploy_suite.knowledge import attempts, complaints, signatures
from deploy_suite.knowledge.catalogue import Catalogue
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.knowledge.encodings import Blocks
from deploy_suite.knowledge.entry_levels import is_mere_information
from deploy_suite.knowledge.hits import Hit, Hits
from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.scan import Window
from deploy_suite.knowledge.signs import Signs
from deploy_suite.knowledge.tracebacks import (
    EXCEPTION,
    Frame,
    Raised,
    cut_off,
    frames_before,
    frames_within,
    raised_after,
)

_MOST_STRAY: Final = 3
_MOST_TRACEBACKS: Final = 200
_MOST_DISTINCT: Final = 20_000
_HEADER_COLUMNS: Final = 60
_SSHD: Final = "sshd"
_LONGEST_HARMLESS: Final = 400
_TROUBLE: Final = ("rror:", "ERROR", "ailed", "FATAL")
# A short number after these words says something else each time; any other is a time, an address or a count.
_NUMBER: Final = re.compile(
    r"(?<!code )(?<!code: )(?<!code=)(?<!code=H)(?<!Error R)(?<!status )(?<!status=)(?<!rrno )\d+"
)
_TRACEBACK: Final = "Traceback (most recent call last)"
# What is raised where somebody ends a program.
_ENDED: Final = re.compile(r"(?:asyncio\.exceptions\.)?(?:CancelledError|KeyboardInterrupt)\b")
_INSTALLED: Final = "Successfully installed "
_LITERALS: Final = (_TRACEBACK, _INSTALLED, *complaints.LITERALS, *attempts.LITERALS)


def read(stream: Blocks, rows: Catalogue) -> Hits:
    """Return what *stream* holds of the causes in *rows*."""
    index = signatures.index(rows, _LITERALS)
    reader = _Reader(index, rows)
    for window in index.scanner.windows(stream):
        reader.take(window)
    return reader.finished()


class _Reader:
    """Takes the windows of one log, in order."""

    def __init__(self, index: signatures.Index, rows: Catalogue) -> None:
        self._rows = rows
        self._hits = Hits()
        self._signs = Signs(index, self._hits)
        self._seen: dict[str, str] = {}
        self._tracebacks = 0
        self._blocks = 0
        self._raised: list[Raised] = []
        self._last_exception: tuple[Window, LogLine] | None = None
        self._first_complaint: Raised | None = None
        self._stray_frames: list[tuple[int, Frame]] = []
        self._ignored: set[int] = set()
        self._caught: set[str] = set()
        self._explained: set[str] = set()
        self._installed: dict[str, int] = {}
        self._attempts = attempts.Attempts()

    def take(self, window: Window) -> None:
        line = window.line()
        self._attempts.note(line)
        if line.place == "journal" and line.service.startswith(_SSHD):
            self._hits.harmless_line = line.number
            return
        if _INSTALLED in line.text:
            names = (word.rpartition("-")[0] for word in line.text.partition(_INSTALLED)[2].split())
            self._installed |= {slug_name(name): line.number for name in names}
        known = self._seen.get(_shape(line.text))
        if known is not None:
            self._again(known, window, line)
            return
        if line.number in self._ignored:
            return
        if self._rows.harmless_blocks.search(line.text):
            self._ignore_block(window, line)
            return
        if self._is_harmless(line.text):
            self._pass_over(line)
            return
        self._note_health(line)
        if _TRACEBACK in line.text:
            self._traceback(line, window.after(line.service))
            if len(line.text.strip()) <= _HEADER_COLUMNS:
                return
        self._match(window, line)

    def _pass_over(self, line: LogLine) -> None:
        if is_mere_information(line.text):
            self._note_health(line)
        else:
            self._hits.harmless_line = 0 if self._rows.aside.search(line.text) else line.number
        self._remember(line, "")
        self._explained.add(_shape(line.text))

    def _note_health(self, line: LogLine) -> None:
        if self._rows.healthy.search(line.text):
            self._hits.healthy_line = line.number
        if self._rows.recovered.search(line.text):
            self._hits.recovered_line = line.number

    def _is_harmless(self, text: str) -> bool:
        """Whether *text* is no trouble; a line so long may be a whole log that lost its line ends.

        What an exception quotes may say anything: that it ended the program is told by the line itself.
        """
        is_whole_log = len(text) > _LONGEST_HARMLESS and any(mark in text for mark in _TROUBLE)
        return not is_whole_log and bool(self._rows.harmless.search(text)) and not EXCEPTION.match(text)

    def finished(self) -> Hits:
        self._hits.attempt_line, self._hits.executed_line = self._attempts.last, self._attempts.executed
        for hit in tuple(self._hits.by_slug.values()):
            if self._is_installed(hit):
                del self._hits.by_slug[hit.slug]
        explained = self._explained | self._caught
        open_ones = [raised for raised in self._raised if _shape(raised.exception) not in explained]
        # What was cut off says less than an exception, and more than a line that only complains.
        told = [*filter(None, (self._loose(),)), *open_ones]
        self._hits.unexplained = next((one for one in reversed(told) if one.is_exception), told[-1] if told else None)
        return self._hits

    def _is_installed(self, hit: Hit) -> bool:
        """Whether the package that *hit* says cannot be built was installed after it: old releases of pip try twice."""
        is_of_build = self._rows.causes[hit.row].kind == "build"
        return is_of_build and self._installed.get(slug_name(hit.values.get("package", "")), 0) > hit.last

    def _loose(self) -> Raised | None:
        """Return the last exception without a header and without a cause, else the first line that complains.

        A service that came up is believed more than a word in a line.
        """
        if self._last_exception is None:
            return None if self._hits.healthy_line else self._complaint() or self._headless()
        window, line = self._last_exception
        return Raised(exception=line.text, line=line.number, frames=frames_before(window.before(line.service)))

    def _complaint(self) -> Raised | None:
        found = self._first_complaint
        return found if found and self._hits.recovered_line <= found.line else None

    def _headless(self) -> Raised | None:
        """Return what is left of a traceback of which the log holds neither head nor end."""
        if self._tracebacks or not self._stray_frames:
            return None
        number, _ = self._stray_frames[-1]
        frames = tuple(frame for _, frame in self._stray_frames)
        return Raised(exception="a traceback without its exception: the log is cut off", line=number, frames=frames)

    def _again(self, slug: str, window: Window, line: LogLine) -> None:
        if slug:
            hit = self._hits.by_slug[slug]
            hit.count += 1
            hit.last = line.number
        elif self._last_exception and self._last_exception[1].text == line.text:
            self._last_exception = (window, line)

    def _remember(self, line: LogLine, slug: str) -> None:
        if len(self._seen) < _MOST_DISTINCT:
            self._seen[_shape(line.text)] = slug

    def _traceback(self, line: LogLine, after: tuple[LogLine, ...]) -> None:
        self._tracebacks += 1
        if self._tracebacks > _MOST_TRACEBACKS:
            return
        raised = raised_after(after) or cut_off(line, after)
        if raised and not _ENDED.match(raised.exception):
            self._raised.append(raised)

    def _ignore_block(self, window: Window, line: LogLine) -> None:
        """Pass over the traceback that *line* announces as one that was caught; what comes in crowds says the same."""
        self._blocks += 1
        if self._blocks > _MOST_TRACEBACKS:
            self._remember(line, "")
            self._seen |= dict.fromkeys(self._caught - self._seen.keys(), "")
        elif raised := raised_after(window.after(line.service)[1:]):
            self._ignored.add(raised.line)
            self._caught.add(_shape(raised.exception))

    def _match(self, window: Window, line: LogLine) -> None:
        found = self._signs.of(window, line)
        self._remember(line, found.slug if found else "")
        if found:
            self._explained.add(_shape(line.text))
        else:
            self._note(window, line)

    def _note(self, window: Window, line: LogLine) -> None:
        if stray := tuple(frames_within(line.text)):
            self._stray_frames = [*self._stray_frames, *((line.number, one) for one in stray)][-_MOST_STRAY:]
        elif EXCEPTION.match(line.text):
            self._last_exception = self._last_exception if _ENDED.match(line.text) else (window, line)
        elif (
            self._first_complaint is None
            and complaints.complains(line.text)
            and (complaints.is_grave(line.text) or not self._rows.warned.search(line.text))
        ):
            self._first_complaint = Raised(exception=line.text.strip(), line=line.number)


def _shape(text: str) -> str:
    """Return *text* with its numbers alike: lines of one shape say the same."""
    return _NUMBER.sub("0", text)
