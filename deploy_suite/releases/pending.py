"""The project and the service → what lies between what is checked out and what is live; changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deploy_suite.errors import UsageError
from deploy_suite.model.project import Commit
from deploy_suite.model.release import Deploy, Intent
from deploy_suite.releases.progress import Sighting
from deploy_suite.releases.pushing import Pushed, PushRequest, PushVerdict, push
from deploy_suite.releases.scene import Scene

_REFUSED = frozenset({PushVerdict.REFUSED, PushVerdict.REJECTED, PushVerdict.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What a deploy has to do.

    Shape: `wish` is the intent, made before all else was looked at: whatever begins from then on may be its deploy;
    `push` is the plan of the push; `begun` is a deploy of the commit that somebody else has begun; `seen` is
    what the last verification from this machine saw of what is live, None where there was none.
    """

    commit: Commit
    wish: Intent
    push: Pushed
    live: Deploy | None = None
    begun: Deploy | None = None
    seen: Sighting | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the commit cannot be pushed as it is."""
        return self.push.verdict in _REFUSED

    @property
    def needs_push(self) -> bool:
        """Whether the branch that is deployed lacks the commit."""
        return self.push.verdict is PushVerdict.PENDING

    @property
    def is_live(self) -> bool:
        """Whether the commit is what is live."""
        return self.live is not None and self.live.commit == self.commit.sha

    @property
    def is_nothing(self) -> bool:
        """Whether the commit is live, and was verified from this machine where it can be."""
        is_good = self.seen is not None and self.seen.is_good is True
        return self.is_live and not self.needs_push and is_good

    @property
    def needs_judging(self) -> bool:
        """Whether the commit is live and all that is left is to verify it."""
        return self.is_live and not self.needs_push and not self.is_nothing


def pending(scene: Scene) -> Pending:
    """Return what lies between the commit that is checked out and what is live. Raises: DeployError."""
    deployed = scene.service.branch
    if scene.branch and deployed and scene.branch != deployed:
        raise UsageError(
            f"{scene.service.name} is deployed from {deployed}, so what is pushed to {scene.branch} would not be",
            remedy=f"leave --branch out, or name {deployed}; for another branch: deploy-suite push --branch "
            f"{scene.branch}",
        )
    wish = scene.target.intent(scene.service)
    request = PushRequest(
        folder=scene.folder, target=scene.target.name, service=scene.service.id, branch=scene.branch, is_plan=True
    )
    plan = push(request, scene.ports)
    live = scene.target.live(scene.service)
    return Pending(
        commit=plan.commit,
        wish=replace(wish, commit=plan.commit.sha),
        push=plan,
        live=live,
        begun=_begun(scene.target.deploys(scene.service), plan.commit),
        seen=scene.history().seen(live.id) if live else None,
    )


def _begun(deploys: Sequence[Deploy], commit: Commit) -> Deploy | None:
    return next((one for one in deploys if one.commit == commit.sha and not one.state.is_over), None)
