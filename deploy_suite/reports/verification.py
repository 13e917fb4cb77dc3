"""A verification → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.probes.comparison import Comparison
from deploy_suite.probes.latency import Latency
from deploy_suite.releases.verification import Asked, Verification, in_words

SCHEMA: Final = 1
_WORDS: Final = {ProbeVerdict.PASS: "VERIFIED", ProbeVerdict.FAIL: "FAILED", ProbeVerdict.INCONCLUSIVE: "INCONCLUSIVE"}


def render_text(done: Verification) -> str:
    """Return *done* for a person: the verdict, why, each probe with its command, and the latency."""
    return "\n".join(_lines(done)) + "\n"


def render_json(done: Verification) -> str:
    """Return *done* as one JSON document, as `document` describes it."""
    return json.dumps(document(done), ensure_ascii=False, indent=2) + "\n"


def document(done: Verification) -> dict[str, object]:
    """Return *done* as JSON values; docs/report.md describes it."""
    subject, ends = done.subject, done.certificate_ends
    return {
        "schema": SCHEMA,
        "url": subject.url,
        "target": subject.target or None,
        "service": subject.service or None,
        "verdict": done.verdict.value,
        "reached": done.is_reached,
        "reason": done.reason,
        "remedy": done.remedy,
        "commit": {
            "expected": subject.expected,
            "served": done.served.commit,
            "source": done.served.source,
            "problem": done.served.problem,
        },
        "rounds": done.rounds,
        "probes": [_probe(one) for one in done.asked],
        "latency": {name: _comparison(one) for name, one in done.latency.items()},
        "certificate_ends": ends.isoformat() if ends else None,
        "notes": list(done.notes),
        "seconds": round(done.seconds, 3),
    }


def _probe(one: Asked) -> dict[str, object]:
    return {
        "name": one.probe.name,
        "verdict": one.last.verdict.value,
        "good": one.good,
        "asked": one.asked,
        "status": one.last.status,
        "elapsed_ms": round(one.last.elapsed_ms, 3),
        "reason": one.last.reason,
        "redirects": list(one.last.redirects),
        "reproduce": one.command,
    }


def _comparison(one: Comparison) -> dict[str, object]:
    return {
        "slower": one.is_slower and not one.is_doubtful,
        "doubtful": one.is_slower and one.is_doubtful,
        "old": _latency(one.old),
        "new": _latency(one.new),
        "shift": {"ratio": round(one.shift, 4), "p": _chance(one.shift_p)},
        "p95": {"ratio": round(one.tail, 4), "p": _chance(one.tail_p)},
    }


def _chance(p_value: float | None) -> float | None:
    return None if p_value is None else round(p_value, 5)


def _latency(one: Latency) -> dict[str, object]:
    return {"p50_ms": one.p50_ms, "p95_ms": one.p95_ms, "p99_ms": one.p99_ms, "count": one.count}


def _lines(done: Verification) -> Iterator[str]:
    served, subject = done.served, done.subject
    place = ", ".join(one for one in (f"{done.seconds:.1f} s", subject.url) if one)
    commit = f": {served.commit[:7]}" if served.commit else ""
    yield f"{_WORDS[done.verdict]}: {subject.service or subject.url}{commit}  ({place})"
    if done.reason:
        yield f"  {done.reason}"
    if done.remedy:
        yield f"  fix: {done.remedy}"
    if served.commit and served.source and not served.problem:
        yield f"  commit {served.commit} serves, says {served.source}"
    yield from (f"  note: {note}" for note in done.notes)
    for one in done.asked:
        yield f"  {one.good} of {one.asked} good  {one.probe.name}" + (
            f": {one.last.reason}" if one.last.reason else ""
        )
        yield f"      {one.command}"
    yield from (f"  latency  {name}: {in_words(one)}" for name, one in done.latency.items())
