"""Values that new revisions make unique, put to rows that were allowed to repeat them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations import rows, seeding
from deploy_suite.checks.migrations.fresh import Fresh, is_initial
from deploy_suite.checks.migrations.replies import Failure, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tables import Table, tables
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import QueryError

_DATABASE: Final = "migrated_repeats"
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNIQUE: Final = "23505"
_NAME: Final = r'(?:"?\w+"?\.)?"?(?P<table>\w+)"?'
_COLUMNS: Final = r"\((?P<columns>[\w\", ]+)\)"
_MAKES_UNIQUE: Final = (
    re.compile(
        rf"^ALTER\s+TABLE\s+(?:ONLY\s+)?{_NAME}\s+ADD\s+(?:CONSTRAINT\s+\S+\s+)?UNIQUE\s*{_COLUMNS}", re.IGNORECASE
    ),
    re.compile(
        rf"^CREATE\s+UNIQUE\s+INDEX\s.*?\bON\s+(?:ONLY\s+)?{_NAME}\s*(?:USING\s+\w+\s*)?{_COLUMNS}\s*$", re.IGNORECASE
    ),
)
_LOOKS_AT: Final = r"\b(?:UPDATE|DELETE\s+FROM|FROM)\s+(?:ONLY\s+)?(?:\"?\w+\"?\.)?\"?{table}\"?(?!\w)"
_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext"})


@dataclass(frozen=True, slots=True)
class _Made:
    """What a statement makes unique."""

    table: str
    columns: tuple[str, ...]


def findings(
    stage: Stage, revisions: tuple[Revision, ...], fresh: Fresh, statements: Mapping[str, tuple[str, ...]]
) -> Findings:
    """Return a warning for each new revision that fails once two rows repeat what it makes unique.

    Rows that a revision looks through before are its own business: it may make them different, by rules of its own.
    """
    new = [number for number, one in enumerate(revisions) if one.id in fresh.ids and not is_initial(one)]
    made = tuple(dict.fromkeys(one for at in new for one in _made(statements.get(revisions[at].id, ()))))
    database = _reached(stage, revisions[: new[0]]) if made and new[0] else None
    return tuple(_met(stage, revisions[new[0] :], made, fresh, database)) if database else ()


def _made(statements: tuple[str, ...]) -> Iterator[_Made]:
    for statement in statements:
        text = " ".join(statement.split()).rstrip("; ")
        for found in filter(None, (pattern.search(text) for pattern in _MAKES_UNIQUE)):
            names = tuple(name.strip(' "') for name in found["columns"].split(","))
            yield _Made(found["table"], names)


def _reached(stage: Stage, revisions: tuple[Revision, ...]) -> DatabaseAddress | None:
    """Return a new database at the last of *revisions*, None where it does not come there."""
    database = stage.database(_DATABASE)
    has_come = all(rows.applied(stage, one, database, is_first=at == 0).ok for at, one in enumerate(revisions))
    return database if has_come else None


def _met(
    stage: Stage, new: tuple[Revision, ...], made: tuple[_Made, ...], fresh: Fresh, database: DatabaseAddress
) -> Iterator[Finding]:
    seeding.seed(stage.server, _DATABASE)
    before = {one.name: one for one in tables(stage.server, _DATABASE)}
    repeated = tuple(one for one in made if one.table in before and _repeat(stage, one, before[one.table]))
    seen: list[str] = []
    for revision in new if repeated else ():
        reply = rows.applied(stage, revision, database, is_first=False)
        seen += reply.statements
        if reply.failure is None:
            continue
        own = [one for one in repeated if one.table in reply.failure.statement]
        if reply.failure.sqlstate == _UNIQUE and revision.id in fresh.ids and own and not _is_looked_at(own[0], seen):
            yield _warning(stage, revision, own[0], reply.failure)
        return


def _repeat(stage: Stage, made: _Made, table: Table) -> bool:
    """Let the rows of *table* have the same in what *made* names, as far as it lets them.

    A text that must not be NULL is left empty: that is what its rows have in common before anybody fills it.
    """
    columns = [column for column in table.columns if column.name in made.columns]
    if len(columns) < len(made.columns):
        return False
    name = f'"{table.schema}"."{table.name}"'
    given = ", ".join(
        f"\"{one.name}\" = ''" if one.is_required and one.base in _TEXTS else f'"{one.name}" = kept."{one.name}"'
        for one in columns
    )
    statement = f"UPDATE {name} SET {given} FROM (SELECT * FROM {name} ORDER BY ctid LIMIT 1) AS kept"  # noqa: S608  names of a catalogue
    try:
        stage.server.query(_DATABASE, statement)
    except QueryError:
        return False
    return True


def _is_looked_at(made: _Made, statements: list[str]) -> bool:
    looked = re.compile(_LOOKS_AT.format(table=re.escape(made.table)), re.IGNORECASE)
    return any(looked.search(one) for one in statements)


def _warning(stage: Stage, revision: Revision, made: _Made, failure: Failure) -> Finding:
    place = rows.place(failure, revision, stage)
    named = " and ".join(f"{made.table}.{column}" for column in made.columns)
    return Finding(
        code=rows.UNIQUE_ON_ROWS,
        outcome=Outcome.WARNING,
        message=f"revision {revision.id} makes {named} unique, and fails where two rows already have the same there",
        location=place,
        evidence=rows.evidence(failure, stage),
        remedy=f"look for equal values first, and let a migration before {place.file} make them different",
        certainty="seen on two made-up rows, which the schema before allowed; whether the target's repeat is not known",
        reproduce=f"{stage.tool.shown}  # on a database with rows",
    )
