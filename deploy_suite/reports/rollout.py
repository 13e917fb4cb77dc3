"""What became of a `deploy` or a `rollback` → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.diagnosis import Diagnosis
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.probe import ProbeVerdict
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
_GOOD: Final = frozenset({Outcome.PASSED, Outcome.WARNING})
_PREFLIGHTS: Final = {
    Outcome.PASSED: "passed",
    Outcome.WARNING: "passed",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "incomplete",
}
_VERIFIED: Final = {ProbeVerdict.PASS: "good", ProbeVerdict.FAIL: "bad", ProbeVerdict.INCONCLUSIVE: "nothing sure"}
_SHORT: Final = 7
_NOT_PUSHED: Final = "commit-not-pushed"


def render_text(done: Rollout) -> str:
    """Return *done* for a person: what became of it and what to do, the steps taken, then what lies behind."""
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
    yield from _ending(done)
    steps = tuple(_steps(done))
    if steps:
        yield ""
        width = max(len(name) for name, _ in steps)
        yield from (f"  {name:<{width}}  {told}" for name, told in steps)
    for heading, lines in _details(done):
        yield ""
        yield heading
        yield from lines


def _ending(done: Rollout) -> Iterator[str]:
    """Yield what became of it, what to know and what to do."""
    is_good = done.release is not None and done.release.is_verified
    verified = ", verified" if done.verdict is ReleaseVerdict.LIVE and is_good else ""
    word = _WORDS[done.verdict] + (" AGAIN" if verified and done.kind is ReleaseKind.ROLLBACK else "")
    what = f"{done.commit[:_SHORT]} " if done.commit else ""
    yield f"{word}{verified}: {what}of {done.service.name} on {done.target.capitalize()}  ({done.seconds:.1f} s)"
    yield from (f"  {told}" for told in done.reason.splitlines())
    for leg in (done.there, done.back):
        if leg and leg.diagnosis:
            yield f"  its own log shows: {_cause(leg.diagnosis)}"
    yield from (f"  note: {note}" for note in done.notes)
    yield from (f"  fix: {told}" for told in [done.remedy] if told)
    if done.verdict is ReleaseVerdict.LIVE and done.service.url:
        yield f"  {done.service.url}"
    if done.release:
        yield f"  release {done.release.id}"


def _cause(found: Diagnosis) -> str:
    if found.root:
        return f"{found.root.slug}: {found.root.title}"
    if found.seen is None:
        return "a failure of no known cause"
    return found.seen.exception + (f", at {found.seen.own_frame}" if found.seen.own_frame else "")


def _steps(done: Rollout) -> Iterator[tuple[str, str]]:
    """Yield what was done, in its order: a name and what came of it."""
    for one in _healed_before(done):
        yield "before", f"the {one.kind.value} of {one.commit[:_SHORT]} was not finished: {_WORDS[one.verdict].lower()}"
    if report := done.preflight:
        yield "preflight", f"{_PREFLIGHTS[report.outcome]}{_warned(report)}  ({report.seconds:.1f} s)"
    if done.pushed and done.pushed.verdict in _TOLD:
        count, place = len(done.pushed.commits), done.pushed.place
        what = f"{count} commit{'' if count == 1 else 's'} to {place.branch} on {place.remote.name}"
        yield "push", f"{done.pushed.verdict.value}: {what}  ({done.pushed.seconds:.1f} s)"
    for name, leg in (("deploy", done.there), ("go back", done.back)):
        if leg:
            yield from _steps_of(leg, name)


def _steps_of(leg: Leg, name: str) -> Iterator[tuple[str, str]]:
    """Yield what was done on one way, there (*name* is "deploy") or back."""
    if made := leg.redeployment:
        what = f": {made.deploy.short} ({made.deploy.id})" if made.deploy else ""
        yield name, f"{made.verdict.value}{what}  ({made.seconds:.1f} s)"
    if seen := leg.verification:
        good = sum(one.last.verdict is ProbeVerdict.PASS for one in seen.asked)
        looked = f"{good} of {len(seen.asked)} probes good" if seen.asked else f"looked at {seen.rounds} times"
        yield "verify", f"{_VERIFIED[seen.verdict]}: {looked}  ({seen.seconds:.1f} s)"


def _healed_before(done: Rollout) -> Iterator[Release]:
    """Yield the releases that were found unfinished and dealt with before this one."""
    return (one for one in done.healed if done.release is None or one.id != done.release.id)


def _warned(report: Report) -> str:
    count = len(tuple(_warnings(report)))
    again = f", the verdict of {report.reused}, for nothing has changed since" if report.reused else ""
    return again + (f", {count} warning{'' if count == 1 else 's'}" if count else "")


def _warnings(report: Report) -> Iterator[Finding]:
    """Yield what preflight warns of; that nothing is pushed yet is plain."""
    return (one for one in report.findings if one.outcome is Outcome.WARNING and one.code != _NOT_PUSHED)


def _details(done: Rollout) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what lies behind the steps, by heading: all of what went wrong, and the probes of what was deployed."""
    yield from ((f"Release {one.id}", (f"  {one.reason}",)) for one in _healed_before(done) if one.reason)
    if done.preflight and done.preflight.outcome not in _GOOD:
        yield "Preflight", _text(text.render(done.preflight))
    elif done.preflight and (warned := tuple(_warning_lines(done.preflight))):
        yield "Warnings of preflight", warned
    if (
        done.pushed
        and done.pushed.verdict in _TOLD
        and (done.pushed.verdict is not PushVerdict.PUSHED or done.pushed.findings)
    ):
        yield "Push", _text(pushing.render_text(done.pushed))
    for where, leg in (("", done.there), (", the way back", done.back)):
        if leg and leg.redeployment and leg.redeployment.diagnosis:
            yield f"Log of the deploy{where}", _text(diagnosis.render_text(leg.redeployment.diagnosis))
        if leg and leg.verification and (not where or leg.verification.verdict is not ProbeVerdict.PASS):
            yield f"Verification{where}", _text(verification.render_text(leg.verification))
        if leg and leg.diagnosis:
            yield f"Its own log since it was live{where}", _text(diagnosis.render_text(leg.diagnosis))


def _warning_lines(report: Report) -> Iterator[str]:
    for one in _warnings(report):
        where = f"{one.location}: " if one.location else ""
        yield f"  warn {one.code}: {where}{one.message}"
        yield from (f"    fix: {told}" for told in [one.remedy] if told)


def _text(told: str) -> tuple[str, ...]:
    return tuple(f"  {line}".rstrip() for line in told.rstrip("\n").splitlines())
