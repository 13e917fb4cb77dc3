"""What became of one wish to deploy, and the sentences that say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.diagnosis import Diagnosis
from deploy_suite.model.release import Deploy, FailureReason, Intent, LiveService, LogLine, ReleaseVerdict

_AGAIN: Final = "run this again if this commit is to be live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be deployed, and where. Shape: `target` is its name; `can_look` as the target has it."""

    target: str
    service: LiveService
    intent: Intent
    can_look: bool = True

    @property
    def page(self) -> str:
        """Where a person can look."""
        return self.service.page or "the page of the service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeployment:
    """What became of a wish.

    Shape: `deploy` is the one that was followed last, None where none is known; `replaced` the deploy that was live
    before; `reason` and `remedy` are sentences; `notes` what else a person should know.
    """

    wish: Wish
    verdict: ReleaseVerdict
    deploy: Deploy | None = None
    replaced: Deploy | None = None
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    diagnosis: Diagnosis | None = None
    seconds: float = 0.0
    is_interrupted: bool = False


def begun(wish: Wish, deploy: Deploy) -> Redeployment:
    """Return what there is to say of a deploy that nobody follows: because that was asked for, or cannot be."""
    if not wish.can_look:
        return Redeployment(
            wish=wish,
            verdict=ReleaseVerdict.INCONCLUSIVE,
            deploy=deploy,
            reason=f"{deploy.id} was begun; without an API key nobody can look how it goes on",
            remedy=f"give an API key too, or look at it: {wish.page}",
        )
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.UNDER_WAY,
        deploy=deploy,
        reason=f"{deploy.id} was begun; nobody was asked to wait for it",
        remedy=_how_to_cancel(wish, deploy),
    )


def live(wish: Wish, deploy: Deploy) -> Redeployment:
    """Return the good end, unless another commit is live than the one that was asked for."""
    asked = wish.intent.commit
    if not asked or not deploy.commit or deploy.commit.startswith(asked):
        return Redeployment(wish=wish, verdict=ReleaseVerdict.LIVE, deploy=deploy)
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.FAILED,
        deploy=deploy,
        reason=f"{deploy.short} is live where {asked[:7]} was asked for",
        remedy="see that the commit is pushed to the service's branch, then run this again",
    )


def lost(wish: Wish, deploy: Deploy, why: str) -> Redeployment:
    """Return what is known of a deploy that could not be followed to its end: nothing good, nothing bad."""
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.INCONCLUSIVE,
        deploy=deploy,
        reason=f"{deploy.id} was last seen as {deploy.state.value}, and how it goes on is not known: {why}",
        remedy=f"look at it: {wish.page}; {_how_to_cancel(wish, deploy)}",
    )


def failed(
    wish: Wish, deploy: Deploy, reason: FailureReason, diagnosis: Diagnosis | None, *, replaced: Deploy | None
) -> Redeployment:
    """Return the bad end: the service is as it was before, with *replaced* where that was live."""
    still = f"{replaced.short} ({replaced.id}) serves on" if replaced else "nothing was live before, and nothing is"
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.FAILED,
        deploy=deploy,
        reason=f"{deploy.id}: {deploy.state.value}; {_told(wish, reason)}; {still}",
        diagnosis=diagnosis,
    )


def given_up(wish: Wish, deploy: Deploy, reason: FailureReason, successor: Deploy | None) -> Redeployment:
    """Return the end of a deploy without a fault: canceled, or *successor* took its place."""
    if successor is None:
        said = f"{deploy.id}: {deploy.state.value}; {_told(wish, reason)}"
        return Redeployment(wish=wish, verdict=ReleaseVerdict.CANCELED, deploy=deploy, reason=said, remedy=_AGAIN)
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.SUPERSEDED,
        deploy=deploy,
        reason=f"{deploy.id} ({deploy.short}): {deploy.state.value}; {successor.id} ({successor.short}, "
        f"{successor.state.value}) took its place",
        remedy=_AGAIN,
    )


def overtaken(wish: Wish, newer: Deploy) -> Redeployment:
    """Return the end of a wish before anything was asked for: *newer* is of somebody else."""
    return Redeployment(
        wish=wish,
        verdict=ReleaseVerdict.SUPERSEDED,
        deploy=newer,
        reason=f"{wish.intent.commit[:7]} was not deployed: {newer.short} ({newer.id}, {newer.state.value}) "
        "was begun by somebody else meanwhile",
        remedy=_AGAIN,
    )


def not_begun(wish: Wish, reason: str, remedy: str) -> Redeployment:
    """Return that the target has not begun what it begins by itself, and was not asked."""
    return Redeployment(wish=wish, verdict=ReleaseVerdict.INCONCLUSIVE, reason=reason, remedy=remedy)


def interrupted(wish: Wish, deploy: Deploy | None, *, has_asked: bool) -> Redeployment:
    """Return what goes on after Ctrl-C, and how to end it."""
    verdict, reason, remedy = ReleaseVerdict.CANCELED, "interrupted before anything was asked for", ""
    if deploy is not None:
        verdict, remedy = ReleaseVerdict.UNDER_WAY, _how_to_cancel(wish, deploy)
        reason = f"nobody waits any longer; {deploy.id} goes on at the target, last seen as {deploy.state.value}"
    elif has_asked:
        verdict, remedy = ReleaseVerdict.INCONCLUSIVE, f"look whether there is one: {wish.page}"
        reason = "interrupted while the deploy was asked for: the target may have begun it"
    return Redeployment(wish=wish, verdict=verdict, deploy=deploy, reason=reason, remedy=remedy, is_interrupted=True)


def canceled(wish: Wish, deploy: Deploy) -> Redeployment:
    """Return that *deploy* was stopped because that was asked for."""
    said = f"{deploy.id} ({deploy.short}) is {deploy.state.value}"
    return Redeployment(wish=wish, verdict=ReleaseVerdict.CANCELED, deploy=deploy, reason=said)


def _told(wish: Wish, reason: FailureReason) -> str:
    name = wish.target.capitalize()
    return f"{name} says: {reason.text}" if reason.text else f"{name} does not say why"


def _how_to_cancel(wish: Wish, deploy: Deploy) -> str:
    options = f"--target {wish.target} --service {wish.service.id} --cancel {deploy.id}"
    return f"to cancel it: deploy-suite redeploy {options}"


def lines_of(log: Sequence[LogLine]) -> str:
    """Return a log as one text."""
    return "".join(f"{line.text}\n" for line in log)
