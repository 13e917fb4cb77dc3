"""What became of a push → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted
from deploy_suite.releases.pushing import Pushed, PushVerdict
from deploy_suite.reports import diagnosis as diagnoses
from deploy_suite.reports import text

SCHEMA: Final = 1
_MOST_COMMITS: Final = 20
_WITH_A_PLACE: Final = {
    PushVerdict.PUSHED: "PUSHED",
    PushVerdict.PENDING: "WOULD PUSH",
    PushVerdict.NOTHING: "NOTHING TO PUSH",
    PushVerdict.REFUSED: "NOT PUSHED",
    PushVerdict.REJECTED: "REJECTED",
    PushVerdict.UNKNOWN: "UNKNOWN",
}


def render_text(done: Pushed) -> str:
    """Return *done* for a person: the verdict, the commits, and each reason with its way out."""
    return "\n".join(_lines(done)) + "\n"


def render_json(done: Pushed) -> str:
    """Return *done* as one JSON document, as `document` describes it."""
    return json.dumps(document(done), ensure_ascii=False, indent=2) + "\n"


def document(done: Pushed) -> dict[str, object]:
    """Return *done* as JSON values.

    Shape: {"schema": 1, "verdict", "remote": {"name", "url"}, "branch", "because", "service": null | name, "commit",
    "commits": [{"commit", "subject"}], "findings": [{"code", "outcome", "message", "location", "remedy",
    "certainty"}], "reason", "output", "diagnosis": null | as `diagnose --format json`, "seconds"}.
    """
    place = done.place
    return {
        "schema": SCHEMA,
        "verdict": done.verdict.value,
        "remote": {"name": place.remote.name, "url": place.remote.shown},
        "branch": place.branch,
        "because": place.because,
        "service": place.service.name if place.service else None,
        "commit": done.commit.sha,
        "commits": [{"commit": one.sha, "subject": one.subject} for one in done.commits],
        "findings": [_finding(one) for one in done.findings],
        "reason": done.reason,
        "output": list(done.output),
        "diagnosis": diagnoses.document(done.diagnosis) if done.diagnosis else None,
        "seconds": round(done.seconds, 3),
    }


def _finding(one: Finding) -> dict[str, str | None]:
    return {
        "code": one.code,
        "outcome": one.outcome.value,
        "message": one.message,
        "location": str(one.location) if one.location else None,
        "remedy": one.remedy,
        "certainty": one.certainty,
    }


def _lines(done: Pushed) -> Iterator[str]:
    place, count = done.place, len(done.commits)
    many = f"{counted(count, 'commit')} " if count else ""
    way = "at" if done.verdict is PushVerdict.NOTHING else "to"
    what = f"{many}{way} {place.branch} on {place.remote.name} ({place.remote.shown})"
    yield f"{_WITH_A_PLACE[done.verdict]}: {what}, {done.commit.short}  ({done.seconds:.1f} s)"
    yield f"  branch: {place.branch}, because {place.because}"
    yield from (f"  {one.short} {one.subject}" for one in done.commits[-_MOST_COMMITS:])
    if count > _MOST_COMMITS:
        yield f"  and {count - _MOST_COMMITS} older ones"
    for one in sorted(done.findings, key=lambda finding: finding.outcome is not Outcome.FAILED):
        where = f"{one.location}: " if one.location else ""
        yield f"  {text.MARK[one.outcome].strip()} {one.code}: {where}{one.message}"
        yield from (f"    {label}: {said}" for label, said in text.remarks(one))
    if done.reason:
        yield f"  {done.reason}"
    yield from (f"    | {line}" for line in done.output)
    if done.diagnosis:
        yield ""
        yield diagnoses.render_text(done.diagnosis).rstrip("\n")
