"""A line → the one cause that it is the best sign of, recorded with what was captured."""

import re
from collections import Counter
from typing import Final

from deploy_suite.knowledge import signatures
from deploy_suite.knowledge.catalogue import Signature, bound
from deploy_suite.knowledge.hits import Hit, Hits
from deploy_suite.knowledge.log_text import LogLine
from deploy_suite.knowledge.readings import Reading, lines_around, readings
from deploy_suite.knowledge.scan import Window

_EVIDENCE_LINES: Final = 3
_MOST_WINDOWS: Final = 2000
_MOST_WINDOWS_OF_ONE: Final = 60


class Signs:
    """Matches the lines of one log with the signatures of a catalogue, and records what they are evidence for."""

    def __init__(self, index: signatures.Index, hits: Hits) -> None:
        """Record in *hits* what the signatures of *index* find."""
        self._index = index
        self._hits = hits
        self._windows: Counter[int] = Counter()

    def of(self, window: Window, line: LogLine) -> Hit | None:
        """Return what *line* is evidence for, read in the first way that says something; None of nothing."""
        return next(filter(None, (self._found(window, line, reading) for reading in readings(window, line))), None)

    def _found(self, window: Window, line: LogLine, reading: Reading) -> Hit | None:
        best: tuple[float, int, Hit] | None = None
        for rule in self._index.rules_for(reading.text):
            values = self._values(rule.signature, window, line, reading)
            if values is not None and (best is None or (rule.signature.weight, -rule.order) > best[:2]):
                best = (rule.signature.weight, -rule.order, signatures.hit(rule, values))
        return self._record(best[2], line) if best else None

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


def _groups(match: re.Match[str]) -> dict[str, str]:
    """Return what was captured; `host2` is `host` in another place of the same pattern."""
    found: dict[str, str] = {}
    for name, value in match.groupdict().items():
        if value:
            found.setdefault(name.rstrip("0123456789"), value)
    return found
