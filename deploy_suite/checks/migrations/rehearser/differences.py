"""A difference that Alembic's comparison found, in words."""

from __future__ import annotations

from typing import Any


def shown(difference: Any) -> str:
    """Return e.g. "add column users.age" for one entry of `compare_metadata`."""
    if isinstance(difference, list):
        return "; ".join(shown(each) for each in difference)
    kind = str(difference[0])
    verb, _, what = kind.partition("_")
    words = {"fk": "foreign key"}.get(what, what.replace("_", " "))
    return f"{verb} {words} {_subject(kind, difference)}".strip()


def _subject(kind: str, difference: Any) -> str:
    if kind in ("add_column", "remove_column"):
        return f"{difference[2]}.{difference[3].name}"
    if kind.startswith("modify_"):
        old, new = difference[-2], difference[-1]
        return f"{difference[2]}.{difference[3]}: the database has {_plain(old)}, the models have {_plain(new)}"
    item = difference[1]
    table = getattr(item, "table", None)
    name = getattr(item, "name", None) or _columns(item)
    return f"{name} on {table.name}" if table is not None else str(name)


def _columns(item: Any) -> str:
    names = [getattr(each, "name", "") for each in getattr(item, "columns", ())]
    return f"({', '.join(names)})"


def _plain(value: Any) -> str:
    if value is True or value is False:
        return "NULL" if value else "NOT NULL"
    text = getattr(getattr(value, "arg", None), "text", None)
    return str(text if text is not None else value)
