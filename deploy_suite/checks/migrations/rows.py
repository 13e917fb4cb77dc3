"""Revision by revision with rows in the tables: what passes on an empty database may fail on two rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations import places, seeding, tables
from deploy_suite.checks.migrations.fresh import Fresh, is_initial
from deploy_suite.checks.migrations.replies import Failure, Reply, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

UNIQUE_ON_ROWS: Final = "migration-unique-on-rows"
_DATABASE: Final = "migrated_rows"
_TOGETHER: Final = "migrated_together"
_MOST_REVISIONS: Final = 25
_LONGEST_S: Final = 20.0  # with rows before each revision; from then on before the new ones alone
_LAST_S: Final = 90.0
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_NOT_NULL: Final = "23502"
_UNIQUE: Final = "23505"
_ADDS_COLUMN: Final = re.compile(r"\bADD\s+(COLUMN\s+)?(?!CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)", re.IGNORECASE)
_CHANGES_TABLES: Final = re.compile(r"^\s*(CREATE|ALTER|DROP)\b", re.IGNORECASE)
_NAMES: Final = re.compile(
    r'ALTER\s+TABLE\s+(?:ONLY\s+)?"?(?P<table>[\w.]+)"?\s+ADD\s+(?:COLUMN\s+)?"?(?P<column>\w+)', re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What the walk found.

    Shape: `statements` maps each revision onto the SQL that it ran; `rewritten` each new one that passed onto the
    tables of which the server made new files; `met_rows` counts the revisions that were applied with rows in the
    tables, `left` those for which no time was left.
    """

    findings: Findings
    statements: Mapping[str, tuple[str, ...]]
    rewritten: Mapping[str, frozenset[str]]
    met_rows: int
    seeded: seeding.Seeded
    left: int = 0


def walk(stage: Stage, revisions: tuple[Revision, ...], fresh: Fresh) -> Walked:
    """Apply the revisions one after the other, with two rows put into each empty table before each."""
    return _Walk(stage, revisions, fresh).walked()


class _Walk:
    """A database on its way through the revisions."""

    def __init__(self, stage: Stage, revisions: tuple[Revision, ...], fresh: Fresh) -> None:
        self._stage = stage
        self._revisions = revisions
        self._fresh = fresh
        self._database = stage.database(_DATABASE)
        self._begun_s = stage.ports.clock.now_s()
        self._seeded_from = _start(revisions, fresh)
        self._seeded = seeding.Seeded(0, ())
        self._is_owed = True
        self._findings: list[Finding] = []
        self._statements: dict[str, tuple[str, ...]] = {}
        self._rewritten: dict[str, frozenset[str]] = {}
        self._met_rows = 0

    def walked(self) -> Walked:
        """Go as far as the revisions and the time last, and return what was found."""
        return Walked(
            left=self._walk(),
            findings=tuple(self._findings),
            statements=self._statements,
            rewritten=self._rewritten,
            met_rows=self._met_rows,
            seeded=self._seeded,
        )

    def _walk(self) -> int:
        """Go through the revisions, and return for how many no time was left."""
        for number, revision in enumerate(self._revisions):
            reply = self._apply(revision, is_first=number == 0)
            if not reply.failure:
                self._met_rows += bool(self._seeded.filled)
            elif not self._goes_on_behind(reply.failure, revision):
                return 0
            after = number + 1
            took_s = self._stage.ports.clock.now_s() - self._begun_s
            if took_s > _LAST_S:
                return len(self._revisions) - after
            is_new = any(one.id in self._fresh.ids for one in self._revisions[after : after + 1])
            self._is_owed = self._is_owed or _is_worth_seeding(reply, self._seeded)
            if self._is_owed and after >= self._seeded_from and (is_new or took_s <= _LONGEST_S):
                self._seeded = seeding.seed(self._stage.server, self._database.name)
                self._is_owed = False
        return 0

    def _apply(self, revision: Revision, *, is_first: bool) -> Reply:
        server, name = self._stage.server, self._database.name
        before = tables.files(server, name) if revision.id in self._fresh.ids else None
        reply = applied(self._stage, revision, self._database, is_first=is_first)
        self._statements[revision.id] = reply.statements
        if before is not None and not reply.failure:
            self._rewritten[revision.id] = _changed(before, tables.files(server, name))
        return reply

    def _goes_on_behind(self, failure: Failure, revision: Revision) -> bool:
        """Judge *failure*, and apply *revision* once more without the rows: whether that goes well."""
        self._findings += _judged(failure, revision, self._stage, self._fresh)
        seeding.emptied(self._stage.server, self._database.name)
        return applied(self._stage, revision, self._database, is_first=True).ok


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> frozenset[str]:
    return frozenset(name for name, file in after.items() if before.get(name, file) != file)


def together(stage: Stage, revisions: tuple[Revision, ...], fresh: Fresh) -> Findings:
    """Take a database at the live revision to the newest in one run, as the deploy will, without rows."""
    new = [number for number, revision in enumerate(revisions) if revision.id in fresh.ids]
    if stage.tool.kind is Kind.DJANGO or len(new) < 2 or not new[0]:  # noqa: PLR2004  one alone was walked over
        return ()
    database, live = stage.database(_TOGETHER), revisions[new[0] - 1].id
    if not stage.upgrade(live, database=database).ok:
        return ()
    reply = stage.upgrade(stage.tool.destination, database=database)
    return (stage.finding(reply.failure, doing=f"{stage.tool.command} from {live}"),) if reply.failure else ()


def _start(revisions: tuple[Revision, ...], fresh: Fresh) -> int:
    """Return after how many revisions rows are put in: at the live one, or so that the newest ones meet them."""
    names = [revision.id for revision in revisions]
    live = names.index(fresh.live) + 1 if fresh.live in names else 0
    return max(live, len(revisions) - _MOST_REVISIONS, 0)


def _is_worth_seeding(reply: Reply, seeded: seeding.Seeded) -> bool:
    return not seeded.filled or bool(reply.failure) or any(_CHANGES_TABLES.match(one) for one in reply.statements)


def applied(stage: Stage, revision: Revision, database: DatabaseAddress, *, is_first: bool) -> Reply:
    """Apply *revision* to a database that has all before it; Django's state is read anew for the first."""
    if stage.tool.kind is Kind.DJANGO:
        return stage.ask("step", database=database, to=revision.id, first=is_first)
    return stage.ask("upgrade", database=database, to=revision.id)


def _judged(failure: Failure, revision: Revision, stage: Stage, fresh: Fresh) -> Findings:
    """Return a finding only where the failure comes from there being rows, and not from what we wrote into them."""
    if stage.tool.kind is Kind.DJANGO and is_initial(revision):
        return ()
    adds_column = bool(_ADDS_COLUMN.search(failure.statement))
    is_new = revision.id in fresh.ids
    if not is_new and not places.relative(stage.built, revision.file):
        return ()  # a package's, that the target's database is past: nobody can change anything there
    if failure.sqlstate == _NOT_NULL:
        return (_not_null(failure, revision, stage, fresh, is_sure=adds_column and is_new),)
    if failure.sqlstate == _UNIQUE and is_new:
        return (_unique(failure, revision, stage),)
    return ()


def _not_null(failure: Failure, revision: Revision, stage: Stage, fresh: Fresh, *, is_sure: bool) -> Finding:
    at = place(failure, revision, stage)
    subject = _subject(failure)
    is_new = revision.id in fresh.ids
    if_new = Outcome.FAILED if is_sure and stage.tool.is_binding else Outcome.WARNING
    why = (
        stage.surroundings.certainty
        if is_sure
        else "the rows were made up here; whether the target's have such values is not known"
        if is_new
        else "an older revision: the target's database is probably past it"
    )
    return Finding(
        code="migration-not-null-rows",
        outcome=if_new if is_new else Outcome.NOTE,
        message=f"revision {revision.id} passes on an empty database and fails as soon as the table has rows: "
        f"{subject} is NOT NULL without a default",
        location=at,
        evidence=evidence(failure, stage),
        remedy=f"give the column a server_default in {at.file}, or add it as nullable, fill it, then forbid NULL",
        certainty=why,
        reproduce=f"{stage.tool.shown}  # on a database with rows",
    )


def _unique(failure: Failure, revision: Revision, stage: Stage) -> Finding:
    at = place(failure, revision, stage)
    return Finding(
        code=UNIQUE_ON_ROWS,
        outcome=Outcome.WARNING,
        message=f"revision {revision.id} passes on an empty database and fails on two rows: {failure.detail}",
        location=at,
        evidence=evidence(failure, stage),
        remedy=f"fill the column with distinct values in {at.file} before it is made unique",
        certainty="seen on two rows made up here, which differed in every column that was unique before",
        reproduce=f"{stage.tool.shown}  # on a database with rows",
    )


def _subject(failure: Failure) -> str:
    match = _NAMES.search(failure.statement)
    return f"{match['table']}.{match['column']}" if match else "a column"


def place(failure: Failure, revision: Revision, stage: Stage) -> Location:
    """Return the line of the project's that failed, else the file of *revision*."""
    file = places.relative(stage.built, revision.file)
    return places.place(stage.built, failure) or (Location(file) if file else stage.tool.location)


def evidence(failure: Failure, stage: Stage) -> tuple[str, ...]:
    """Return the line, the statement, and what the server said of it."""
    server = failure.detail.splitlines()[0] if failure.detail else ""
    lines = (places.quoted(stage.built, failure), " ".join(failure.statement.split())[:300], server)
    return tuple(line for line in lines if line)
