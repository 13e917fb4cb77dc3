"""The columns that a commit's models have, and what of them, or of its SQL, a newer schema has taken away."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import stage as stages
from deploy_suite.checks.migrations import tools
from deploy_suite.checks.migrations.schema import Taken
from deploy_suite.model.location import Location
from deploy_suite.ports import Ports

Columns = Mapping[str, Mapping[str, bool]]

_STAGE: Final = "models"
_NOT_SEARCHED: Final = frozenset(
    {".git", ".venv", "venv", "env", "node_modules", "site-packages", "__pycache__", "tests", "test", "migrations"}
    | {"versions", "alembic", "docs"}
)
_ENDINGS: Final = (".py", ".sql", ".j2", ".jinja2")
_LARGEST: Final = 1_000_000
_MOST_FILES: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What code is without on a newer schema.

    Shape: `surely` are sentences about what its models have and the schema lacks; `perhaps` about what it names, or
    must write, or gets with another type, so that only asking would tell; `noted` about rules that may refuse a row.
    """

    surely: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()


def columns(built: Built, ports: Ports) -> Columns | None:
    """Return the tables of the service's models with their columns and whether these may be NULL; None where untold."""
    tool = tools.found(built.case)
    if tool is None:
        return None
    with stages.opened(built, tool, ports, at=_STAGE) as stage:
        reply = stage.ask("models")
    if reply.failure or not reply.more.get("has_models"):
        return None
    found: Columns = reply.more["columns"]
    return {table.removeprefix("public."): listed for table, listed in found.items()}


def missed(taken: Sequence[Taken], known: Columns | None, folder: Path) -> Missed:
    """Return what the code in *folder*, whose models have the columns *known*, misses of what was *taken*."""
    surely: list[str] = []
    perhaps: list[str] = []
    for one in taken:
        if one.kind in {"table", "column"}:
            if _has(known, one):
                surely.append(f"{one.told}, and the models of the live release have it")
            elif place := _named(one, known, folder):
                perhaps.append(f"{one.told}, and {place} of the live release names it")
        elif one.kind == "type" and _has(known, one):
            perhaps.append(f"{one.told}, and the models of the live release have it")
        elif one.kind == "type" and (place := _named(one, known, folder)):
            perhaps.append(f"{one.told}, and {place} of the live release names it")
        elif one.kind in {"required", "not-null"} and (why := _may_write(one, known, folder)):
            perhaps.append(f"{one.told}; {why}")
    noted = tuple(one.told for one in taken if one.kind == "rule")
    return Missed(surely=tuple(surely), perhaps=tuple(perhaps), noted=noted)


def _has(known: Columns | None, one: Taken) -> bool:
    table = (known or {}).get(one.table)
    return table is not None and (not one.column or one.column in table)


def _may_write(one: Taken, known: Columns | None, folder: Path) -> str:
    """Return why the code may write rows that are refused now, "" where it does not."""
    table = (known or {}).get(one.table)
    if one.kind == "not-null" and table is not None and table.get(one.column) is False:
        return ""  # its models never leave it empty
    if table is not None:
        return f"the models of the live release write {one.table}"
    place = _named(Taken(kind="table", table=one.table), known, folder)
    return f"{place} of the live release names {one.table}" if place else ""


def _named(one: Taken, known: Columns | None, folder: Path) -> Location | None:
    """Return where code names the table and the column; where models are known, only SQL can name more than they do."""
    table = re.escape(one.table.rpartition(".")[2])
    in_sql = rf"\b(?:from|into|update|join|table|only)\s+(?:\w+\.|\"\w+\"\.)?[\"'`]?{table}\b"
    of_table = re.compile(in_sql if known is not None else rf"\b{table}\b", re.IGNORECASE)
    of_column = re.compile(rf"\b{re.escape(one.column)}\b") if one.column else of_table
    for file, text in _sources(folder):
        if of_table.search(text) and (match := of_column.search(text)):
            return Location(file, text.count("\n", 0, match.start()) + 1)
    return None


def _sources(folder: Path) -> Iterator[tuple[str, str]]:
    seen = 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_SEARCHED and not name.startswith("."))
        for name in sorted(names):
            file = Path(base, name)
            if not name.endswith(_ENDINGS) or name.startswith("test_"):
                continue
            seen += 1
            if seen > _MOST_FILES:
                return
            try:
                with file.open("rb") as stream:
                    text = stream.read(_LARGEST).decode("utf-8", errors="replace")
            except OSError:
                continue
            yield file.relative_to(folder).as_posix(), text
