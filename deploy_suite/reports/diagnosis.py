"""A diagnosis → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.build_log import Comparison
from deploy_suite.knowledge.diagnosis import DiagnosedCause, Diagnosis, LogVerdict, Seen

SCHEMA: Final = 1
_SURE: Final = 0.85
_LIKELY: Final = 0.6
_INDENT: Final = "    "
_SHORT: Final = 7


def render_text(diagnosis: Diagnosis, comparison: Comparison | None = None) -> str:
    """Return *diagnosis* for a person: the cause, the lines that prove it, why, what to do, and how sure it is.

    With a *comparison*: what was installed against what was asked, too.
    """
    compared = ("", *_compared(comparison)) if comparison else ()
    return "\n".join((*_lines(diagnosis), *compared)) + "\n"


def render_json(diagnosis: Diagnosis, comparison: Comparison | None = None) -> str:
    """Return *diagnosis* as one JSON document, as `document` describes it."""
    return json.dumps(document(diagnosis, comparison), ensure_ascii=False, indent=2) + "\n"


def document(diagnosis: Diagnosis, comparison: Comparison | None = None) -> dict[str, object]:
    """Return *diagnosis* as JSON values. Shape: docs/report.md; causes best first."""
    return {
        "schema": SCHEMA,
        "verdict": diagnosis.verdict.value,
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "seen": _seen(diagnosis.seen),
        "build": _build(comparison) if comparison else None,
    }


def _cause(cause: DiagnosedCause) -> dict[str, object]:
    return {
        "cause": cause.slug,
        "title": cause.title,
        "confidence": cause.confidence,
        "evidence": [{"line": line.line, "text": line.text} for line in cause.evidence],
        "why": cause.why,
        "fix": cause.fix,
        "explains": list(cause.explains),
        "caught_by": cause.caught_by,
    }


def _build(comparison: Comparison) -> dict[str, object]:
    reading = comparison.reading
    return {
        "project": comparison.project,
        "service": comparison.service,
        "meant": comparison.meant.sha,
        "commit": reading.commit,
        "python": reading.python,
        "commands": list(reading.commands),
        "packages": dict(sorted(reading.packages.items())),
        "is_complete": reading.is_complete,
        "differences": [{"code": one.code, "message": one.message} for one in comparison.differences],
    }


def _seen(seen: Seen | None) -> dict[str, object] | None:
    return {"exception": seen.exception, "line": seen.line, "own_frame": seen.own_frame} if seen else None


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.verdict is LogVerdict.HEALTHY:
        yield "no failure found in this log"
    elif diagnosis.verdict is LogVerdict.UNKNOWN:
        yield from _unknown(diagnosis)
    else:
        root, *others = diagnosis.causes
        yield from _known(root)
        if others:
            yield ""
            yield "Also in this log, less likely the cause:"
            yield from (f"{_INDENT}{other.slug}: {other.title} (line {_first_line(other)})" for other in others)


def _known(cause: DiagnosedCause) -> Iterator[str]:
    yield f"{cause.slug}: {cause.title}"
    yield ""
    yield from (f"{line.line:>6} | {line.text}" for line in cause.evidence)
    yield ""
    yield f"Why: {cause.why}"
    yield ""
    yield "Fix:"
    yield from (f"{_INDENT}{line}" for line in cause.fix.splitlines())
    yield ""
    if cause.explains:
        yield f"What followed from it: {', '.join(cause.explains)}"
    if cause.caught_by:
        yield f"Caught before the deploy by: nox -s preflight (check: {cause.caught_by})"
    yield f"How sure: {_how_sure(cause.confidence)} ({cause.confidence:.2f})"


def _how_sure(confidence: float) -> str:
    if confidence >= _SURE:
        return "the line says so itself"
    return "likely" if confidence >= _LIKELY else "a guess: the log holds little"


def _unknown(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.seen or diagnosis.causes:
        yield "unknown: the log shows a failure, and nothing in it says which known cause it has"
    else:
        yield "unknown: the log says neither that the service works nor what went wrong"
    yield ""
    if diagnosis.seen:
        yield f"{diagnosis.seen.line:>6} | {diagnosis.seen.exception}"
    if diagnosis.seen and diagnosis.seen.own_frame:
        yield f"Last in the project's own code: {diagnosis.seen.own_frame}"
    for cause in diagnosis.causes:
        yield f"Seen as well, more a symptom than a cause: {cause.slug} (line {_first_line(cause)})"
    yield ""
    yield "To go on, send along: the whole log from the start of the build or of the process, not its end alone;"
    yield "the start command, the Python version, and the commit that was deployed."


def _first_line(cause: DiagnosedCause) -> int:
    return cause.evidence[0].line if cause.evidence else 0


def _compared(comparison: Comparison) -> Iterator[str]:
    reading, meant = comparison.reading, comparison.meant
    service = f", service {comparison.service}" if comparison.service else ""
    yield f"The build in this log, against {comparison.project} at {meant.short}{service}:"
    subject = f" ({comparison.deployed.subject})" if comparison.deployed else ""
    yield f"{_INDENT}commit    {reading.commit[:_SHORT] + subject if reading.commit else 'the log names none'}"
    yield f"{_INDENT}Python    {reading.python or 'the log names none'}"
    for command in reading.commands:
        yield f"{_INDENT}ran       {command}"
    ended = "" if reading.is_complete else ", and the log does not say that all was installed"
    yield f"{_INDENT}installed {len(reading.packages) or 'no'} packages, as the log lists them{ended}"
    yield from (f"{_INDENT}{one.code}: {one.message}" for one in comparison.differences)
    if not comparison.differences:
        yield f"{_INDENT}nothing differs from what the project asks for, as far as the log tells"
