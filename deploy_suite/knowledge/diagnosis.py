"""The text of a failed deploy → its root cause with evidence, or an honest unknown."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from deploy_suite.knowledge.answers import Answers
from deploy_suite.knowledge.attempts import forget_mended
from deploy_suite.knowledge.catalogue import Catalogue, Cause, catalogue, filled
from deploy_suite.knowledge.encodings import recoded
from deploy_suite.knowledge.hits import Hits
from deploy_suite.knowledge.log_text import plain
from deploy_suite.knowledge.masking import shown
from deploy_suite.knowledge.matching import read
from deploy_suite.knowledge.root_cause import Ranked, ranked
from deploy_suite.knowledge.tracebacks import Raised
from deploy_suite.knowledge.unfolding import Unfolded
from deploy_suite.knowledge.wellbeing import entries, is_said_to_be_well, keeps_starting, last_recovery, last_words
from deploy_suite.model.secret import Masker

_EVIDENCE_CHARACTERS = 400


class LogVerdict(Enum):
    """Whether a cause was found, a failure without known cause, or no failure at all."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A line of the log, secrets masked. Shape: `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedCause:
    """A cause with evidence.

    Shape: `slug` with its parameter ("missing-requirement:numpy"); texts have the captured names filled in;
    `confidence` 0 to 1; `explains` are the slugs of what followed from it; `caught_by` the preflight check, or "";
    `python` the series of Python that `fix` offers to pin.
    """

    slug: str
    title: str
    why: str
    fix: str
    python: str = ""
    confidence: float
    evidence: tuple[EvidenceLine, ...]
    explains: tuple[str, ...] = ()
    caught_by: str = ""
    values: Mapping[str, str]

    @property
    def family(self) -> str:
        """The slug without its parameter."""
        return self.slug.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an unknown failure showed: the exception, and where the project's own code was when it came."""

    exception: str
    line: int
    own_frame: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The answer. Shape: `causes` best first; `seen` what no cause accounts for; `lines` how long the log was."""

    verdict: LogVerdict
    causes: tuple[DiagnosedCause, ...] = ()
    seen: Seen | None = None

    @property
    def root(self) -> DiagnosedCause | None:
        """The root cause, when one is known."""
        return self.causes[0] if self.verdict is LogVerdict.KNOWN else None


def diagnose(text: str, *, masker: Masker | None = None, rows: Catalogue | None = None) -> Diagnosis:
    """Return what *text*, a log or a part of one, says about why a deploy failed."""
    return diagnose_stream(io.BytesIO(text.encode("utf-8", "surrogatepass")), masker=masker, rows=rows)


def diagnose_stream(stream: BinaryIO, *, masker: Masker | None = None, rows: Catalogue | None = None) -> Diagnosis:
    """Return the same for a log of any size, read in blocks: memory does not grow with it."""
    rows = rows or catalogue()
    lines = Unfolded(recoded(stream))
    hits = read(lines, rows)
    hits.recovered_line = max(hits.recovered_line, last_recovery(lines, rows))
    forget_mended(hits, rows)
    answers = Answers(entries(lines))
    answers.forget_answered(hits)
    found = ranked(hits, rows)
    masker = masker or Masker()
    causes = tuple(_diagnosed(one, rows, masker, lines) for one in found.causes)
    if found.is_known:
        return Diagnosis(verdict=LogVerdict.KNOWN, causes=causes)
    if hits.unexplained is None and (last := last_words(lines, rows)):
        hits.unexplained = Raised(exception=last.text.strip(), line=last.number)
    hits.unexplained = hits.unexplained or answers.failed()
    seen = _seen(hits, masker, lines)
    is_well = bool(hits.harmless_line or hits.healthy_line or hits.recovered_line) or is_said_to_be_well(lines, rows)
    if seen is None and is_well and not keeps_starting(lines) and all(one.is_over for one in found.causes):
        return Diagnosis(verdict=LogVerdict.HEALTHY)
    return Diagnosis(verdict=LogVerdict.UNKNOWN, causes=causes, seen=seen)


def _seen(hits: Hits, masker: Masker, lines: Unfolded) -> Seen | None:
    raised = hits.unexplained
    if raised is None:
        return None
    own = raised.own_frame
    return Seen(
        exception=_quoted(raised.exception, masker), line=lines.place(raised.line), own_frame=str(own) if own else ""
    )


def _diagnosed(one: Ranked, rows: Catalogue, masker: Masker, lines: Unfolded) -> DiagnosedCause:
    row: Cause = rows.causes[one.row]
    values = {name: shown(value, masker) for name, value in one.values.items()}
    return DiagnosedCause(
        slug=one.slug,
        title=filled(row.title, values),
        why=filled(row.why, values),
        fix=filled(row.fix, values),
        python=row.python,
        confidence=one.confidence,
        evidence=tuple(EvidenceLine(lines.place(number), _quoted(text, masker)) for number, text in one.evidence),
        explains=one.explains,
        caught_by=row.caught_by,
        values=values,
    )


def _quoted(text: str, masker: Masker) -> str:
    return shown(plain(text), masker)[:_EVIDENCE_CHARACTERS]
