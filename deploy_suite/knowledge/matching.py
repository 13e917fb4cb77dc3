"""A log and the rows → which causes left evidence where, and what nobody knows."""

import re
from collections import Counter
from typing import Final

from deploy_suite.knowledge import attempts, complaints, signatures
from deploy_suite.knowledge.catalogue import Catalogue, Signature, bound
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.knowledge.encodings import Blocks
from deploy_suite.knowledge.entry_levels import is_mere_information
from deploy_suite.knowledge.hits import Hit, Hits
from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.readings import Reading, lines_around, readings
from deploy_suite.knowledge.scan import Window
from deploy_suite.knowledge.tracebacks import (
    EXCEPTION,
    Frame,
    Raised,
    cut_off,
    frames_before,
    frames_within,
    raised_after,
)

_EVIDENCE_LINES: Final = 3
_MOST_WINDOWS: Final = 2000
_MOST_WINDOWS_OF_ONE: Final = 60
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
        self._index = index
        self._rows = rows
        self._hits = Hits()
        self._seen: dict[str, tuple[str, ...]] = {}
        self._windows: Counter[int] = Counter()
        self._tracebacks = 0
        self._raised: list[Raised] = []
        self._last_exception: tuple[Window, LogLine] | None = None
        self._first_complaint: Raised | None = None
        self._stray_frames: list[tuple[int, Frame]] = []
        self._ignored: set[int] = set()
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
            self._ignore_block(window.after(line.service)[1:])
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
        self._remember(line, ())
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
        open_ones = [raised for raised in self._raised if _shape(raised.exception) not in self._explained]
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

    def _again(self, slugs: tuple[str, ...], window: Window, line: LogLine) -> None:
        for slug in slugs:
            hit = self._hits.by_slug[slug]
            hit.count += 1
            hit.last = line.number
        if not slugs and self._last_exception and self._last_exception[1].text == line.text:
            self._last_exception = (window, line)

    def _remember(self, line: LogLine, slugs: tuple[str, ...]) -> None:
        if len(self._seen) < _MOST_DISTINCT:
            self._seen[_shape(line.text)] = slugs

    def _traceback(self, line: LogLine, after: tuple[LogLine, ...]) -> None:
        self._tracebacks += 1
        if self._tracebacks > _MOST_TRACEBACKS:
            return
        raised = raised_after(after) or cut_off(line, after)
        if raised and not _ENDED.match(raised.exception):
            self._raised.append(raised)

    def _ignore_block(self, after: tuple[LogLine, ...]) -> None:
        """Pass over the traceback in *after*, which was announced as one that was caught."""
        raised = raised_after(after)
        if raised:
            self._ignored.add(raised.line)
            self._explained.add(_shape(raised.exception))

    def _match(self, window: Window, line: LogLine) -> None:
        found = next(filter(None, (self._found(window, line, reading) for reading in readings(window, line))), [])
        slugs = tuple(dict.fromkeys(hit.slug for hit in found))
        self._remember(line, slugs)
        if slugs:
            self._explained.add(_shape(line.text))
        else:
            self._note(window, line)

    def _note(self, window: Window, line: LogLine) -> None:
        if stray := tuple(frames_within(line.text)):
            self._stray_frames = [*self._stray_frames, *((line.number, one) for one in stray)][-_EVIDENCE_LINES:]
        elif EXCEPTION.match(line.text):
            self._last_exception = self._last_exception if _ENDED.match(line.text) else (window, line)
        elif (
            self._first_complaint is None
            and complaints.complains(line.text)
            and (complaints.is_grave(line.text) or not self._rows.warned.search(line.text))
        ):
            self._first_complaint = Raised(exception=line.text.strip(), line=line.number)

    def _found(self, window: Window, line: LogLine, reading: Reading) -> list[Hit]:
        best: dict[str, tuple[float, int, Hit]] = {}
        for rule in self._index.rules_for(reading.text):
            values = self._values(rule.signature, window, line, reading)
            if values is None:
                continue
            hit = signatures.hit(rule, values)
            mine = (rule.signature.weight, -rule.order, hit)
            if hit.slug not in best or mine[:2] > best[hit.slug][:2]:
                best[hit.slug] = mine
        if not best:
            return []
        _, _, winner = max(best.values(), key=lambda one: one[:2])
        return [self._record(winner, line)]

    def _values(self, signature: Signature, window: Window, line: LogLine, reading: Reading) -> dict[str, str] | None:
        match = signature.pattern.search(reading.text)
        if not match or not reading.holds(match):
            return None
        values = {**signature.defaults, **_groups(match)}
        if signature.near or signature.unless:
            self._windows[id(signature)] += 1
            if self._windows[id(signature)] > _MOST_WINDOWS_OF_ONE or self._windows.total() > _MOST_WINDOWS:
                return None
            around = lines_around(window, line, is_across=signature.across, is_wrapped=bool(reading.seam))
            if signature.unless and re.search(bound(signature.unless, values), around, re.MULTILINE):
                return None
            if signature.near:
                close = re.search(bound(signature.near, values), around, re.MULTILINE)
                if not close:
                    return None
                values |= _groups(close)
        return values

    def _record(self, hit: Hit, line: LogLine) -> Hit:
        kept = self._hits.by_slug.setdefault(hit.slug, hit)
        kept.is_transient &= hit.is_transient
        kept.is_sure |= hit.is_sure
        if hit.weight > kept.weight:
            kept.weight, kept.values, kept.row = hit.weight, hit.values, hit.row
        if len(kept.evidence) < _EVIDENCE_LINES:
            kept.evidence.append((line.number, line.text.strip()))
        kept.count += 1
        kept.last = line.number
        return kept


def _shape(text: str) -> str:
    """Return *text* with its numbers alike: lines of one shape say the same."""
    return _NUMBER.sub("0", text)


def _groups(match: re.Match[str]) -> dict[str, str]:
    """Return what was captured; `host2` is `host` in another place of the same pattern."""
    found: dict[str, str] = {}
    for name, value in match.groupdict().items():
        if value:
            found.setdefault(name.rstrip("0123456789"), value)
    return found
