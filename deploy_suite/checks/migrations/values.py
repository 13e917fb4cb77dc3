"""A column into SQL expressions of values that its type takes."""

import re
from collections.abc import Mapping
from typing import Final

from deploy_suite.checks.migrations.tables import Column

_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_LENGTH_BYTES: Final = 4  # a modifier of a text type counts these before its characters
_VECTORS: Final = frozenset({"vector", "halfvec"})
# {row} is 1 or 2, so that unique columns get two values.
_BY_TYPE: Final[Mapping[str, str]] = {
    "bool": "{row} = 1",
    "date": "DATE '2024-01-0{row}'",
    "timestamp": "TIMESTAMP '2024-01-0{row} 12:00'",
    "timestamptz": "TIMESTAMPTZ '2024-01-0{row} 12:00+00'",
    "time": "TIME '12:00:0{row}'",
    "timetz": "'12:00:0{row}+00'",
    "interval": "INTERVAL '{row} day'",
    "uuid": "'00000000-0000-4000-8000-00000000000{row}'",
    "json": "'{{}}'",
    "jsonb": "'{{}}'",
    "bytea": "'\\x0{row}'",
    "inet": "'10.0.0.{row}'",
    "cidr": "'10.0.{row}.0/24'",
    "macaddr": "'08:00:2b:01:02:0{row}'",
    "xml": "'<a/>'",
    "tsvector": "'a{row}'",
    "tsquery": "'a{row}'",
    "hstore": "''",
    "ltree": "'a{row}'",
    "point": "'(1,{row})'",
    "varbit": "B'{row:b}'",
}


def candidates(column: Column, row: int, check: str) -> tuple[str, ...]:
    """Return expressions for *column* in *row*, the likeliest first; none for a type that is not known."""
    plain = _plain(column, row)
    told = _from_check(column, row, check) if check else ()
    return tuple(f"({expression})::{column.shown}" for expression in (*told, *((plain,) if plain else ())))


def _plain(column: Column, row: int) -> str:
    if column.label is not None:
        return quoted(column.label)
    if column.category == "A":
        return "'{}'"
    if column.kind in {"r", "m"}:
        return "'empty'" if column.kind == "r" else "'{}'"
    if column.category == "N":
        return str(row)
    if column.base in _TEXTS:
        return _text(column, f"{row}-preflight")
    if column.base in _VECTORS:
        return quoted("[" + ",".join(["0.1"] * max(column.modifier, 1)) + "]")
    if column.base == "bit":
        return f"B'{row % 2}{'0' * (max(column.modifier, 1) - 1)}'"
    return _BY_TYPE.get(column.base, "").format(row=row)


def _text(column: Column, text: str) -> str:
    length = column.modifier - _LENGTH_BYTES
    return quoted(text[:length] if length > 0 else text)


def _from_check(column: Column, row: int, check: str) -> tuple[str, ...]:
    """Return what the text of a check constraint suggests: a value of its list, a number within its bounds."""
    if column.base in _TEXTS:
        literals = tuple(quoted(found.replace("''", "'")) for found in _LITERAL.findall(check)[:3])
        lengths = tuple(f"rpad('{row}-preflight', {found}, 'x')" for found in _NUMBER.findall(check)[:2])
        return literals or lengths
    if column.category == "N":
        bounds = _NUMBER.findall(check)[:2]
        return tuple(expression for bound in bounds for expression in (f"{bound} + {row}", bound, f"{bound} - {row}"))
    return ()


def quoted(text: str) -> str:
    """Return *text* as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
