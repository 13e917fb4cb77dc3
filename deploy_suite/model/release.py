"""What is live, what is being deployed, and what became of a release."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class DeployState(Enum):
    """How far a deploy has come. OTHER stands for a word that a target uses and the suite does not know."""

    CREATED = "created"
    QUEUED = "queued"
    BUILDING = "building"
    PRE_DEPLOYING = "pre-deploying"
    STARTING = "starting"
    LIVE = "live"
    REPLACED = "replaced"
    BUILD_FAILED = "build failed"
    PRE_DEPLOY_FAILED = "pre-deploy failed"
    START_FAILED = "start failed"
    CANCELED = "canceled"
    OTHER = "other"

    @property
    def is_live(self) -> bool:
        """Whether this deploy is the one that serves."""
        return self is DeployState.LIVE

    @property
    def has_failed(self) -> bool:
        """Whether it ended by a fault, so that what was live before serves on."""
        return self in {DeployState.BUILD_FAILED, DeployState.PRE_DEPLOY_FAILED, DeployState.START_FAILED}

    @property
    def is_over(self) -> bool:
        """Whether it changes no more by itself; one that is live is over too, though a later one will replace it."""
        return self.has_failed or self in {DeployState.LIVE, DeployState.REPLACED, DeployState.CANCELED}


class Trigger(Enum):
    """What began a deploy."""

    REQUEST = "request"
    HOOK = "hook"
    PUSH = "push"
    PERSON = "person"
    ROLLBACK = "rollback"
    OTHER = "other"


class AutoDeploy(Enum):
    """When a target deploys by itself."""

    ON_PUSH = "on push"
    AFTER_CHECKS = "after checks"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """One deploy of a service.

    Shape: `commit` is the full SHA, "" where the target does not tell; times are aware, on the target's clock, None
    where it has none.
    """

    id: str
    state: DeployState
    commit: str = ""
    subject: str = ""
    trigger: Trigger = Trigger.OTHER
    created: datetime | None = None
    finished: datetime | None = None

    @property
    def short(self) -> str:
        """The first seven digits of the commit, "an unknown commit" without one."""
        return self.commit[:7] or "an unknown commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTrace:
    """What a target did by itself with a push. Shape: `id` is that of the deploy it began, or of what it ignored."""

    id: str
    commit: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveService:
    """A service as the target has it.

    Shape: `kind` is the target's own word; `repository` is the URL that it clones, "" for an image;
    `url` is where the public reaches it, "" for what has none; `suspended` says by whom, "" while it runs.
    """

    id: str
    name: str
    kind: str
    owner: str = ""
    url: str = ""
    page: str = ""
    repository: str = ""
    branch: str = ""
    health_path: str = ""
    auto_deploy: AutoDeploy = AutoDeploy.OFF
    suspended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One wish to deploy, and what tells its deploy from every other; kept as data, it outlives this process.

    Shape: `known` are the ids of the deploys there were before, `after` the latest time among them on the target's own
    clock; `commit` is "" for the head of the service's branch; `back_to` is the deploy whose build is to serve again.
    """

    commit: str = ""
    clear_cache: bool = False
    back_to: str = ""
    known: frozenset[str] = frozenset()
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason:
    """Why a deploy ended as it did, in the target's own words. Shape: `superseded_by` is a deploy's id or ""."""

    text: str = ""
    superseded_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of a service's log. Shape: `source` is "build", "app" or the target's own word for it."""

    id: str
    text: str
    time: datetime | None = None
    source: str = ""
    instance: str = ""


class ReleaseVerdict(Enum):
    """What became of a release.

    NOTHING: there was nothing to do. REFUSED: nothing was changed, for a reason that is told. INCONCLUSIVE: it may be
    live, and nobody knows that it is good. ABANDONED: whoever carried it out died, and nothing of it goes on.
    """

    UNDER_WAY = "under way"
    LIVE = "live"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    CANCELED = "canceled"
    INCONCLUSIVE = "inconclusive"
    ROLLED_BACK = "rolled back"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    NOTHING = "nothing to do"


class ReleaseKind(Enum):
    """What a release does: bring a commit to the target, or put an older build back."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release as it is recorded in `record.json`.

    Shape: `id` is when it began, and its number, which tells the order (a clock may be set back); `service` is its
    name, `service_id` the target's id; `deploy_id` is the deploy that this release began, "" where none was;
    `live_deploy_id` is what was live when it ended, "" where that is not known; `revision` is Alembic's at `commit`, ""
    where there is none or nobody told; `is_verified` is None until somebody verified it; `replaced` and
    `replaced_commit` are the deploy that was live before; `auto_deploy` is how the target deployed by itself before
    this release turned that off, None where it did not.
    """

    id: str
    target: str
    service: str
    service_id: str
    commit: str
    started: datetime
    kind: ReleaseKind = ReleaseKind.DEPLOY
    subject: str = ""
    verdict: ReleaseVerdict = ReleaseVerdict.UNDER_WAY
    deploy_id: str = ""
    live_deploy_id: str = ""
    revision: str = ""
    is_verified: bool | None = None
    finished: datetime | None = None
    replaced: str = ""
    replaced_commit: str = ""
    auto_deploy: AutoDeploy | None = None
    reason: str = ""
    remedy: str = ""
