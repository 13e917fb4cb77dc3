"""What PostgreSQL refuses in a migration is one cause, whether a preflight meets it or a log shows it."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.migrations import failures
from deploy_suite.checks.migrations.failures import Surroundings
from deploy_suite.checks.migrations.replies import Failure
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.environment import Environment
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import CONTRACT, case, case_of
from tests.unit.checks.test_drivers import built

LOG = """\
INFO  [alembic.runtime.migration] Running upgrade 0001 -> 0002, second
Traceback (most recent call last):
  File "/app/.venv/bin/alembic", line 8, in <module>
    sys.exit(main())
  File "/app/migrations/versions/0002.py", line 10, in upgrade
    op.execute(STATEMENT)
  File "/app/.venv/lib/python3.12/site-packages/alembic/operations/ops.py", line 2591, in execute
    return operations.invoke(op)
sqlalchemy.exc.ProgrammingError: (psycopg.errors.{name}) {message}
[SQL: {statement}]
(Background on this error at: https://sqlalche.me/e/20/f405)
"""


@pytest.mark.parametrize(
    ("sqlstate", "name", "message", "statement"),
    [
        ("42P01", "UndefinedTable", 'relation "notes" does not exist', "ALTER TABLE notes ADD COLUMN text TEXT"),
        ("42P01", "UndefinedTable", 'relation "notes" does not exist', "INSERT INTO notes VALUES (1)"),
        ("42703", "UndefinedColumn", 'column "text" of relation "notes" does not exist', "ALTER TABLE notes DROP text"),
        ("42703", "UndefinedColumn", 'column "text" does not exist', "UPDATE notes SET title = text"),
        ("42P07", "DuplicateTable", 'relation "notes" already exists', "CREATE TABLE notes ()"),
        ("42701", "DuplicateColumn", 'column "text" of relation "notes" already exists', "ALTER TABLE notes ADD text"),
        ("42710", "DuplicateObject", 'type "kind" already exists', "CREATE TYPE kind AS ENUM ()"),
        ("42704", "UndefinedObject", 'type "kind" does not exist', "ALTER TABLE notes ADD COLUMN k kind"),
        ("42704", "UndefinedObject", 'constraint "one" of relation "notes" does not exist', "ALTER TABLE notes …"),
        ("42704", "UndefinedObject", 'type "vector" does not exist', "ALTER TABLE notes ADD COLUMN v vector(3)"),
        ("42883", "UndefinedFunction", "function gen_random_uuid() does not exist", "ALTER TABLE notes …"),
        ("42704", "UndefinedObject", 'index "by_text" does not exist', "DROP INDEX by_text"),
        ("42804", "DatatypeMismatch", 'column "n" cannot be cast automatically to type integer', "ALTER TABLE notes …"),
    ],
)
def test_a_log_and_a_preflight_name_what_the_server_refused_alike(
    tmp_path: Path, sqlstate: str, name: str, message: str, statement: str
) -> None:
    tool = Tool(kind=Kind.ALEMBIC, folder=PurePosixPath(), argv=(), file=PurePosixPath("alembic.ini"))
    subject = case_of(replace(CONTRACT, location=Location("render.yaml", 2)), tmp_path)
    around = Surroundings(built=replace(built({}), case=subject), tool=tool)
    failure = Failure(kind="ProgrammingError", message=message, sqlstate=sqlstate, statement=statement)

    root = diagnose(LOG.format(name=name, message=message, statement=statement)).root

    assert root is not None
    assert failures.finding(failure, around, doing="alembic upgrade head").code == root.family != "migration-failed"


def test_a_log_and_a_preflight_name_migrations_of_django_that_conflict_alike() -> None:
    log = (
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: "
        "(0002_a, 0002_b in shop).\nTo fix them run 'python manage.py makemigrations --merge'\n"
    )

    root = diagnose(log).root

    assert root is not None
    assert root.slug == "alembic-multiple-heads"
    assert "makemigrations --merge" in root.fix


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("ModuleNotFoundError: No module named 'absent_plugins'", ("shop/settings.py", 2)),
        (
            "ImproperlyConfigured: settings.DATABASES is improperly configured. Please supply the ENGINE value.",
            ("shop/settings.py", 3),
        ),
        ("ModuleNotFoundError: No module named 'unheard_of'", ("start.sh", 7)),
    ],
)
def test_what_no_frame_of_the_project_leads_to_is_told_at_the_line_that_asks_for_it(
    tmp_path: Path, line: str, place: tuple[str, int]
) -> None:
    files = {
        "requirements.txt": "django\n",
        "shop/__init__.py": "",
        "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
        "shop/settings.py": "import os\nINSTALLED_APPS = ['absent_plugins']\nDATABASES = {}\n",
    }
    subject = case(tmp_path, files, start="gunicorn shop.wsgi:application")
    tool = Tool(kind=Kind.DJANGO, folder=PurePosixPath(), argv=(), file=PurePosixPath("manage.py"))
    call = SimpleNamespace(location=Location("start.sh", 7))
    environment = SimpleNamespace(
        top=tmp_path, venv=tmp_path / "venv", packages={}, interpreter=SimpleNamespace(version="3.12.1")
    )
    around = Surroundings(
        built=replace(
            built({}),
            case=subject,
            environment=cast("Environment", environment),
        ),
        tool=cast(
            "Tool",
            SimpleNamespace(
                kind=tool.kind,
                location=call.location,
                is_binding=True,
                call=None,
                is_certain=True,
                shown="x",
                manage=PurePosixPath("manage.py"),
                folder=tool.folder,
            ),
        ),
    )
    failure = Failure(kind=line.partition(":")[0], message=line.partition(": ")[2], traceback=f"{line}\n")

    assert failures.finding(failure, around, doing="reading the migrations").location == Location(*place)
