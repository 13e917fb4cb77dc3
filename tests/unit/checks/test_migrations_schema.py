"""What a newer schema takes away, and whether code that was written for the older one misses it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_suite.checks.migrations import models, schema
from deploy_suite.checks.migrations.models import Missed
from deploy_suite.checks.migrations.schema import Column, Schema, Taken


def column(kind: str = "integer", *, required: bool = False, filled: bool = False) -> Column:
    return Column(type=kind, is_required=required, is_filled=filled)


def of(columns: Mapping[str, Column], *rules: str) -> Schema:
    return Schema(tables={"users": columns}, rules=frozenset(("users", rule) for rule in rules))


OLD = of({"id": column(required=True, filled=True), "nick": column("character varying(50)")})


def kinds(new: Schema, old: Schema = OLD) -> list[tuple[str, str, str]]:
    return [(one.kind, one.table, one.column) for one in schema.taken(old, new)]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"age": column()}, []),
        ({"age": column(required=True, filled=True)}, []),
        ({"age": column(required=True)}, [("required", "users", "age")]),
        ({"nick": column("text")}, []),
        ({"nick": column("character varying(80)")}, []),
        ({"nick": column("character varying(10)")}, [("type", "users", "nick")]),
        ({"nick": column("integer")}, [("type", "users", "nick")]),
        ({"nick": column("character varying(50)", required=True)}, [("not-null", "users", "nick")]),
        ({"id": column(required=True)}, [("required", "users", "id")]),
        ({"id": column("bigint", required=True, filled=True)}, []),
    ],
)
def test_only_what_is_taken_away_counts(changes: Mapping[str, Column], found: list[tuple[str, str, str]]) -> None:
    assert kinds(of({**OLD.tables["users"], **changes})) == found


def test_tables_columns_and_rules_are_told_in_words() -> None:
    gone = schema.taken(OLD, Schema(tables={"members": {}}))
    less = schema.taken(OLD, of({"id": OLD.tables["users"]["id"]}, "UNIQUE (id)"))

    assert [one.told for one in gone] == ["the table users is gone"]
    assert [one.told for one in less] == ["the column users.nick is gone", "users has a new rule: UNIQUE (id)"]


TABLE = Taken(kind="table", table="users", told="the table users is gone")
NICK = Taken(kind="column", table="users", column="nick", told="the column users.nick is gone")
AGE = Taken(kind="required", table="users", column="age", told="users.age must be given")
FULL = Taken(kind="not-null", table="users", column="nick", told="users.nick may not be NULL")
KIND = Taken(kind="type", table="users", column="nick", told="users.nick is integer where it was text")
RULE = Taken(kind="rule", table="users", told="users has a new rule")


@pytest.mark.parametrize(
    ("taken", "known", "sources", "missed"),
    [
        (
            NICK,
            {"users": {"nick": True}},
            {},
            Missed(surely=(f"{NICK.told}, and the models of the live release have it",)),
        ),
        (NICK, {"users": {"id": False}}, {}, Missed()),
        (
            NICK,
            {"users": {"id": False}},
            {"queries.py": 'SQL = "SELECT id,\\n nick FROM users"\n'},
            Missed(perhaps=(f"{NICK.told}, and queries.py:1 of the live release names it",)),
        ),
        (NICK, {"users": {"id": False}}, {"form.py": "users = ['nick']\n"}, Missed()),
        (
            NICK,
            None,
            {"form.py": "\nusers = ['nick']\n"},
            Missed(perhaps=(f"{NICK.told}, and form.py:2 of the live release names it",)),
        ),
        (NICK, None, {"tests/form.py": "users = ['nick']\n", "migrations/1.py": "users nick"}, Missed()),
        (
            TABLE,
            None,
            {"a.sql": "DELETE FROM users;"},
            Missed(perhaps=(f"{TABLE.told}, and a.sql:1 of the live release names it",)),
        ),
        (
            AGE,
            {"users": {"id": False}},
            {},
            Missed(perhaps=(f"{AGE.told}; the models of the live release write users",)),
        ),
        (AGE, {"posts": {"id": False}}, {}, Missed()),
        (FULL, {"users": {"nick": False}}, {}, Missed()),
        (
            FULL,
            {"users": {"nick": True}},
            {},
            Missed(perhaps=(f"{FULL.told}; the models of the live release write users",)),
        ),
        (
            KIND,
            {"users": {"nick": True}},
            {},
            Missed(perhaps=(f"{KIND.told}, and the models of the live release have it",)),
        ),
        (KIND, {"users": {"id": False}}, {}, Missed()),
        (RULE, None, {}, Missed(noted=(RULE.told,))),
    ],
)
def test_code_misses_what_its_models_or_its_sql_name(
    taken: Taken, known: models.Columns | None, sources: Mapping[str, str], missed: Missed, *, tmp_path: Path
) -> None:
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert models.missed([taken], known, tmp_path) == missed
