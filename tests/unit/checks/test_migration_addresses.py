"""The database that migrations wanted, against the one that alembic.ini names."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.migrations import addresses
from deploy_suite.checks.migrations.replies import Address
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location
from tests.projects import write
from tests.unit.checks.gunicorn_case import CONTRACT, case_of
from tests.unit.checks.test_drivers import built

WANTED = Address(dialect="postgresql", host="localhost", port=5432, name="shop")
INI = "[alembic]\nscript_location = src/shop/db/migrations\nsqlalchemy.url = postgresql://me:hush@localhost:5432/shop\n"


@pytest.mark.parametrize(
    ("env", "code", "outcome"),
    [
        ("url = config.get_main_option('sqlalchemy.url')\n", "alembic-url-hard-coded", Outcome.WARNING),
        ('if URL:\n    config.set_main_option("sqlalchemy.url", URL)\n', "alembic-url-hard-coded", Outcome.WARNING),
        ('# config.set_main_option("sqlalchemy.url", URL)\n', "alembic-url-hard-coded", Outcome.WARNING),
        ('config.set_main_option("sqlalchemy.url", str(settings.url))\n', "cannot-check-here", Outcome.SKIPPED),
        ("config.set_main_option(\n    'sqlalchemy.url', settings.url\n)\n", "cannot-check-here", Outcome.SKIPPED),
        ('config.set_section_option("alembic", "sqlalchemy.url", URL)\n', "cannot-check-here", Outcome.SKIPPED),
    ],
)
def test_an_address_that_env_py_always_replaces_is_not_the_one_that_was_reached(
    tmp_path: Path, env: str, code: str, outcome: Outcome
) -> None:
    write(tmp_path, {"alembic.ini": INI, "src/shop/db/migrations/env.py": env})
    tool = Tool(kind=Kind.ALEMBIC, folder=PurePosixPath(), argv=(), file=PurePosixPath("alembic.ini"))

    found = addresses.finding(WANTED, replace(built({}), case=case_of(CONTRACT, tmp_path)), tool)

    assert (found.code, found.outcome) == (code, outcome)
    assert found.location == (Location("alembic.ini", 3) if code != "cannot-check-here" else Location("alembic.ini"))
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("settings", "code", "required"),
    [
        ("DATABASES = {'default': dj_database_url.config()}\n", "django-database-missing", True),
        ("DATABASES = {}\nDATABASES['default'] = parse(url)\n", "django-database-missing", True),
        ("if url:\n    DATABASES = {'default': parse(url)}\n", "django-database-missing", True),
        ("INSTALLED_APPS = ['api']\n", "no-migrations", False),
        ("DATABASES = {}\n", "no-migrations", False),
        ("DATABASES: dict[str, Any] = {'default': {}}  # none\n# DATABASES = {'default': x}\n", "no-migrations", False),
    ],
)
def test_a_django_project_without_databases_has_nothing_to_migrate(
    tmp_path: Path, settings: str, code: str, *, required: bool
) -> None:
    write(tmp_path, {"manage.py": "", "core/settings.py": settings})
    tool = Tool(kind=Kind.DJANGO, folder=PurePosixPath(), argv=(), file=PurePosixPath("manage.py"))
    wanted = Address(dialect="unknown", host="", port=0, name="")

    found = addresses.finding(wanted, replace(built({}), case=case_of(CONTRACT, tmp_path)), tool)

    assert (found.code, found.outcome, found.required) == (code, Outcome.SKIPPED, required)
