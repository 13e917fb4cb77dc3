"""Which migration tool a service uses, and who runs it."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.checks.migrations import tools
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, EntryPoint, Framework
from tests.unit.checks.gunicorn_case import CONTRACT, case_of

FLASK_ENV = "from flask import current_app\n"
MANAGE = "from django.core.management import execute_from_command_line\n"


def case(folder: Path, *, start: str = "", root: str = "", entry: EntryPoint | None = None) -> Case:
    contract = replace(
        CONTRACT,
        root=PurePosixPath(root),
        start=CommandText(text=start, location=Location("render.yaml", 4)) if start else None,
        entry=entry,
    )
    return case_of(contract, folder)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize(
    ("start", "kind", "folder", "argv"),
    [
        ("alembic upgrade head && uvicorn a:b", Kind.ALEMBIC, "", ("upgrade", "head")),
        ("cd backend && alembic -c x.ini upgrade head", Kind.ALEMBIC, "backend", ("-c", "x.ini", "upgrade", "head")),
        ("poetry run python -m alembic upgrade heads", Kind.ALEMBIC, "", ("upgrade", "heads")),
        ("flask --app wsgi db upgrade; gunicorn a:b", Kind.FLASK, "", ("--app", "wsgi", "db", "upgrade")),
        ("sh -c 'flask db upgrade'", Kind.FLASK, "", ("db", "upgrade")),
        ("python manage.py migrate --noinput", Kind.DJANGO, "", ("migrate", "--noinput")),
        ("django-admin migrate --settings=a.b", Kind.DJANGO, "", ("migrate", "--settings=a.b")),
        ("python -m alembic.config upgrade head", Kind.ALEMBIC, "", ("upgrade", "head")),
        ("python -m django migrate --settings a.b", Kind.DJANGO, "", ("migrate", "--settings", "a.b")),
    ],
)
def test_the_tool_that_a_command_runs_is_found(
    tmp_path: Path, start: str, kind: Kind, folder: str, argv: tuple[str, ...]
) -> None:
    write(tmp_path, manage_dot_py=MANAGE)

    tool = tools.found(case(tmp_path, start=start))

    assert tool is not None
    assert (tool.kind, tool.folder, tool.argv) == (kind, PurePosixPath(folder), argv)
    assert tool.location == Location("render.yaml", 4)
    assert tool.is_binding


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        ("django-admin migrate", "django-admin migrate"),
        ("python -m django migrate --settings=a.b", "python -m django migrate --settings=a.b"),
        ("python manage.py migrate", "python manage.py migrate"),
    ],
)
def test_a_tool_is_shown_by_the_program_that_runs_it(tmp_path: Path, start: str, shown: str) -> None:
    write(tmp_path, manage_dot_py=MANAGE)

    tool = tools.found(case(tmp_path, start=start))

    assert tool is not None
    assert tool.command == shown


@pytest.mark.parametrize(
    "start",
    [
        "alembic stamp head",
        "alembic upgrade head --sql",
        "uvicorn a:b",
        "python manage.py runserver",
        "flask run",
        "python manage.py db migrate",
    ],
)
def test_commands_that_upgrade_nothing_are_no_tool(tmp_path: Path, start: str) -> None:
    write(tmp_path, manage_dot_py="from flask_script import Manager\n")

    assert tools.found(case(tmp_path, start=start)) is None


@pytest.mark.parametrize(
    "start",
    [
        "if ! alembic upgrade head; then echo failed; exit 1; fi; uvicorn a:b",
        "alembic upgrade head || { echo failed; exit 1; }; uvicorn a:b",
        "alembic upgrade head || exit 1; uvicorn a:b",
        "if alembic upgrade head; then echo ok; else exit 1; fi; uvicorn a:b",
        "until alembic upgrade head; do sleep 1; done; uvicorn a:b",
    ],
)
def test_a_command_whose_failure_is_looked_at_and_passed_on_binds(tmp_path: Path, start: str) -> None:
    tool = tools.found(case(tmp_path, start=start))

    assert tool is not None
    assert tool.is_binding


def test_a_script_whose_failure_is_caught_where_it_is_called_does_not_bind(tmp_path: Path) -> None:
    (tmp_path / "migrate.sh").write_text("set -e\nalembic upgrade head\n", encoding="utf-8")

    tool = tools.found(case(tmp_path, start="bash migrate.sh || true; uvicorn a:b"))

    assert tool is not None
    assert not tool.is_binding


@pytest.mark.parametrize(
    "start",
    [
        "alembic upgrade head || true",
        "if alembic upgrade head; then echo ok; fi",
        "if ! alembic upgrade head; then echo failed; fi; uvicorn a:b",
        "alembic upgrade head || (echo failed; exit 1); uvicorn a:b",
    ],
)
def test_a_command_whose_failure_is_caught_does_not_bind(tmp_path: Path, start: str) -> None:
    tool = tools.found(case(tmp_path, start=start))

    assert tool is not None
    assert not tool.is_binding


@pytest.mark.parametrize(
    ("files", "kind", "folder", "argv"),
    [
        ({"alembic_dot_ini": ""}, Kind.ALEMBIC, "", ("upgrade", "head")),
        ({"backend__alembic_dot_ini": ""}, Kind.ALEMBIC, "backend", ("upgrade", "head")),
        ({"pyproject_dot_toml": '[tool.alembic]\nscript_location = "m"\n'}, Kind.ALEMBIC, "", ("upgrade", "head")),
        ({"site__manage_dot_py": MANAGE}, Kind.DJANGO, "site", ("migrate",)),
        (
            {
                "migrations__env_dot_py": FLASK_ENV,
                "migrations__alembic_dot_ini": "",
                "migrations__versions__a_dot_py": "",
            },
            Kind.FLASK,
            "",
            ("db", "upgrade", "-d", "migrations"),
        ),
    ],
)
def test_a_tool_that_no_command_runs_is_found_by_its_files(
    tmp_path: Path, files: dict[str, str], kind: Kind, folder: str, argv: tuple[str, ...]
) -> None:
    write(tmp_path, **files)

    tool = tools.found(case(tmp_path, start="uvicorn a:b"))

    assert tool is not None
    assert (tool.kind, tool.folder, tool.argv, tool.call) == (kind, PurePosixPath(folder), argv, None)
    assert not tool.is_binding


def test_files_in_virtual_environments_and_tests_are_not_the_projects_tool(tmp_path: Path) -> None:
    write(tmp_path, venv__alembic_dot_ini="", tests__alembic_dot_ini="", node_modules__a__alembic_dot_ini="")

    assert tools.found(case(tmp_path)) is None


def test_the_entry_point_tells_flask_which_application_to_load(tmp_path: Path) -> None:
    write(tmp_path, migrations__env_dot_py=FLASK_ENV, migrations__versions__a_dot_py="")
    entry = EntryPoint(module="web", attribute="make", framework=Framework.FLASK, is_factory=True, arguments="'prod'")

    tool = tools.found(case(tmp_path, entry=entry))

    assert tool is not None
    assert tool.argv == ("--app", "web:make('prod')", "db", "upgrade", "-d", "migrations")


def test_commands_that_cannot_be_read_leave_it_open_who_runs_the_migrations(tmp_path: Path) -> None:
    write(tmp_path, alembic_dot_ini="")

    tool = tools.found(case(tmp_path, start="make start"))

    assert tool is not None
    assert not tool.is_certain


@pytest.mark.parametrize(
    ("argv", "destination"),
    [
        ("upgrade head", "head"),
        ("-c x.ini upgrade abc123", "abc123"),
        ("db upgrade", "head"),
        ("db upgrade -d migrations", "head"),
        ("upgrade --tag x heads", "heads"),
    ],
)
def test_the_destination_is_the_revision_that_the_command_names(tmp_path: Path, argv: str, destination: str) -> None:
    program = "flask" if argv.startswith("db") else "alembic"

    tool = tools.found(case(tmp_path, start=f"{program} {argv}"))

    assert tool is not None
    assert tool.destination == destination
