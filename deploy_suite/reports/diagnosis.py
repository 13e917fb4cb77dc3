"""A diagnosis → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.diagnosis import DiagnosedCause, Diagnosis, Seen, Verdict

SCHEMA: Final = 1
_SURE: Final = 0.85
_LIKELY: Final = 0.65
_INDENT: Final = "    "


def render_text(diagnosis: Diagnosis) -> str:
    """Return *diagnosis* for a person: the cause, the lines that prove it, why, what to do, and how sure it is."""
    return "\n".join(_lines(diagnosis)) + "\n"


def render_json(diagnosis: Diagnosis) -> str:
    """Return *diagnosis* as one JSON document.

    Shape: {"schema": 1, "verdict": "known" | "unknown" | "healthy", "causes": [{"cause", "title", "confidence",
    "evidence": [{"line", "text"}], "why", "fix", "explains", "caught_by"}], "seen": null | {"exception", "line",
    "own_frame"}}, causes best first.
    """
    document = {
        "schema": SCHEMA,
        "verdict": diagnosis.verdict.value,
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "seen": _seen(diagnosis.seen),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


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


def _seen(seen: Seen | None) -> dict[str, object] | None:
    return {"exception": seen.exception, "line": seen.line, "own_frame": seen.own_frame} if seen else None


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.verdict is Verdict.HEALTHY:
        yield "no failure found in this log"
    elif diagnosis.verdict is Verdict.UNKNOWN:
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
    yield "unknown: the log shows a failure, and nothing in it says which known cause it has"
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
