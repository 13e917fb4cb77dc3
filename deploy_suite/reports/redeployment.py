"""What became of a wish to deploy → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from typing import Final

from deploy_suite.model.release import Deploy, ReleaseVerdict
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.reports import diagnosis as diagnoses

SCHEMA: Final = 1
_WORDS: Final = {
    ReleaseVerdict.LIVE: "LIVE",
    ReleaseVerdict.FAILED: "FAILED",
    ReleaseVerdict.SUPERSEDED: "SUPERSEDED",
    ReleaseVerdict.CANCELED: "CANCELED",
    ReleaseVerdict.UNDER_WAY: "UNDER WAY",
}


def render_text(done: Redeployment) -> str:
    """Return *done* for a person: the verdict, why, what to do, and the diagnosis of its log."""
    return "\n".join(_lines(done)) + "\n"


def render_json(done: Redeployment) -> str:
    """Return *done* as one JSON document, as `document` describes it."""
    return json.dumps(document(done), ensure_ascii=False, indent=2) + "\n"


def document(done: Redeployment) -> dict[str, object]:
    """Return *done* as JSON values.

    Shape: {"schema": 1, "target", "service": {"id", "name", "url"}, "asked": {"commit", "clear_cache"}, "verdict",
    "deploy": null | {"id", "commit", "state", "trigger", "created", "finished"}, "replaced": as "deploy", "reason",
    "remedy", "notes", "diagnosis": null | as `diagnose --format json`, "seconds", "interrupted"}.
    """
    service, intent = done.wish.service, done.wish.intent
    return {
        "schema": SCHEMA,
        "target": done.wish.target,
        "service": {"id": service.id, "name": service.name, "url": service.url},
        "asked": {"commit": intent.commit, "clear_cache": intent.clear_cache},
        "verdict": done.verdict.value,
        "deploy": _deploy(done.deploy),
        "replaced": _deploy(done.replaced),
        "reason": done.reason,
        "remedy": done.remedy,
        "notes": list(done.notes),
        "diagnosis": diagnoses.document(done.diagnosis) if done.diagnosis else None,
        "seconds": round(done.seconds, 3),
        "interrupted": done.is_interrupted,
    }


def _deploy(deploy: Deploy | None) -> dict[str, object] | None:
    if deploy is None:
        return None
    return {
        "id": deploy.id,
        "commit": deploy.commit,
        "state": deploy.state.value,
        "trigger": deploy.trigger.value,
        "created": deploy.created.isoformat() if deploy.created else None,
        "finished": deploy.finished.isoformat() if deploy.finished else None,
    }


def _lines(done: Redeployment) -> Iterator[str]:
    service, deploy = done.wish.service, done.deploy
    what = f": {deploy.short} ({deploy.id})" if deploy else ""
    word = _WORDS.get(done.verdict, "UNKNOWN")
    yield f"{word}: {service.name} on {done.wish.target.capitalize()}{what}  ({done.seconds:.1f} s)"
    if done.reason:
        yield f"  {done.reason}"
    if done.verdict is ReleaseVerdict.LIVE and service.url:
        yield f"  {service.url}"
    if done.replaced and done.replaced != deploy:
        yield f"  live before: {done.replaced.short} ({done.replaced.id})"
    yield from (f"  note: {note}" for note in done.notes)
    if done.remedy:
        yield f"  fix: {done.remedy}"
    if done.diagnosis:
        yield ""
        yield diagnoses.render_text(done.diagnosis).rstrip("\n")
