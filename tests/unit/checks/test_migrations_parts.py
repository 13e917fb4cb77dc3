"""The parts of the migrations check that need no process: extensions, made-up values, what is new, sources."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pytest

from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.migrations import drift, extensions, seeding
from deploy_suite.checks.migrations.fresh import fresh, is_initial
from deploy_suite.checks.migrations.rehearser import differences, source
from deploy_suite.checks.migrations.rehearser.errors import RefusedError, described
from deploy_suite.checks.migrations.rehearser.target import Target
from deploy_suite.checks.migrations.replies import Reply, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tables import Column
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.checks.migrations.values import candidates
from deploy_suite.model.environment import DatabaseAddress, Environment, Interpreter, Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import DatabaseServer, Ports, WorkingState


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('op.execute("CREATE EXTENSION IF NOT EXISTS vector")', {"vector"}),
        ("op.execute('CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"')", {"uuid-ossp"}),
        ('op.execute("create extension \\"pg_trgm\\" with schema public")', {"pg_trgm"}),
        (
            "operations = [TrigramExtension(), UnaccentExtension(), CreateExtension('postgis')]",
            {"pg_trgm", "unaccent", "postgis"},
        ),
        ("# no extension is created here", set()),
    ],
)
def test_the_extensions_that_sources_create_are_found(tmp_path: Path, text: str, names: set[str]) -> None:
    (tmp_path / "0001.py").write_text(text)
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "other.py").write_text('"CREATE EXTENSION plperl"')

    assert extensions.wanted(tmp_path) == names


def column(base: str, **changes: Any) -> Column:
    plain = Column(
        number=1,
        name="c",
        is_required=True,
        has_default=False,
        is_computed=False,
        base=base,
        kind="b",
        category="S",
        shown=base,
        modifier=-1,
        label=None,
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("given", "check", "expected"),
    [
        (column("int4", category="N", shown="integer"), "", ("(2)::integer",)),
        (column("varchar", shown="character varying(3)", modifier=7), "", ("('2-p')::character varying(3)",)),
        (column("kind", label="it's"), "", ("('it''s')::kind",)),
        (column("_text", category="A", shown="text[]"), "", ("('{}')::text[]",)),
        (column("vector", category="U", shown="vector(3)", modifier=3), "", ("('[0.1,0.1,0.1]')::vector(3)",)),
        (column("geometry", category="U"), "", ()),
        (
            column("text"),
            "CHECK ((c = ANY (ARRAY['draft'::text, 'sent'::text])))",
            ("('draft')::text", "('sent')::text", "('2-preflight')::text"),
        ),
        (column("text"), "CHECK ((length(c) >= 8))", ("(rpad('2-preflight', 8, 'x'))::text", "('2-preflight')::text")),
        (
            column("int4", category="N", shown="integer"),
            "CHECK ((c > 10))",
            ("(10 + 2)::integer", "(10)::integer", "(10 - 2)::integer", "(2)::integer"),
        ),
    ],
)
def test_made_up_values_suit_the_type_and_its_check(given: Column, check: str, expected: tuple[str, ...]) -> None:
    assert candidates(given, 2, check) == expected


@dataclass
class Catalogue:
    """A server that answers the questions for tables, and keeps what else it is told."""

    columns: list[tuple[object, ...]]
    constraints: list[tuple[object, ...]]
    told: list[str] = field(default_factory=list)

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        assert (name, parameters) == ("db", ())
        if "FROM pg_class" in statement:
            return self.columns
        if "FROM pg_constraint" in statement:
            return self.constraints
        self.told.append(statement)
        return [(0, True), (1, False)] if statement.startswith("SELECT 0") else []


def described_column(table: int, name: str, number: int, column_name: str) -> tuple[object, ...]:
    return (table, "public", name, number, column_name, True, False, False, "int4", "b", "N", "integer", -1, None)


def test_tables_are_filled_after_those_they_refer_to_and_book_keeping_is_left_alone() -> None:
    server = Catalogue(
        columns=[
            described_column(1, "a_post", 1, "id"),
            described_column(1, "a_post", 2, "user_id"),
            described_column(2, "user", 1, "id"),
            described_column(3, "alembic_version", 1, "n"),
        ],
        constraints=[(1, "f", [2], 2, [1], "FOREIGN KEY …")],
    )

    seeded = seeding.seed(cast("DatabaseServer", server), "db")

    block = server.told[0]
    assert block.index('INSERT INTO "public"."user"') < block.index('INSERT INTO "public"."a_post"')
    assert '(SELECT "id" FROM "public"."user" ORDER BY ctid LIMIT 1 OFFSET 1)' in block
    assert "alembic_version" not in block
    assert seeded == seeding.Seeded(1, ("a_post",))


REVISIONS = tuple(
    Revision(id=name, parents=parents, file=Path(f"/top/migrations/{name}.py"))
    for name, parents in (("1", ()), ("2", ("1",)), ("3", ("2",)))
)


@dataclass
class History:
    """A repository that says which files are new."""

    added: tuple[str, ...]

    def added_since(self, repository: Path, base: str, commit: Commit) -> tuple[str, ...]:
        assert (repository, base, commit.sha) == (Path("/mine"), "origin/main", "abc")
        return self.added


def built(state: WorkingState, *, live: str = "") -> Built:
    case = Case(
        snapshot=Snapshot(commit=Commit(sha="abc", tree="", subject=""), folder=Path("/snapshot")),
        contract=cast("Any", None),
        state=state,
        preferences=Preferences(live_revision=live),
        repository=Path("/mine"),
    )
    environment = Environment(
        key="",
        interpreter=Interpreter(path=Path("/p"), version="3.12.0"),
        venv=Path("/top/.venv"),
        workdir=Path("/top"),
        top=Path("/top"),
        packages={},
        search_path="",
        home=Path("/home"),
    )
    return Built(case=case, environment=environment, bindings=cast("Any", None), server=None)


UNPUSHED = (Commit(sha="d", tree="", subject=""),)


@pytest.mark.parametrize(
    ("state", "live", "added", "ids", "reason"),
    [
        (WorkingState(), "1", (), {"2", "3"}, "the target is at 1"),
        (
            WorkingState(upstream="origin/main", unpushed=UNPUSHED),
            "",
            ("migrations/2.py",),
            {"2"},
            "not in origin/main yet",
        ),
        (WorkingState(upstream="origin/main", unpushed=UNPUSHED), "", ("app.py",), set(), "not in origin/main yet"),
        (
            WorkingState(upstream="origin/main"),
            "",
            (),
            {"3"},
            "told of the newest alone, for which revisions the target has is not known (--live-revision tells)",
        ),
        (
            WorkingState(),
            "",
            (),
            {"3"},
            "told of the newest alone, for which revisions the target has is not known (--live-revision tells)",
        ),
    ],
)
def test_what_is_new_is_told_by_the_live_revision_then_by_what_was_not_pushed(
    state: WorkingState, live: str, added: tuple[str, ...], ids: set[str], reason: str
) -> None:
    ports = cast("Ports", type("World", (), {"git": History(added)})())

    found = fresh(built(state, live=live), ports, REVISIONS)

    assert (found.ids, found.reason) == (frozenset(ids), reason)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class Migration(migrations.Migration):\n\n    initial = True\n", True),
        ("class Migration(migrations.Migration):\n    initial = False\n", False),
        ("# initial = True\nclass Migration(migrations.Migration):\n    dependencies = []\n", False),
    ],
)
def test_the_migrations_that_first_make_the_tables_of_an_application_mark_themselves(
    tmp_path: Path, text: str, *, expected: bool
) -> None:
    file = tmp_path / "0002_initial.py"
    file.write_text(text)

    assert is_initial(Revision(id="shop.0002_initial", parents=("shop.0001_initial",), file=file)) is expected
    assert not is_initial(Revision(id="shop.0003", parents=(), file=tmp_path / "gone.py"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("def downgrade():\n    pass\n", "empty"),
        ('def downgrade():\n    """Nothing."""\n', "empty"),
        ("def downgrade():\n    return\n", "empty"),
        ("def downgrade():\n    raise NotImplementedError\n", "refuses"),
        ("def downgrade():\n    op.drop_table('a')\n", "present"),
        ("def upgrade():\n    pass\n", "missing"),
        ("def downgrade(:\n", "present"),
    ],
)
def test_what_a_downgrade_amounts_to_is_read_from_its_source(tmp_path: Path, text: str, kind: str) -> None:
    file = tmp_path / "0001.py"
    file.write_text(text)

    assert source.body(str(file), "downgrade") == kind


def named(**attributes: object) -> Any:
    return type("Item", (), attributes)()


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (("add_table", named(name="tags")), "add table tags"),
        (("remove_column", None, "users", named(name="kind")), "remove column users.kind"),
        (("add_index", named(name="ix", table=named(name="users"))), "add index ix on users"),
        (
            ("add_fk", named(name=None, columns=[named(name="user_id")], table=named(name="posts"))),
            "add foreign key (user_id) on posts",
        ),
        (
            [("modify_nullable", None, "users", "name", {}, True, False)],
            "modify nullable users.name: the database has NULL, the models have NOT NULL",
        ),
    ],
)
def test_differences_are_told_in_words(difference: object, words: str) -> None:
    assert differences.shown(difference) == words


@pytest.mark.parametrize(
    ("differences", "outcome"),
    [
        (("add column users.age",), Outcome.WARNING),
        (("remove index ix_a on users", "add column users.age"), Outcome.WARNING),
        (("remove index ix_a on users", "add index ix_a on users; remove table spatial_ref_sys"), Outcome.NOTE),
        (("remove foreign key posts_fk on posts", "add foreign key (user_id) on posts"), Outcome.NOTE),
        (("modify nullable users.name: the database has NULL, the models have NOT NULL",), Outcome.NOTE),
        (("modify nullable users.name: the database has NOT NULL, the models have NULL",), Outcome.WARNING),
        (("modify type users.name: the database has VARCHAR(9), the models have VARCHAR(99)",), Outcome.WARNING),
    ],
)
def test_a_difference_for_which_no_statement_fails_is_a_note(differences: tuple[str, ...], outcome: Outcome) -> None:
    class Told:
        tool = Tool(kind=Kind.ALEMBIC, file=PurePosixPath("alembic.ini"), folder=PurePosixPath(), argv=())

        def ask(self, *_: object, **__: object) -> Reply:
            return Reply(failure=None, more={"has_models": True, "tables": 2, "differences": differences})

    (finding,) = drift.compared(cast(Stage, Told()), cast(DatabaseAddress, None))

    assert (finding.code, finding.outcome) == ("alembic-model-drift", outcome)


def test_only_the_rehearsals_own_server_is_admitted() -> None:
    target = Target({"host": "127.0.0.1", "port": 5555})

    target.admit("postgresql", "localhost", "5555", "app")

    assert target.reached == {"dialect": "postgresql", "name": "app"}
    for host, port in (("db.example.com", 5555), ("127.0.0.1", 5432), (None, None)):
        with pytest.raises(RefusedError):
            target.admit("postgresql", host, port, "app")


def test_connections_are_led_to_the_database_of_the_hour_and_files_to_ours() -> None:
    target = Target({"host": "127.0.0.1", "port": 5555})

    target.lead({"name": "other", "user": "u", "password": "p"}, "/run/ours.sqlite3")
    target.admit("postgresql", "127.0.0.1", 5555, "app")

    assert target.reached == {"dialect": "postgresql", "name": "other"}
    assert target.admitted_file("/srv/app.db") == "/run/ours.sqlite3"
    assert target.admitted_file(":memory:") == ":memory:"


def test_a_file_that_the_commit_holds_is_what_the_rehearsal_begins_with(tmp_path: Path) -> None:
    build, commit = tmp_path / "build", tmp_path / "commit"
    (commit / "apps").mkdir(parents=True)
    (commit / "apps/db.sqlite3").write_bytes(b"as committed")
    ours = tmp_path / "ours.sqlite3"
    target = Target(None, {"build": str(build), "commit": str(commit)})

    target.lead(None, str(ours))
    paths = [target.admitted_file(str(build / name)) for name in ("other.db", "apps/db.sqlite3")]

    assert (paths, ours.read_bytes()) == ([str(ours)] * 2, b"as committed")
    assert target.reached == {"dialect": "sqlite", "name": str(build / "apps/db.sqlite3"), "committed": "db.sqlite3"}
    ours.write_bytes(b"migrated")
    assert target.admitted_file(str(build / "apps/db.sqlite3")) == str(ours)
    assert ours.read_bytes() == b"migrated"


def test_without_a_server_every_address_is_refused_and_told_without_its_password() -> None:
    target = Target(None)

    with pytest.raises(RefusedError) as caught:
        target.admit("postgresql", None, None, "app")

    assert described(caught.value)["refused"] == {
        "dialect": "postgresql",
        "host": "localhost",
        "port": 5432,
        "name": "app",
    }


def test_a_failure_is_told_with_the_servers_code_and_statement_from_wherever_in_the_chain_they_are() -> None:
    class RefusalError(Exception):
        sqlstate = "42P07"

    def fail() -> None:
        try:
            raise RefusalError("relation exists\nDETAIL: more")  # noqa: TRY301
        except RefusalError as error:
            wrapped = ValueError("wrapped")
            wrapped.statement = "CREATE TABLE t ()"  # type: ignore[attr-defined]
            raise wrapped from error

    with pytest.raises(ValueError, match="wrapped") as caught:
        fail()
    said = described(caught.value)

    assert (said["sqlstate"], said["statement"], said["type"]) == ("42P07", "CREATE TABLE t ()", "ValueError")
    assert said["frames"][-1]["function"] == "fail"


def test_a_reply_is_read_back_whole() -> None:
    line = {"error": None, "statements": ["SELECT 1"], "reached": None, "seconds": 0.5, "x": 1}

    reply = Reply.of(line)

    assert (reply.ok, reply.statements, reply.reached, reply.more["x"]) == (True, ("SELECT 1",), ("", ""), 1)
