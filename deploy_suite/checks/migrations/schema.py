"""A database's tables as values, and what one schema has taken away from code that was written for another."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.ports import DatabaseServer

# Source: https://www.postgresql.org/docs/current/catalog-pg-attribute.html
_COLUMNS: Final = """
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname, a.attname,
       format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.atthasdef OR a.attidentity <> '' OR coalesce(t.typdefault IS NOT NULL, false)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
_RULES: Final = """
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'u', 'f', 'x') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname,
       substring(pg_get_indexdef(i.indexrelid) FROM 'USING .*')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND NOT i.indisprimary AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg_toast%'
"""
_LENGTH: Final = re.compile(r"(?P<kind>character varying|character|varchar)\((?P<length>\d+)\)")
_WIDER: Final[Mapping[str, frozenset[str]]] = {
    "smallint": frozenset({"integer", "bigint"}),
    "integer": frozenset({"bigint"}),
    "real": frozenset({"double precision"}),
    "json": frozenset({"jsonb"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. Shape: `is_filled` says that the server has a value for it where an INSERT gives none."""

    type: str
    is_required: bool
    is_filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Tables by name ("users", "billing.invoices"), their columns, and the rules that rows must keep."""

    tables: Mapping[str, Mapping[str, Column]]
    rules: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Something that code for the old schema can no longer count on.

    Shape: `kind` is "table" or "column" for what is gone, "required" for a new column that every INSERT must give,
    "not-null" for one that must now have a value, "type" for one that takes and returns other values, "rule" for what
    may refuse a row.
    """

    kind: str
    table: str
    column: str = ""
    told: str = ""


def read(server: DatabaseServer, database: str) -> Schema:
    """Return the schema of *database*, what belongs to extensions left out."""
    tables: dict[str, dict[str, Column]] = {}
    for table, column, kind, required, filled in server.query(database, _COLUMNS):
        one = Column(type=str(kind), is_required=bool(required), is_filled=bool(filled))
        tables.setdefault(str(table), {})[str(column)] = one
    rules = frozenset((str(table), str(rule)) for table, rule in server.query(database, _RULES))
    return Schema(tables=tables, rules=rules)


def taken(old: Schema, new: Schema) -> tuple[Taken, ...]:
    """Return all that *new* takes away from code that was written for *old*; what it adds is no matter."""
    return (*_of_tables(old, new), *_of_rules(old, new))


def _of_tables(old: Schema, new: Schema) -> Iterator[Taken]:
    for table, columns in sorted(old.tables.items()):
        now = new.tables.get(table)
        if now is None:
            yield Taken(kind="table", table=table, told=f"the table {table} is gone")
            continue
        for name, before in columns.items():
            yield from _of_column(table, name, before, now.get(name))
        for name, added in now.items():
            if name not in columns and added.is_required and not added.is_filled:
                told = f"{table}.{name} is new, NOT NULL and without a default: an INSERT that does not name it fails"
                yield Taken(kind="required", table=table, column=name, told=told)


def _of_column(table: str, name: str, before: Column, now: Column | None) -> Iterator[Taken]:
    if now is None:
        yield Taken(kind="column", table=table, column=name, told=f"the column {table}.{name} is gone")
        return
    if now.is_required and not before.is_required:
        yield Taken(kind="not-null", table=table, column=name, told=f"{table}.{name} may no longer be NULL")
    if before.is_required and before.is_filled and now.is_required and not now.is_filled:
        told = f"{table}.{name} has lost its default and is NOT NULL"
        yield Taken(kind="required", table=table, column=name, told=told)
    if not _holds(now.type, before.type):
        told = f"{table}.{name} is {now.type} where it was {before.type}"
        yield Taken(kind="type", table=table, column=name, told=told)


def _of_rules(old: Schema, new: Schema) -> Iterator[Taken]:
    for table, rule in sorted(new.rules - old.rules):
        if table in old.tables and table in new.tables:
            yield Taken(kind="rule", table=table, told=f"{table} has a new rule: {rule}")


def _holds(now: str, before: str) -> bool:
    """Whether the type *now* takes and returns all that *before* did."""
    if now == before or now in _WIDER.get(before, ()):
        return True
    old, new = _LENGTH.fullmatch(before), _LENGTH.fullmatch(now)
    if old and new and old["kind"] == new["kind"]:
        return int(new["length"]) >= int(old["length"])
    return bool(old or before == "character varying") and now in {"text", "character varying"}
