"""What a deploy would do, as a value: nothing in it is done yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploy_suite.checks.migrations.script import Scripted
from deploy_suite.checks.variables.on_target import Compared
from deploy_suite.knowledge import lock_levels
from deploy_suite.model.finding import Finding
from deploy_suite.model.project import Commit
from deploy_suite.model.release import Deploy, LiveService
from deploy_suite.releases.compatibility import Compatibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStatement:
    """A statement of a migration.

    Shape: `lock` is PostgreSQL's name of the mode, "" for none on a table that is in use; `table` is what it is on;
    `stops` says in words what waits for it.
    """

    sql: str
    lock: str = ""
    table: str = ""
    stops: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMigration:
    """A revision that the target's database has not seen. Shape: `file` is relative to the repository, or ""."""

    revision: str
    title: str = ""
    file: str = ""
    statements: tuple[PlannedStatement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step of the deploy. Shape: `undo` says how it is undone, or that it cannot be; "" for what changes nothing."""

    name: str
    does: str
    undo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployPlan:
    """The answer to: what would `deploy` do now?

    Shape: `is_pending` is false when there is nothing to do. `commits` are those that are not live, oldest first, None
    where they cannot be counted; `unpushed` are those of them that the remote lacks; `blocked` are the reasons why it
    would not begin. `drift` are sentences about versions that moved since the live commit was resolved, None where that
    is not known. `migrations` is None where they could not be told, `variables` likewise; `notes` say why. `way_back`
    is None where nothing is live, or nothing would be replaced. `warnings` are about the new migrations.
    """

    target: str
    service: LiveService
    commit: Commit
    asked: datetime
    is_pending: bool
    live: Deploy | None = None
    branch: str = ""
    commits: Sequence[Commit] | None = None
    unpushed: Sequence[Commit] = ()
    blocked: Sequence[Finding] = ()
    blocked_by: str = ""
    drift: Sequence[str] | None = None
    migrations: Sequence[PlannedMigration] | None = None
    warnings: Sequence[Finding] = ()
    variables: Compared | None = None
    way_back: Compatibility | None = None
    steps: Sequence[PlannedStep] = ()
    notes: Sequence[str] = ()
    seconds: float = 0.0


def migrations(scripts: Iterable[Scripted]) -> tuple[PlannedMigration, ...]:
    """Return *scripts* with the lock of each statement; a table that they make themselves is in nobody's use yet."""
    made: set[str] = set()
    found = []
    for one in scripts:
        statements = []
        for sql in one.statements:
            statements.append(_statement(sql, made))
            if table := lock_levels.created(sql):
                made.add(table)
        found.append(PlannedMigration(revision=one.id, title=one.title, file=one.file, statements=tuple(statements)))
    return tuple(found)


def _statement(sql: str, made: set[str]) -> PlannedStatement:
    lock = lock_levels.lock_of(sql)
    if lock is None or lock.table in made:
        return PlannedStatement(sql=sql)
    return PlannedStatement(sql=sql, lock=lock.level, table=lock.table, stops=lock.stops)
