"""What a deploy would do, as a value: nothing in it is done yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deploy_suite.model.finding import Finding
from deploy_suite.model.project import Commit
from deploy_suite.model.release import Deploy, LiveService
from deploy_suite.releases.compatibility import Compatibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStatement:
    """A statement of a migration. Shape: `lock` is PostgreSQL's name of the mode, "" for none; `blocks` in words."""

    sql: str
    lock: str = ""
    blocks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMigration:
    """A revision that the target's database has not seen. Shape: `file` is relative to the repository, or ""."""

    revision: str
    title: str = ""
    file: str = ""
    statements: tuple[PlannedStatement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariables:
    """Names of variables, never values.

    Shape: `missing` are wanted by the manifest or by every start and not set on the service itself, each with where
    that is said; `extra` are set there, and neither the manifest nor any file of the commit has their names.
    """

    missing: tuple[tuple[str, str], ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step of the deploy, and how it is undone, "" for what changes nothing or cannot be undone (`is_final`)."""

    name: str
    does: str
    undo: str = ""
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployPlan:
    """The answer to: what would `deploy` do now?

    Shape: `commits` are those that are not live, oldest first, None where they cannot be counted; `unpushed` counts
    those of them that the remote lacks; `blocked` are the reasons why it would not begin. `drift` are sentences about
    versions that moved since the live commit was resolved, None where that is not known. `migrations` is None where
    their SQL could not be told, and `notes` say why; so for `variables`. `way_back` is None where nothing is live.
    """

    target: str
    service: LiveService
    commit: Commit
    asked: datetime
    live: Deploy | None = None
    branch: str = ""
    commits: Sequence[Commit] | None = None
    unpushed: int = 0
    blocked: Sequence[Finding] = ()
    drift: Sequence[str] | None = None
    migrations: Sequence[PlannedMigration] | None = None
    variables: PlannedVariables | None = None
    way_back: Compatibility | None = None
    steps: Sequence[PlannedStep] = ()
    notes: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def is_pending(self) -> bool:
        """Whether a deploy would change what is live."""
        return self.live is None or self.live.commit != self.commit.sha
