"""A statement of a migration → the lock that it takes on a table, and what that stops meanwhile."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_ALTER: Final = re.compile(
    r"^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>(?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))?)\s*\*?\s+",
    re.IGNORECASE,
)
_LOCKED: Final = re.compile(
    r"^LOCK\s+(?:TABLE\s+)?(?:ONLY\s+)?(?P<table>[\w.\"]+)(?:\s+IN\s+(?P<level>[\w ]+?)\s+MODE)?", re.IGNORECASE
)
_CREATED: Final = re.compile(
    r"^CREATE\s+(?:TEMP(?:ORARY)?\s+|UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<table>[\w.\"]+)", re.IGNORECASE
)
_STRONGEST: Final = "ACCESS EXCLUSIVE"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock. Shape: `stops` is in words; `table` is what it is on, "" where the statement does not name it."""

    level: str
    stops: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of statement, or of a part of ALTER TABLE. Shape: `sample` is a statement of that kind, or ""."""

    pattern: re.Pattern[str]
    level: str
    sample: str


@dataclass(frozen=True, slots=True)
class Table:
    """All rows. Shape: `levels` pairs each level, from weak to strong, with what it stops."""

    levels: tuple[tuple[str, str], ...]
    statements: tuple[Row, ...]
    parts: tuple[Row, ...]


def lock_of(statement: str) -> Lock | None:
    """Return the lock that *statement* takes on a table that is there before it, None for none that is known."""
    text = " ".join(statement.split()).rstrip(";")
    if (match := _ALTER.match(text)) is not None:
        return _of_alter(text[match.end() :], _plain(match["table"]))
    if (match := _LOCKED.match(text)) is not None:
        return _made((match["level"] or _STRONGEST).upper(), match["table"])
    for row in table().statements:
        if match := row.pattern.match(text):
            return _made(row.level, match.groupdict().get("table") or "")
    return None


def created(statement: str) -> str:
    """Return the table that *statement* makes, "" when it makes none."""
    match = _CREATED.match(" ".join(statement.split()))
    return _plain(match["table"]) if match else ""


@cache
def table() -> Table:
    """Return what lock_levels.toml says."""
    text = files("deploy_suite.knowledge").joinpath("lock_levels.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return Table(
        levels=tuple((str(one["name"]), str(one["stops"])) for one in document["level"]),
        statements=tuple(_row(one) for one in document["statement"]),
        parts=tuple(_row(one) for one in document["part"]),
    )


def _row(read: dict[str, Any]) -> Row:
    return Row(re.compile(read["pattern"], re.IGNORECASE), str(read["level"]), str(read["sample"]))


def _of_alter(rest: str, name: str) -> Lock:
    order = [level for level, _ in table().levels]
    found = [_of_part(part) for part in _parts(rest)]
    strongest = max((level for level, _ in found), key=order.index, default=_STRONGEST)
    others = {other for _, other in found if other and other != name}
    return _made(strongest, " and ".join((name, *sorted(others))))


def _of_part(part: str) -> tuple[str, str]:
    """Return the level, and the other table that is locked with the one that is changed."""
    for row in table().parts:
        if match := row.pattern.match(part):
            return row.level, _plain(match.groupdict().get("table") or "")
    return _STRONGEST, ""


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of an ALTER TABLE, which commas outside parentheses and quotes stand between."""
    depth, quote, began = 0, "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and depth == 0:
            yield text[began:at].strip()
            began = at + 1
    yield text[began:].strip()


def _made(level: str, name: str) -> Lock:
    stops = dict(table().levels).get(level, "")
    return Lock(level, stops, _plain(name))


def _plain(name: str) -> str:
    return name.replace('"', "").removeprefix("public.")
