"""Two made-up rows for each empty table, so that the next migration meets rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.migrations.tables import Reference, Table, tables
from deploy_suite.checks.migrations.values import candidates
from deploy_suite.ports import DatabaseServer

_ROWS: Final = (1, 2)
_MOST_ATTEMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Seeded:
    """How many tables hold rows now, and the names of those that could not be filled."""

    filled: int
    empty: tuple[str, ...]


def seed(server: DatabaseServer, database: str) -> Seeded:
    """Fill the empty tables of *database* in the order of their foreign keys; a table that refuses stays empty."""
    known = _ordered(tables(server, database))
    if not known:
        return Seeded(0, ())
    by_id = {table.id: table for table in known}
    server.query(database, _block(_filling(table, by_id) for table in known))
    return _state(server, database, known)


def emptied(server: DatabaseServer, database: str) -> None:
    """Remove all rows of the project's tables."""
    known = tables(server, database)
    if known:
        server.query(database, f"TRUNCATE {', '.join(_name(table) for table in known)} CASCADE")


def _state(server: DatabaseServer, database: str, known: tuple[Table, ...]) -> Seeded:
    looks = (_look(number, table) for number, table in enumerate(known))
    rows = {int(str(number)): bool(full) for number, full in server.query(database, " UNION ALL ".join(looks))}
    empty = tuple(table.name for number, table in enumerate(known) if not rows[number])
    return Seeded(len(known) - len(empty), empty)


def _look(number: int, table: Table) -> str:
    return f"SELECT {number}, EXISTS (SELECT FROM {_name(table)})"  # noqa: S608  the name is quoted


def _ordered(known: tuple[Table, ...]) -> tuple[Table, ...]:
    """Return *known* with each table after those it refers to, as far as cycles let."""
    left, done, order = list(known), set[int](), list[Table]()
    while left:
        ready = [one for one in left if all(ref.table in done | {one.id} for ref in one.references)] or left[:1]
        order += ready
        done |= {one.id for one in ready}
        left = [one for one in left if one.id not in done]
    return tuple(order)


def _block(parts: Iterable[str]) -> str:
    return "DO $preflight$ BEGIN\n" + "\n".join(parts) + "\nEND $preflight$"


def _filling(table: Table, by_id: Mapping[int, Table]) -> str:
    inserts = "\n".join(_attempts(tuple(_variants(table, row, by_id))) for row in _ROWS)
    return f"IF NOT EXISTS (SELECT FROM {_name(table)}) THEN\n{inserts}\nEND IF;"


def _attempts(statements: tuple[str, ...]) -> str:
    """Return a block that tries each statement until one is taken."""
    text = "NULL;"
    for statement in reversed(statements[:_MOST_ATTEMPTS]):
        text = f"BEGIN {statement}; EXCEPTION WHEN OTHERS THEN {text} END;"
    return text


def _variants(table: Table, row: int, by_id: Mapping[int, Table]) -> Iterator[str]:
    """Yield inserts: with the likeliest values, then less likely ones, then with the required columns alone."""
    for attempt in range(_MOST_ATTEMPTS - 1):
        yield _insert(table, _values(table, row, by_id, attempt=attempt))
        if all(len(candidates(column, row, table.checks.get(column.number, ""))) < attempt for column in table.columns):
            break
    yield _insert(table, _values(table, row, by_id, attempt=0, only_required=True))


def _values(
    table: Table, row: int, by_id: Mapping[int, Table], *, attempt: int, only_required: bool = False
) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for column in table.columns:
        if column.is_computed or column.has_default or (only_required and not column.is_required):
            continue
        if reference := _reference(table, column.number):
            values[column.name] = _referred(reference, column.number, row, by_id)
            continue
        choices = candidates(column, row, table.checks.get(column.number, ""))
        if choices:
            values[column.name] = choices[min(attempt, len(choices) - 1)]
    return values


def _reference(table: Table, number: int) -> Reference | None:
    return next((reference for reference in table.references if number in reference.columns), None)


def _referred(reference: Reference, number: int, row: int, by_id: Mapping[int, Table]) -> str:
    """Return the value that the row of the same number in the other table has; NULL where there is none."""
    target = by_id.get(reference.table)
    if target is None:
        return "NULL"
    column = target.column(reference.targets[reference.columns.index(number)])
    return f"(SELECT {_quoted(column.name)} FROM {_name(target)} ORDER BY ctid LIMIT 1 OFFSET {row - 1})"  # noqa: S608  likewise


def _insert(table: Table, values: Mapping[str, str]) -> str:
    if not values:
        return f"INSERT INTO {_name(table)} DEFAULT VALUES"
    names = ", ".join(_quoted(name) for name in values)
    return f"INSERT INTO {_name(table)} ({names}) VALUES ({', '.join(values.values())})"  # noqa: S608  likewise


def _name(table: Table) -> str:
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
