"""A commit into a live and verified release, or the service as it was: the second straight line of the house."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.model.release import Intent, ReleaseKind, ReleaseVerdict
from deploy_suite.model.report import Report
from deploy_suite.ports import Ports
from deploy_suite.preflight import Request as PreflightRequest
from deploy_suite.preflight import preflight
from deploy_suite.releases import auto_deploy, preparing
from deploy_suite.releases.going_back import goal
from deploy_suite.releases.healing import healed
from deploy_suite.releases.holding import held
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Ending, Rollout
from deploy_suite.releases.pending import Pending, pending
from deploy_suite.releases.permission import Schemas
from deploy_suite.releases.progress import record
from deploy_suite.releases.requests import service_of
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.transaction import Transaction
from deploy_suite.releases.transcript import Transcript
from deploy_suite.releases.verification import Patience
from deploy_suite.targets.live_registry import LIVE_TARGETS

_GOES_ON: Final = frozenset({ReleaseVerdict.ABANDONED, ReleaseVerdict.SUPERSEDED, ReleaseVerdict.CANCELED})
_IS_BACK: Final = frozenset({ReleaseVerdict.ROLLED_BACK, ReleaseVerdict.CANCELED})
_UNCHECKED: Final = "or, without preflight: deploy-suite push && deploy-suite redeploy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of `deploy` or `rollback`.

    Shape: what is deployed is what is checked out; `service` is a name or an id, "" for the one that is found; `branch`
    says that it belongs on the branch that is deployed, where none is checked out; `to` is
    a deploy's id or a commit to go back to, "" for the last verified release; `ignores_schema` goes back although
    nobody could prove that the old code fits the database; `compares` measures the latency before and after.
    """

    folder: Path
    target: str = "render"
    service: str = ""
    branch: str = ""
    to: str = ""
    ignores_schema: bool = False
    compares: bool = True
    patience: Patience = field(default_factory=Patience)
    preferences: Preferences = field(default_factory=Preferences)


def deploy(request: Request, ports: Ports, *, schemas: Schemas) -> Rollout:
    """Return what became of the commit that is checked out: live and verified, or the service as it was before.

    Raises: DeployError when nothing was begun: no service, no way to the target, another deploy is under way.
    """
    began_s = ports.clock.now_s()
    with _scene(request, ports, ReleaseKind.DEPLOY) as scene:
        head = ports.git.commit(ports.git.top(request.folder), "HEAD").sha
        answer = _healed(_blank(scene, ReleaseKind.DEPLOY), scene, head=head)
        if answer.release is None:
            answer = _deployed(answer, request, scene, schemas)
    return replace(answer, commit=answer.commit or head, seconds=ports.clock.now_s() - began_s)


def rollback(request: Request, ports: Ports, *, schemas: Schemas) -> Rollout:
    """Return what became of going back to the last verified release, or to the one named. Raises: as `deploy`."""
    began_s = ports.clock.now_s()
    with _scene(request, ports, ReleaseKind.ROLLBACK) as scene:
        answer = _healed(_blank(scene, ReleaseKind.ROLLBACK), scene, to=request.to)
        if answer.release is None:
            answer = _rolled_back(answer, request, scene, schemas)
    return replace(answer, seconds=ports.clock.now_s() - began_s)


@contextmanager
def _scene(request: Request, ports: Ports, kind: ReleaseKind) -> Iterator[Scene]:
    """Yield the service, held against every other release of this machine."""
    transcript = Transcript(ports.progress, ports.clock, ports.curtain)
    ports = replace(ports, progress=transcript)
    target = LIVE_TARGETS[request.target](ports)
    with transcript.alive(target.pace.heartbeat_s):
        scene = Scene(
            folder=request.folder,
            target=target,
            service=service_of(target, request.folder, asked=request.service, ports=ports),
            ports=ports,
            transcript=transcript,
            patience=request.patience,
            branch=request.branch,
            ignores_schema=request.ignores_schema,
        )
        with held(scene.place, ports, command=kind.value):
            yield scene


def _blank(scene: Scene, kind: ReleaseKind) -> Rollout:
    return Rollout(kind=kind, target=scene.target.name, service=scene.service, verdict=ReleaseVerdict.NOTHING)


def _healed(answer: Rollout, scene: Scene, *, head: str = "", to: str = "") -> Rollout:
    """Bring to an end what was under way; where that is the answer to the call, it is the answer's `release`.

    A rollback that names nothing has its wish where a way back comes to its end: one more would lead away from there.
    """
    is_deploy = answer.kind is ReleaseKind.DEPLOY
    for journal in scene.history().unfinished:
        before = record(journal)
        scene.transcript.belongs_to(journal)
        scene.voice().told(f"{before.id} ({before.kind.value} of {before.commit[:7]}) was not finished: go on with it")
        ending = healed(scene, journal, head=head, judges=is_deploy)
        after = record(journal)
        answer = replace(answer, healed=(*answer.healed, after))
        is_same = is_deploy and after.commit == head and ending.verdict not in _GOES_ON
        went_back = after.kind is ReleaseKind.ROLLBACK and ending.verdict is ReleaseVerdict.LIVE
        is_back = not (is_deploy or to) and (went_back or ending.verdict in _IS_BACK)
        if ending.is_open or is_same or is_back:
            return _answered(answer, journal, ending)
    return answer


def _deployed(answer: Rollout, request: Request, scene: Scene, schemas: Schemas) -> Rollout:
    """Check, measure, push, deploy, verify, and keep or go back."""
    found = pending(scene)
    answer = replace(answer, commit=found.commit.sha, pushed=found.push)
    if found.is_refused:
        reason, remedy = _why_not_pushed(found)
        return replace(answer, verdict=ReleaseVerdict.REFUSED, reason=reason, remedy=remedy)
    if found.is_nothing:
        return replace(answer, reason=f"{found.commit.short} is live and verified")
    if not found.needs_judging:
        report = _checked(request, scene, found)
        answer = replace(answer, preflight=report)
        if (refusal := _refusal(report)) is not None:
            return replace(answer, verdict=refusal[0], reason=refusal[1], remedy=_UNCHECKED)
    _warn_of_earlier(scene, found)
    journal = preparing.deploy(scene, found, schemas)
    transaction = Transaction(scene, journal)
    done = transaction.guarded(lambda: _gone_there(transaction, scene, found, compares=request.compares))
    return _answered(answer, journal, done)


def _warn_of_earlier(scene: Scene, found: Pending) -> None:
    """Say that the commit was found bad before; what made it bad may have been corrected elsewhere since."""
    last = next((one for one in scene.history().releases if one.commit == found.commit.sha), None)
    if last is not None and last.is_verified is False:
        scene.voice().told(f"{found.commit.short} was deployed before and found bad ({last.id}): {last.reason}")


def _gone_there(transaction: Transaction, scene: Scene, found: Pending, *, compares: bool) -> Ending:
    if found.needs_judging and found.live is not None:
        return transaction.take_over(found.live)
    if found.live is not None and compares:
        transaction.measure(found.live)
    intent = _intent(scene, found)
    if found.needs_push:
        return transaction.push(intent, remote=found.push.place.remote.name, branch=found.push.place.branch)
    return transaction.arrived(intent)


def _why_not_pushed(found: Pending) -> tuple[str, str]:
    """Return reason and remedy of a commit that cannot be pushed: those of the one reason, where there is one."""
    reasons = [one for one in found.push.findings if one.outcome is Outcome.FAILED]
    if len(reasons) == 1:
        return reasons[0].message, reasons[0].remedy or ""
    told = "what is checked out cannot be pushed as it is"
    return f"{told}: {found.push.reason or 'see the reasons below'}", ""


def _intent(scene: Scene, found: Pending) -> Intent:
    """Return the wish for the commit; a deploy of it that somebody else has begun fulfils it."""
    intent = found.wish
    if found.begun is None:
        earlier = auto_deploy.last_push(scene) if found.needs_push else None
        return replace(intent, known=intent.known | {earlier.id}) if earlier else intent
    return replace(intent, known=intent.known - {found.begun.id}, after=found.begun.created)


def _checked(request: Request, scene: Scene, found: Pending) -> Report:
    report = preflight(
        PreflightRequest(
            folder=request.folder,
            targets=(request.target,),
            services=(scene.stated_name,) if scene.stated_name else (),
            preferences=request.preferences,
        ),
        scene.ports,
    )
    if report.is_interrupted:
        raise KeyboardInterrupt
    if report.commit.sha != found.commit.sha:
        raise UsageError(
            f"{report.commit.short} is checked out now, and {found.commit.short} was to be deployed",
            remedy="run this again",
        )
    if report.reused:
        scene.voice().told(f"preflight: the verdict of {report.reused} is used again, for nothing has changed since")
    return report


def _refusal(report: Report) -> tuple[ReleaseVerdict, str] | None:
    if report.outcome is Outcome.FAILED:
        return ReleaseVerdict.REFUSED, "preflight says that it would fail, so nothing was changed"
    if report.outcome is Outcome.SKIPPED:
        return ReleaseVerdict.INCONCLUSIVE, "preflight could not check all that must be, so nothing was changed"
    return None


def _rolled_back(answer: Rollout, request: Request, scene: Scene, schemas: Schemas) -> Rollout:
    live = scene.target.live(scene.service)
    found = goal(scene, live, to=request.to)
    answer = replace(answer, commit=found.commit)
    if live is not None and live.id == found.id:
        return replace(answer, reason=f"{live.short} ({live.id}) is live")
    newer = scene.history().schema_of(live) if live else ""
    permission = preparing.permission(scene, schemas, newer=newer, older=found.commit)
    if not (permission.is_granted or request.ignores_schema):
        to = f"deploy-suite rollback --to {found.id} --ignore-schema"
        return replace(
            answer,
            verdict=ReleaseVerdict.REFUSED,
            reason=f"{found.short} may not fit the database: {permission.why}",
            remedy=f"{permission.command} && {to}" if permission.command else to,
        )
    journal = preparing.rollback(scene, found, live, permission=permission)
    transaction = Transaction(scene, journal)
    done = transaction.guarded(lambda: transaction.begin_back(found.id, found.commit))
    undo = (f"to undo this: deploy-suite rollback --to {live.id}",) if live else ()
    answer = _answered(answer, journal, done)
    return replace(answer, notes=(*answer.notes, *undo))


def _answered(answer: Rollout, journal: Journal, ending: Ending) -> Rollout:
    release = record(journal)
    return replace(
        answer,
        verdict=ending.verdict,
        commit=answer.commit or release.commit,
        release=release,
        pushed=ending.pushed or answer.pushed,
        there=ending.there,
        back=ending.back,
        reason=ending.reason,
        remedy=ending.remedy,
        notes=(*answer.notes, *ending.notes),
        is_interrupted=ending.is_interrupted,
    )
