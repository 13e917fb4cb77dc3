"""Statements of migrations and the locks that they take; tests/integration/test_lock_levels_hold.py asks PostgreSQL."""

import pytest

from deploy_suite.knowledge import lock_levels
from deploy_suite.knowledge.lock_levels import Lock


@pytest.mark.parametrize(
    ("statement", "level", "table"),
    [
        ("ALTER TABLE users ADD COLUMN age INTEGER", "ACCESS EXCLUSIVE", "users"),
        ('ALTER TABLE ONLY "public"."users"\n  DROP COLUMN nick;', "ACCESS EXCLUSIVE", "users"),
        ("alter table billing.users validate constraint named", "SHARE UPDATE EXCLUSIVE", "billing.users"),
        (
            'ALTER TABLE "posts" ADD CONSTRAINT "p_fk" FOREIGN KEY ("user_id") REFERENCES "users" ("id") DEFERRABLE',
            "SHARE ROW EXCLUSIVE",
            "posts and users",
        ),
        ("ALTER TABLE t ALTER COLUMN a SET STATISTICS 9, ADD CHECK (b IN ('x, y', 'z'))", "ACCESS EXCLUSIVE", "t"),
        ("ALTER TABLE t ALTER COLUMN a SET STATISTICS 9, SET (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE", "t"),
        ("CREATE INDEX ix ON users USING gin (name)", "SHARE", "users"),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON users (name)", "SHARE UPDATE EXCLUSIVE", "users"),
        ("LOCK TABLE users IN SHARE MODE", "SHARE", "users"),
        ("LOCK users", "ACCESS EXCLUSIVE", "users"),
        ("INSERT INTO users (name) VALUES (%(name)s)", "ROW EXCLUSIVE", "users"),
    ],
)
def test_a_statement_takes_its_strongest_lock(statement: str, level: str, table: str) -> None:
    stops = dict(lock_levels.table().levels)[level]

    assert lock_levels.lock_of(statement) == Lock(level, stops, table)


@pytest.mark.parametrize(
    "statement", ["CREATE TYPE mood AS ENUM ('sad')", "CREATE EXTENSION vector", "CREATE TABLE t (id int)", "SELECT 1"]
)
def test_what_touches_no_table_in_use_takes_none(statement: str) -> None:
    assert lock_levels.lock_of(statement) is None


def test_every_row_knows_its_own_sample_and_names_a_level() -> None:
    table = lock_levels.table()
    names = [name for name, _ in table.levels]
    rows = [row for row in (*table.statements, *table.parts) if row.sample]
    found = [lock_levels.lock_of(row.sample) for row in rows]

    assert {row.level for row in (*table.statements, *table.parts)} <= set(names)
    assert [lock.level if lock else "" for lock in found] == [row.level for row in rows]


def test_a_table_is_known_as_made_whatever_is_quoted() -> None:
    made = (
        'CREATE TABLE IF NOT EXISTS "users" (id int)',
        "CREATE UNLOGGED TABLE public.users (id int)",
        "DROP TABLE x",
    )

    assert [lock_levels.created(one) for one in made] == ["users", "users", ""]
