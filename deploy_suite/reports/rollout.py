"""What became of a `deploy` or a `rollback` → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.model.finding import Outcome
from deploy_suite.model.release import Release, ReleaseKind, ReleaseVerdict
from deploy_suite.model.report import Report
from deploy_suite.releases.outcome import Leg, Rollout
from deploy_suite.releases.pushing import PushVerdict
from deploy_suite.releases.records import document
from deploy_suite.reports import diagnosis, pushing, redeployment, text, verification
from deploy_suite.reports import json as reports

SCHEMA: Final = 1
_WORDS: Final = {
    ReleaseVerdict.LIVE: "LIVE",
    ReleaseVerdict.NOTHING: "NOTHING TO DO",
    ReleaseVerdict.REFUSED: "NOT DEPLOYED",
    ReleaseVerdict.FAILED: "FAILED",
    ReleaseVerdict.ROLLED_BACK: "TAKEN BACK",
    ReleaseVerdict.INCONCLUSIVE: "INCONCLUSIVE",
    ReleaseVerdict.SUPERSEDED: "SUPERSEDED",
    ReleaseVerdict.CANCELED: "CANCELED",
    ReleaseVerdict.UNDER_WAY: "UNDER WAY",
    ReleaseVerdict.ABANDONED: "ABANDONED",
}
_TOLD: Final = frozenset({PushVerdict.PUSHED, PushVerdict.REFUSED, PushVerdict.REJECTED, PushVerdict.UNKNOWN})
_SHORT: Final = 7
_NOT_PUSHED: Final = "commit-not-pushed"


def render_text(done: Rollout) -> str:
    """Return *done* for a person: each stage that has something to say, and at the end what became of it."""
    return "\n".join(_lines(done)) + "\n"


def render_json(done: Rollout) -> str:
    """Return *done* as one JSON document; docs/report.md describes it."""
    answer = {
        "schema": SCHEMA,
        "kind": done.kind.value,
        "target": done.target,
        "service": {"id": done.service.id, "name": done.service.name, "url": done.service.url},
        "verdict": done.verdict.value,
        "commit": done.commit,
        "release": document(done.release) if done.release else None,
        "healed": [document(one) for one in done.healed],
        "preflight": reports.document(done.preflight) if done.preflight else None,
        "push": pushing.document(done.pushed) if done.pushed else None,
        "there": _leg(done.there),
        "back": _leg(done.back),
        "reason": done.reason,
        "remedy": done.remedy,
        "notes": list(done.notes),
        "seconds": round(done.seconds, 3),
        "interrupted": done.is_interrupted,
    }
    return json.dumps(answer, ensure_ascii=False, indent=2) + "\n"


def _leg(leg: Leg | None) -> dict[str, object] | None:
    if leg is None:
        return None
    return {
        "redeploy": redeployment.document(leg.redeployment) if leg.redeployment else None,
        "verify": verification.document(leg.verification) if leg.verification else None,
        "diagnosis": diagnosis.document(leg.diagnosis) if leg.diagnosis else None,
    }


def _lines(done: Rollout) -> Iterator[str]:
    for one in done.healed:
        if done.release is None or one.id != done.release.id:
            yield from _healed(one)
    if done.preflight:
        yield from _preflight(done.preflight)
    if done.pushed and done.pushed.verdict in _TOLD:
        yield from pushing.render_text(done.pushed).rstrip("\n").splitlines()
    for leg in (done.there, done.back):
        if leg and leg.redeployment:
            yield from redeployment.render_text(leg.redeployment).rstrip("\n").splitlines()
        if leg and leg.verification:
            yield from verification.render_text(leg.verification).rstrip("\n").splitlines()
    yield from _ending(done)


def _preflight(report: Report) -> Iterator[str]:
    """Yield the whole report where it stands in the way, else what it warns of; that nothing is pushed yet is plain."""
    if report.outcome not in {Outcome.PASSED, Outcome.WARNING}:
        yield from text.render(report).rstrip("\n").splitlines()
        return
    again = f", the verdict of {report.reused}, for nothing has changed since" if report.reused else ""
    yield f"PREFLIGHT PASSED: {report.commit.short} {report.commit.subject}{again}  ({report.seconds:.1f} s)"
    for one in report.findings:
        if one.outcome is Outcome.WARNING and one.code != _NOT_PUSHED:
            where = f"{one.location}: " if one.location else ""
            yield f"  warn {one.code}: {where}{one.message}"
            yield from (f"    fix: {told}" for told in [one.remedy] if told)


def _healed(one: Release) -> Iterator[str]:
    yield f"{_WORDS[one.verdict]}: {one.id}, the {one.kind.value} of {one.commit[:_SHORT]} that was not finished"
    yield from (f"  {told}" for told in [one.reason] if told)


def _ending(done: Rollout) -> Iterator[str]:
    is_good = done.release is not None and done.release.is_verified
    verified = ", verified" if done.verdict is ReleaseVerdict.LIVE and is_good else ""
    word = _WORDS[done.verdict] + (" AGAIN" if verified and done.kind is ReleaseKind.ROLLBACK else "")
    what = f"{done.commit[:_SHORT]} " if done.commit else ""
    yield f"{word}{verified}: {what}of {done.service.name} on {done.target.capitalize()}  ({done.seconds:.1f} s)"
    yield from (f"  {told}" for told in [done.reason] if told)
    yield from (f"  note: {note}" for note in done.notes)
    yield from (f"  fix: {told}" for told in [done.remedy] if told)
    if done.release:
        yield f"  release {done.release.id}"
