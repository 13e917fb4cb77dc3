"""The lines of a journal → how far its release has come, what it saw, and its record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from deploy_suite.model.release import AutoDeploy, Intent, Release, ReleaseKind, ReleaseVerdict
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.permission import Permission
from deploy_suite.releases.steps import Entry, Step

_JUDGED: Final = {Step.VERIFIED: True, Step.BAD: False, Step.UNSURE: None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a release has come.

    Shape: `step` is the last one; `intent`, `deploy_id` and `goal` (the commit that is to serve) are those of the way
    that is gone now, there or, with `is_back`, back; `there_id` is the deploy of the way there. `fault` is why the
    release was found bad; `turned_off` how the target deployed by itself before the way back turned that off, and
    `turns_on` how it is to deploy by itself again from the push on; `turned_on` is whether that came to pass.
    """

    kind: ReleaseKind
    commit: str
    step: Step
    began: datetime
    subject: str = ""
    service: str = ""
    branch: str = ""
    remote: str = ""
    previous: str = ""
    previous_commit: str = ""
    auto_deploy: AutoDeploy = AutoDeploy.OFF
    permission: Permission | None = None
    intent: Intent | None = None
    deploy_id: str = ""
    there_id: str = ""
    goal: str = ""
    is_back: bool = False
    fault: str = ""
    turned_off: AutoDeploy | None = None
    turns_on: AutoDeploy | None = None
    turned_on: bool = False
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a verification saw of a deploy. Shape: `is_good` is None where nothing was sure."""

    deploy_id: str
    commit: str
    is_good: bool | None
    time: datetime
    release: str


def progress(entries: Sequence[Entry]) -> Progress:
    """Return how far the release of *entries*, of which there is at least one, has come."""
    found = _began(entries[0])
    for entry in entries[1:]:
        found = _after(found, entry)
    return found


def sightings(journal: Journal) -> Iterable[Sighting]:
    """Yield what the verifications of a release saw, in their order."""
    found = _began(journal.entries[0])
    for entry in journal.entries[1:]:
        found = _after(found, entry)
        if entry.step in _JUDGED:
            yield Sighting(
                deploy_id=found.deploy_id,
                commit=found.goal,
                is_good=_JUDGED[entry.step],
                time=entry.time,
                release=journal.release,
            )


def record(journal: Journal) -> Release:
    """Return the record of a release, whether it is over or not."""
    found, last = progress(journal.entries), journal.entries[-1]
    is_over = last.step is Step.ENDED
    return Release(
        id=journal.release,
        target=journal.place.target,
        service=found.service,
        service_id=journal.place.service_id,
        commit=found.commit,
        subject=found.subject,
        kind=found.kind,
        started=found.began,
        finished=last.time if is_over else None,
        verdict=_verdict(last.text("verdict")) if is_over else ReleaseVerdict.UNDER_WAY,
        deploy_id=found.there_id,
        live_deploy_id=last.text("live") if is_over else "",
        revision=found.permission.revision if found.permission else "",
        is_verified=found.is_verified,
        replaced=found.previous,
        replaced_commit=found.previous_commit,
        auto_deploy=found.turned_off,
        reason=last.text("reason") if is_over else "",
        remedy=last.text("remedy") if is_over else "",
    )


def permission_data(permission: Permission) -> dict[str, object]:
    """Return *permission* as a journal holds it."""
    return {
        "granted": permission.is_granted,
        "why": permission.why,
        "command": permission.command,
        "revision": permission.revision,
    }


def _began(entry: Entry) -> Progress:
    commit = entry.text("commit")
    return Progress(
        kind=ReleaseKind.ROLLBACK if entry.text("kind") == ReleaseKind.ROLLBACK.value else ReleaseKind.DEPLOY,
        commit=commit,
        goal=commit,
        step=entry.step,
        began=entry.time,
        subject=entry.text("subject"),
        service=entry.text("service"),
        branch=entry.text("branch"),
        previous=entry.text("previous"),
        previous_commit=entry.text("previous_commit"),
        auto_deploy=_mode(entry.text("auto_deploy")) or AutoDeploy.OFF,
        permission=_permission(entry),
    )


def _after(found: Progress, entry: Entry) -> Progress:
    found = replace(found, step=entry.step)
    match entry.step:
        case Step.PUSHING:
            return replace(
                found,
                intent=entry.intent,
                remote=entry.text("remote"),
                branch=entry.text("branch"),
                turns_on=_mode(entry.text("turns_on")),
            )
        case Step.PUSHED:
            return replace(found, intent=entry.intent or found.intent, turned_on=bool(entry.text("turned_on")))
        case Step.ASKING:
            return replace(found, intent=entry.intent or found.intent)
        case Step.DEPLOYING | Step.LIVE:
            there = found.there_id if found.is_back and found.kind is ReleaseKind.DEPLOY else entry.text("deploy")
            return replace(found, deploy_id=entry.text("deploy"), there_id=there)
        case Step.VERIFIED | Step.BAD | Step.UNSURE if not found.is_back or found.kind is ReleaseKind.ROLLBACK:
            return replace(found, is_verified=_JUDGED[entry.step], fault=entry.text("reason"))
        case Step.GOING_BACK:
            return replace(
                found,
                is_back=True,
                intent=entry.intent,
                deploy_id="",
                goal=entry.text("commit"),
                turned_off=_mode(entry.text("auto_deploy")) or found.turned_off,
            )
        case _:
            return found


def _permission(entry: Entry) -> Permission | None:
    told = entry.table("way_back")
    if not told:
        return None
    return Permission(
        is_granted=told.get("granted") is True,
        why=str(told.get("why", "")),
        command=str(told.get("command", "")),
        revision=str(told.get("revision", "")),
    )


def _verdict(text: str) -> ReleaseVerdict:
    """Return the verdict called *text*; a line that was damaged says nothing sure."""
    return next((one for one in ReleaseVerdict if one.value == text), ReleaseVerdict.INCONCLUSIVE)


def _mode(text: str) -> AutoDeploy | None:
    return next((one for one in AutoDeploy if one.value == text), None)
