"""The tables of a database as its catalogue describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.ports import DatabaseServer

_COLUMNS: Final = """
SELECT c.oid::bigint, n.nspname, c.relname, a.attnum::int, a.attname,
       a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
       a.atthasdef OR a.attidentity <> '' OR (t.typtype = 'd' AND t.typdefault IS NOT NULL),
       a.attgenerated <> '' OR a.attidentity = 'a',
       b.typname, b.typtype::text, b.typcategory::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
       (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder LIMIT 1)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname, a.attnum
"""
_CONSTRAINTS: Final = """
SELECT conrelid::bigint, contype::text, conkey::int[], confrelid::bigint, confkey::int[], pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype IN ('f', 'c') AND conrelid <> 0 ORDER BY oid
"""
_FILES: Final = """
SELECT c.relname, c.relfilenode::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
"""
# Written by the tools themselves.
_BOOK_KEEPING: Final = frozenset({"alembic_version", "django_migrations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.

    Shape: `base` is the name of the type itself, beneath a domain; `kind` and `category` are pg_type's typtype and
    typcategory; `shown` is the type as SQL writes it; `modifier` pg_attribute's atttypmod; `label` the first value of
    an enum; `is_computed` that no value can be given.
    """

    number: int
    name: str
    is_required: bool
    has_default: bool
    is_computed: bool
    base: str
    kind: str
    category: str
    shown: str
    modifier: int
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key: `columns` of the table to `targets` of the table with the id `table`."""

    columns: tuple[int, ...]
    table: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. Shape: `checks` maps a column's number onto the text of the constraint that is about it alone."""

    id: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    checks: Mapping[int, str]

    def column(self, number: int) -> Column:
        """Return the column with the number *number*."""
        return next(column for column in self.columns if column.number == number)


def tables(server: DatabaseServer, database: str) -> tuple[Table, ...]:
    """Return the tables that a project's migrations made in *database*."""
    columns: dict[int, list[Column]] = {}
    names: dict[int, tuple[str, str]] = {}
    for row in server.query(database, _COLUMNS):
        table, schema, name, *rest = row
        names[_int(table)] = (str(schema), str(name))
        columns.setdefault(_int(table), []).append(_column(rest))
    references, checks = _constraints(server, database)
    return tuple(
        Table(
            id=table,
            schema=schema,
            name=name,
            columns=tuple(columns[table]),
            references=tuple(references.get(table, ())),
            checks=checks.get(table, {}),
        )
        for table, (schema, name) in names.items()
        if name not in _BOOK_KEEPING
    )


def files(server: DatabaseServer, database: str) -> Mapping[str, int]:
    """Return for each table the number of the file that holds its rows: another one once it was rewritten.

    Source: https://www.postgresql.org/docs/current/storage-file-layout.html
    """
    return {str(name): _int(file) for name, file in server.query(database, _FILES)}


def _column(values: list[object]) -> Column:
    number, name, required, default, computed, base, kind, category, shown, modifier, label = values
    return Column(
        number=_int(number),
        name=str(name),
        is_required=bool(required),
        has_default=bool(default),
        is_computed=bool(computed),
        base=str(base),
        kind=str(kind),
        category=str(category),
        shown=str(shown),
        modifier=_int(modifier),
        label=None if label is None else str(label),
    )


def _constraints(
    server: DatabaseServer, database: str
) -> tuple[Mapping[int, list[Reference]], Mapping[int, Mapping[int, str]]]:
    references: dict[int, list[Reference]] = {}
    checks: dict[int, dict[int, str]] = {}
    for table, kind, columns, target, targets, text in server.query(database, _CONSTRAINTS):
        numbers = _ints(columns)
        if kind == "f":
            reference = Reference(columns=numbers, table=_int(target), targets=_ints(targets))
            references.setdefault(_int(table), []).append(reference)
        elif len(numbers) == 1:
            checks.setdefault(_int(table), {})[numbers[0]] = str(text)
    return references, checks


def _int(value: object) -> int:
    return int(str(value))


def _ints(value: object) -> tuple[int, ...]:
    return tuple(_int(one) for one in value) if isinstance(value, list | tuple) else ()
