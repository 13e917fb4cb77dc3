"""Alembic projects, healthy and broken, rehearsed on a real server with real processes."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.checks import migrations
from deploy_suite.model.contract import Contract, DatabaseField, FromDatabase, Prompted, Variable
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.integration.migration_projects import ENV, INI, POSTS, USERS, alembic_project, revision
from tests.integration.migration_stage import arrived, built, contract, ports, tools_environment
from tests.projects import write

pytestmark = pytest.mark.integration

UPGRADE = "alembic upgrade head"
PACKAGES = ("alembic", "sqlalchemy", "psycopg[binary]", "asyncpg", "greenlet")
Rehearse = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools_environment(tmp_path_factory.mktemp("alembic"), *PACKAGES)


@pytest.fixture
def rehearse(venv: Path, tmp_path: Path) -> Rehearse:
    def run(
        project: Path, given: Contract | None = None, preferences: Preferences | None = None
    ) -> tuple[Finding, ...]:
        scene, agreed = ports(tmp_path), given or contract(pre_deploy=UPGRADE)
        with built(project, agreed, scene, venv=venv, preferences=preferences) as one:
            return migrations.check(one, scene)

    return run


@pytest.mark.parametrize("command", [UPGRADE, "python -m alembic upgrade head"])
def test_the_pre_deploy_command_itself_is_the_second_run(command: str, venv: Path, tmp_path: Path) -> None:
    ini = INI.replace("prepend_sys_path = .\n", "") if "-m" in command else INI

    head = arrived(alembic_project(tmp_path, ini=ini), contract(pre_deploy=command), venv, tmp_path)

    assert (told(head.findings), head.has_command_run) == ([("migrations-reach-head", Outcome.PASSED)], True)


def test_a_command_that_fails_as_it_stands_is_left_to_a_run_of_its_own(venv: Path, tmp_path: Path) -> None:
    refusing = "import sys\nif sys.argv[0].endswith('/bin/alembic'):\n    sys.exit(4)\n"

    head = arrived(alembic_project(tmp_path, env=refusing + ENV), contract(pre_deploy=UPGRADE), venv, tmp_path)

    assert (told(head.findings), head.has_command_run) == ([("migrations-reach-head", Outcome.PASSED)], False)


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        ("import sys\nsys.exit(0)\n", "as the command"),
        ("import sys\nsys.stdout.buffer.write(b'done')\n", "as the command"),
        ("import builtins, os\nif hasattr(builtins, 'been'):\n    os._exit(3)\nbuiltins.been = 1\n", "in its own run"),
        ("import os\ndel os.environ['DATABASE_URL']\n", "in its own run"),
        ("import atexit, os\natexit.register(os._exit, 7)\n", "in its own run"),
        ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n", "in its own run"),
    ],
)
def test_what_a_first_run_leaves_behind_in_memory_fails_no_second_one(
    more: str, ends: str, venv: Path, tmp_path: Path
) -> None:
    head = arrived(alembic_project(tmp_path, env=ENV + more), contract(pre_deploy=UPGRADE), venv, tmp_path)

    assert told(head.findings) == [("migrations-reach-head", Outcome.PASSED)]
    assert head.has_command_run == (ends == "as the command")


def test_a_run_that_leaves_at_once_and_well_is_not_judged(venv: Path, tmp_path: Path) -> None:
    project = alembic_project(tmp_path, env=ENV + "import os\nos._exit(0)\n")

    head = arrived(project, contract(pre_deploy=UPGRADE), venv, tmp_path)

    assert [(one.code, one.outcome, one.required) for one in head.findings] == [
        ("cannot-check-here", Outcome.SKIPPED, False)
    ]


def test_revisions_find_what_the_environment_puts_on_the_path(venv: Path, tmp_path: Path) -> None:
    importing = revision("0003", "0002", "pass", "pass").replace("from alembic import op", "import models")
    project = alembic_project(
        tmp_path,
        {"0003": importing},
        env="import os, sys\nsys.path.append(os.getcwd())\n" + ENV,
        ini=INI.replace("prepend_sys_path = .\n", ""),
    )

    head = arrived(project, contract(pre_deploy=UPGRADE), venv, tmp_path)

    assert told(head.findings) == [("migrations-reach-head", Outcome.PASSED)]


def told(findings: tuple[Finding, ...]) -> list[tuple[str, Outcome]]:
    return [(finding.code, finding.outcome) for finding in findings]


def test_a_healthy_project_passes_every_rehearsal(rehearse: Rehearse, tmp_path: Path) -> None:
    findings = rehearse(alembic_project(tmp_path))

    assert told(findings) == [
        ("migrations-reach-head", Outcome.PASSED),
        ("migrations-meet-rows", Outcome.PASSED),
        ("migrations-lock-briefly", Outcome.PASSED),
        ("models-match-migrations", Outcome.PASSED),
        ("migrations-round-trip", Outcome.PASSED),
    ]
    assert findings[-1].message == "down to base and up again"


def test_a_required_column_without_default_fails_on_rows_at_its_line(rehearse: Rehearse, tmp_path: Path) -> None:
    added = revision("0003", "0002", 'op.add_column("users", sa.Column("age", sa.Integer, nullable=False))')
    project = alembic_project(tmp_path, {"0003": added})

    findings = rehearse(project)

    found = next(finding for finding in findings if finding.code == "migration-not-null-rows")
    assert (found.outcome, found.location) == (Outcome.FAILED, Location("migrations/versions/0003.py", 10))
    assert "users.age" in found.message
    assert "ALTER TABLE users ADD COLUMN age INTEGER NOT NULL" in found.evidence
    assert found.remedy.startswith("give the column a server_default in migrations/versions/0003.py")


def test_the_same_column_in_an_older_revision_is_a_note(rehearse: Rehearse, tmp_path: Path) -> None:
    older = revision("0003", "0002", 'op.add_column("users", sa.Column("age", sa.Integer, nullable=False))')
    newest = revision("0004", "0003", "pass")

    findings = rehearse(alembic_project(tmp_path, {"0003": older, "0004": newest}))

    assert ("migration-not-null-rows", Outcome.NOTE) in told(findings)


def test_the_walk_starts_from_the_revision_that_is_live(rehearse: Rehearse, tmp_path: Path) -> None:
    older = revision("0003", "0002", 'op.add_column("users", sa.Column("age", sa.Integer, nullable=False))')
    newest = revision("0004", "0003", "pass")

    findings = rehearse(
        alembic_project(tmp_path, {"0003": older, "0004": newest}), preferences=Preferences(live_revision="0003")
    )

    assert "migration-not-null-rows" not in dict(told(findings))


def test_two_heads_fail_with_the_command_that_merges_them(rehearse: Rehearse, tmp_path: Path) -> None:
    rival = revision("0002b", "0001", "pass")

    findings = rehearse(alembic_project(tmp_path, {"0002b": rival}))

    assert told(findings)[0] == ("alembic-multiple-heads", Outcome.FAILED)
    assert 'alembic merge -m "merge heads" ' in findings[0].remedy


def test_two_heads_are_no_fault_where_the_command_takes_all(rehearse: Rehearse, tmp_path: Path) -> None:
    project = alembic_project(tmp_path, {"0002b": revision("0002b", "0001", "pass")})

    findings = rehearse(project, contract(pre_deploy="alembic upgrade heads"))

    assert told(findings)[:2] == [
        ("alembic-multiple-heads", Outcome.WARNING),
        ("migrations-reach-head", Outcome.PASSED),
    ]


def test_a_table_created_twice_fails_at_the_second_creation(rehearse: Rehearse, tmp_path: Path) -> None:
    findings = rehearse(alembic_project(tmp_path, {"0003": revision("0003", "0002", USERS)}))

    assert told(findings) == [("migration-duplicate-table", Outcome.FAILED)]
    assert findings[0].location == Location("migrations/versions/0003.py", 10)


@pytest.mark.parametrize(
    ("given", "certainty"),
    [
        (contract(pre_deploy=f"{UPGRADE} || true"), "hides its failure"),
        (contract(start="uvicorn app:app"), "no command of the contract runs these migrations"),
    ],
)
def test_a_failure_that_no_command_depends_on_is_a_warning(
    rehearse: Rehearse, tmp_path: Path, given: Contract, certainty: str
) -> None:
    project = alembic_project(tmp_path, {"0003": revision("0003", "0002", USERS)})

    findings = rehearse(project, given)

    assert told(findings) == [("migration-duplicate-table", Outcome.WARNING)]
    assert certainty in findings[0].certainty


def test_a_downgrade_that_leaves_a_type_behind_is_a_warning(rehearse: Rehearse, tmp_path: Path) -> None:
    kinds = 'op.create_table("kinds", sa.Column("kind", sa.Enum("a", "b", name="kind")))'
    third = revision("0003", "0002", kinds, 'op.drop_table("kinds")')

    findings = rehearse(alembic_project(tmp_path, {"0003": third}))

    assert ("migration-downgrade-incomplete", Outcome.WARNING) in told(findings)


def test_a_downgrade_that_was_never_written_is_no_accusation(rehearse: Rehearse, tmp_path: Path) -> None:
    third = revision("0003", "0002", 'op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))')

    findings = rehearse(alembic_project(tmp_path, {"0003": third}))

    assert findings[-1].outcome is Outcome.PASSED
    assert findings[-1].message == "no downgrade is written for the newest revision, so none was tried"


def test_a_downgrade_that_breaks_is_a_warning(rehearse: Rehearse, tmp_path: Path) -> None:
    third = revision("0003", "0002", "pass", 'op.drop_table("nowhere")')

    findings = rehearse(alembic_project(tmp_path, {"0003": third}))

    assert told(findings)[-1] == ("migration-downgrade-fails", Outcome.WARNING)
    assert findings[-1].location == Location("migrations/versions/0003.py", 13)


def test_models_ahead_of_the_revisions_are_a_warning_that_lists_what_is_missing(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    project = alembic_project(tmp_path)
    models = (project / "models.py").read_text() + "\n\nclass Tag(Base):\n    __tablename__ = 'tags'\n"
    write(project, {"models.py": models + "    id = Column(Integer, primary_key=True)\n"})

    findings = rehearse(project)

    drift = next(finding for finding in findings if finding.code == "alembic-model-drift")
    assert (drift.outcome, drift.evidence) == (Outcome.WARNING, ("add table tags",))


def test_an_index_on_a_table_in_use_is_a_warning_and_one_on_a_new_table_is_not(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    own = revision("0003", "0002", 'op.create_index("ix_users_name", "users", ["name"])')
    new = revision("0003", "0002", f'{POSTS.replace("posts", "notes")}\nop.create_index("ix_notes", "notes", ["id"])')

    in_use = rehearse(alembic_project(tmp_path / "a", {"0003": own}))
    fresh = rehearse(alembic_project(tmp_path / "b", {"0003": new}))

    lock = "migration-lock:require-concurrent-index-creation"
    assert (lock, Outcome.WARNING) in told(in_use)
    assert ("migrations-lock-briefly", Outcome.PASSED) in told(fresh)


def test_a_hard_coded_address_fails_and_is_never_connected_to(rehearse: Rehearse, tmp_path: Path) -> None:
    env = ENV.replace('os.environ["DATABASE_URL"]', 'context.config.get_main_option("sqlalchemy.url")')
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        port = elsewhere.getsockname()[1]
        ini = f"{INI}sqlalchemy.url = postgresql://me:hush-hush@127.0.0.1:{port}/production\n"

        findings = rehearse(alembic_project(tmp_path, ini=ini, env=env), preferences=Preferences(allow_network=True))

        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert told(findings) == [("alembic-url-hard-coded", Outcome.FAILED)]
    assert findings[0].location == Location("alembic.ini", 4)
    assert "hush-hush" not in repr(findings)


def test_a_sqlite_file_in_place_of_the_given_database_fails_and_is_not_written(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    env = ENV.replace('os.environ["DATABASE_URL"]', 'context.config.get_main_option("sqlalchemy.url")')
    project = alembic_project(tmp_path, ini=f"{INI}sqlalchemy.url = sqlite:///./app.db\n", env=env)

    findings = rehearse(project)

    assert told(findings) == [("alembic-url-hard-coded", Outcome.FAILED)]
    assert not (project / "app.db").exists()


def test_an_extension_that_the_server_lacks_cannot_be_checked_here(rehearse: Rehearse, tmp_path: Path) -> None:
    third = revision("0003", "0002", 'op.execute("CREATE EXTENSION IF NOT EXISTS no_such_extension")')

    findings = rehearse(alembic_project(tmp_path, {"0003": third}))

    assert told(findings) == [("cannot-check-here", Outcome.SKIPPED)]
    assert "--database-url" in findings[0].remedy
    assert "no_such_extension" in findings[0].message


def test_revisions_that_fail_only_in_one_transaction_from_nothing_are_a_warning(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    deferred = "REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED"
    third = revision("0003", "0002", f'op.execute("CREATE TABLE notes (user_id int {deferred})")')
    fourth = revision(
        "0004", "0003", "op.execute(\"INSERT INTO users VALUES (7, 'x')\")\nop.execute('INSERT INTO notes VALUES (7)')"
    )
    fifth = revision("0005", "0004", 'op.add_column("notes", sa.Column("text", sa.Text))')

    findings = rehearse(alembic_project(tmp_path, {"0003": third, "0004": fourth, "0005": fifth}))

    assert told(findings)[0] == ("migration-failed", Outcome.WARNING)
    assert findings[0].location == Location("migrations/versions/0005.py", 10)
    assert "transaction_per_migration" in findings[0].remedy
    assert ("migrations-meet-rows", Outcome.PASSED) in told(findings)


def test_new_revisions_that_fail_together_from_the_live_one_fail(rehearse: Rehearse, tmp_path: Path) -> None:
    third = revision(
        "0003", "0002", "op.execute(\"CREATE TYPE kind AS ENUM ('a')\")\nop.execute('CREATE TABLE k (k kind)')"
    )
    fourth = revision("0004", "0003", "op.execute(\"ALTER TYPE kind ADD VALUE 'b'\")")
    fifth = revision("0005", "0004", "op.execute(\"INSERT INTO k VALUES ('b')\")")
    project = alembic_project(tmp_path, {"0003": third, "0004": fourth, "0005": fifth})

    findings = rehearse(project, preferences=Preferences(live_revision="0003"))

    assert told(findings)[0] == ("migrations-reach-head", Outcome.PASSED)
    failed = next(finding for finding in findings if finding.outcome is Outcome.FAILED)
    assert failed.location == Location("migrations/versions/0005.py", 10)
    assert failed.message.startswith("alembic upgrade head from 0003 fails: unsafe use of new value")


def test_a_module_that_only_the_working_folder_has_is_missed_by_the_bare_command(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    project = alembic_project(tmp_path, ini="[alembic]\nscript_location = migrations\n")

    bare = rehearse(project)
    as_module = rehearse(project, contract(pre_deploy="python -m alembic upgrade head"))

    assert bare[0].outcome is Outcome.FAILED
    assert bare[0].location == Location("migrations/env.py", 4)
    assert told(as_module)[0] == ("migrations-reach-head", Outcome.PASSED)


def test_asynchronous_engines_variables_in_parts_and_tls_are_served(rehearse: Rehearse, tmp_path: Path) -> None:
    parts = {part.name: part for part in DatabaseField if part is not DatabaseField.CONNECTION_STRING}
    variables = tuple(Variable(name=f"DB_{name}", source=FromDatabase("app-db", part)) for name, part in parts.items())
    env = (
        "import asyncio, os\nfrom alembic import context\nfrom sqlalchemy import URL\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\nfrom models import Base\n"
        "url = URL.create('postgresql+asyncpg', os.environ['DB_USER'], os.environ['DB_PASSWORD'],\n"
        "    os.environ['DB_HOST'], int(os.environ['DB_PORT']), os.environ['DB_DATABASE'])\n"
        "def run(connection):\n"
        "    context.configure(connection=connection, target_metadata=Base.metadata)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
        "async def main():\n"
        "    engine = create_async_engine(url, connect_args={'ssl': 'require'})\n"
        "    async with engine.connect() as connection:\n"
        "        await connection.run_sync(run)\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    given = replace(contract(pre_deploy=UPGRADE, variables=variables), databases={"app-db": ""})

    findings = rehearse(alembic_project(tmp_path, env=env), given)

    assert {finding.outcome for finding in findings} == {Outcome.PASSED}


def test_a_variable_that_no_manifest_states_cannot_be_checked_here(rehearse: Rehearse, tmp_path: Path) -> None:
    findings = rehearse(alembic_project(tmp_path, env=f'import os\nos.environ["API_KEY"]\n{ENV}'))

    assert told(findings) == [("missing-env-var:API_KEY", Outcome.SKIPPED)]
    assert findings[0].location == Location("migrations/env.py", 2)


def test_a_made_up_value_that_the_settings_refuse_cannot_be_checked_here(rehearse: Rehearse, tmp_path: Path) -> None:
    env = f'import os\nif len(os.environ["CIPHER"]) != 44:\n    raise ValueError("CIPHER must be 44 characters")\n{ENV}'
    url = contract().variables[0]
    variables = (url, Variable(name="CIPHER", source=Prompted()), Variable(name="RETRY_LIMIT", source=Prompted()))
    given = replace(contract(pre_deploy=UPGRADE, variables=variables), databases={"app-db": ""})

    findings = rehearse(alembic_project(tmp_path, env=env), given)

    assert told(findings) == [("cannot-check-here", Outcome.SKIPPED)]
    assert findings[0].remedy == "write CIPHER=… into .env.preflight"


def test_the_scripts_that_commands_run_are_followed_into_their_folder(rehearse: Rehearse, tmp_path: Path) -> None:
    project = alembic_project(tmp_path / "project")
    top = write(tmp_path / "project", {"start.sh": "#!/bin/sh\nset -e\ncd project\nalembic upgrade head\n"})

    findings = rehearse(top, contract(start="./start.sh"))

    assert project.is_relative_to(top)
    assert told(findings)[0] == ("migrations-reach-head", Outcome.PASSED)


def test_a_project_without_migrations_is_not_blamed(rehearse: Rehearse, tmp_path: Path) -> None:
    findings = rehearse(write(tmp_path / "project", {"app.py": ""}), contract(start="uvicorn app:app"))

    assert told(findings) == [("no-migrations", Outcome.SKIPPED)]
    assert not findings[0].required


def test_a_command_without_its_configuration_fails(rehearse: Rehearse, tmp_path: Path) -> None:
    findings = rehearse(write(tmp_path / "project", {"app.py": ""}))

    assert told(findings) == [("alembic-config-missing", Outcome.FAILED)]
    assert findings[0].location == Location("render.yaml", 6)


def test_a_rehearser_that_dies_is_told_with_its_last_words(rehearse: Rehearse, tmp_path: Path) -> None:
    env = f"import os, sys\nprint('the last words', file=sys.stderr, flush=True)\nos._exit(3)\n{ENV}"

    findings = rehearse(alembic_project(tmp_path, env=env))

    assert findings[0].outcome is Outcome.FAILED
    assert "ended with code 3: the last words" in findings[0].message
