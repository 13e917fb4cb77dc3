"""Do the locks hold that knowledge/lock_levels.toml names? Each sample is run, and PostgreSQL says what it holds."""

from collections.abc import Iterator

import psycopg
import pytest

from deploy_suite.knowledge import lock_levels
from deploy_suite.knowledge.lock_levels import Row
from tests.integration import migration_stage

pytestmark = pytest.mark.integration

# Outside a transaction they cannot be looked at: they commit by themselves.
_ALONE = ("CONCURRENTLY",)
TABLES = """
CREATE TABLE users (id integer PRIMARY KEY, name varchar(50), nick varchar(50));
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer);
CREATE INDEX users_old ON users (nick);
ALTER TABLE users ADD CONSTRAINT users_named CHECK (name <> '') NOT VALID;
CREATE TRIGGER users_old BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE MATERIALIZED VIEW names AS SELECT id FROM users;
CREATE UNIQUE INDEX names_id ON names (id);
CREATE VIEW shown AS SELECT id FROM users;
CREATE TABLE events (year integer) PARTITION BY LIST (year);
CREATE TABLE events_2025 (year integer);
"""
ROWS = [row for row in (*lock_levels.table().statements, *lock_levels.table().parts) if row.sample]
# The ids of the tables and of what an index is on: what a statement drops has no name any more when it is looked at.
KNOWN = (
    "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'v')"
)
INDEXES = "SELECT i.indexrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
HELD = "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL"
# What becomes a part of a table that is in use is in nobody's use before.
NOT_IN_USE = "events_2025"
MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    scene = migration_stage.ports(tmp_path_factory.mktemp("locks"))
    with scene.databases.serve(foreign=None) as server:
        url = server.create("locks").url().revealed()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES)
        yield url


@pytest.mark.parametrize(
    "row", [one for one in ROWS if not any(word in one.sample for word in _ALONE)], ids=lambda row: row.sample[:50]
)
def test_postgresql_takes_the_lock_that_is_named(row: Row, address: str) -> None:
    lock = lock_levels.lock_of(row.sample)
    order = [name for name, _ in lock_levels.table().levels]

    with psycopg.connect(address) as connection:
        tables = connection.execute(INDEXES if row.sample.startswith("ALTER INDEX") else KNOWN)
        known: dict[int, str] = dict(tables.fetchall())
        connection.rollback()
        connection.execute(row.sample)
        held = [(known[one], MODES[mode]) for one, mode in connection.execute(HELD).fetchall() if one in known]
        connection.rollback()

    assert lock
    there = [(name, mode) for name, mode in held if name != NOT_IN_USE]
    assert max((mode for _, mode in there), key=order.index) == lock.level
    assert set(filter(None, lock.table.split(" and "))) <= {name for name, mode in there if mode == lock.level}
