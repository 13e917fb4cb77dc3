from collections.abc import Callable, Mapping

import pytest

from deploy_suite.checks.base import Findings
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location

Checked = Callable[..., Findings]

INI = "[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"
PLAIN = """\
from alembic import context
from sqlalchemy import engine_from_config
from app.models import Base
config = context.config
def run_migrations_online():
    connectable = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.")
    with connectable.connect() as connection:
        context.configure(connection=connection)
run_migrations_online()
"""
READING = PLAIN.replace(
    "config = context.config\n",
    "import os\nconfig = context.config\nconfig.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])\n",
)
REPLACING = PLAIN.replace(
    "engine_from_config(config.get_section(config.config_ini_section),",
    "engine_from_config({**config.get_section('alembic'), 'sqlalchemy.url': settings.url},",
)
OVERRIDING = PLAIN.replace(
    "    connectable = engine_from_config(config.get_section(config.config_ini_section),",
    "    section = config.get_section('alembic')\n    section['sqlalchemy.url'] = url()\n"
    "    connectable = engine_from_config(section,",
)
NAMED = PLAIN.replace(
    "    connectable = engine_from_config(config.get_section(config.config_ini_section),",
    "    section = config.get_section('alembic') or {}\n    connectable = engine_from_config(section,",
)
IMPORTED = "from app.db import engine\nwith engine.connect() as connection:\n    pass\n"
LOCAL = "postgresql://shop:k3jd93kd@localhost:5432/shop"
BASE = {"requirements.txt": "gunicorn\nalembic\n", "app.py": "import x\napp = x.make()\n"}


def files(env: str, url: str = LOCAL) -> dict[str, str]:
    return {**BASE, "alembic.ini": INI.format(url=url), "alembic/env.py": env}


def outcomes(findings: Findings) -> list[tuple[str, Outcome]]:
    return [(one.code, one.outcome) for one in findings]


@pytest.mark.parametrize("env", [PLAIN, NAMED])
def test_an_address_that_the_environment_cannot_change_fails_when_it_is_local(checked: Checked, env: str) -> None:
    found = checked(files(env), pre_deploy="alembic upgrade head")

    assert outcomes(found) == [
        ("alembic-url-hard-coded", Outcome.FAILED),
        ("secret-in-manifest:alembic.ini", Outcome.WARNING),
    ]
    assert found[0].location == Location("alembic.ini", 3)
    assert "k3jd93kd" not in repr(found)


@pytest.mark.parametrize("env", [READING, REPLACING, OVERRIDING, IMPORTED, "not python ("])
def test_an_env_that_takes_the_address_from_elsewhere_is_fine(checked: Checked, env: str) -> None:
    found = checked(files(env, url="postgresql://postgres:postgres@localhost/shop"), pre_deploy="alembic upgrade head")

    assert outcomes(found) == []


def test_an_address_of_a_file_is_only_likely_to_be_wrong(checked: Checked) -> None:
    found = checked(files(PLAIN, url="sqlite:///./shop.db"), pre_deploy="alembic upgrade head")

    assert outcomes(found) == [("alembic-url-hard-coded", Outcome.WARNING)]


@pytest.mark.parametrize("url", ["driver://user:pass@localhost/dbname", "postgresql://postgres:postgres@localhost/x"])
def test_the_sample_address_holds_no_secret(checked: Checked, url: str) -> None:
    assert outcomes(checked(files(READING, url=url), pre_deploy="alembic upgrade head")) == []


def migrated(**more: str) -> dict[str, str]:
    return {**files(READING, url=""), "alembic/versions/a.py": "down_revision = None\n", **more}


def test_migrations_that_nothing_applies_are_a_warning_with_the_command(checked: Checked) -> None:
    (finding,) = checked(migrated())

    assert (finding.code, finding.outcome) == ("migrations-not-run", Outcome.WARNING)
    assert finding.location == Location("alembic.ini")
    assert finding.remedy == "add `preDeployCommand: alembic upgrade head` to shop in render.yaml"


def test_the_command_is_named_as_the_start_command_runs_programs(checked: Checked) -> None:
    found = checked(migrated(), build="uv sync", start="uv run --no-sync gunicorn app:app")

    (finding,) = [one for one in found if one.code == "migrations-not-run"]
    assert finding.remedy == "add `preDeployCommand: uv run --no-sync alembic upgrade head` to shop in render.yaml"


@pytest.mark.parametrize(
    "where",
    [
        {"build": "pip install -r requirements.txt && alembic upgrade head"},
        {"pre_deploy": "python -m alembic upgrade head"},
        {"start": "alembic upgrade head && gunicorn app:app"},
        {"start": "bash start.sh"},
    ],
)
def test_migrations_that_a_command_or_its_script_applies_are_fine(checked: Checked, where: Mapping[str, str]) -> None:
    assert (
        outcomes(checked(migrated(**{"start.sh": "set -e\nalembic upgrade head\nexec gunicorn app:app\n"}), **where))
        == []
    )


@pytest.mark.parametrize(
    "source",
    [
        "from alembic import command\ncommand.upgrade(config, 'head')\n",
        "Base.metadata.create_all(engine)\n",
        "import subprocess\nsubprocess.run(['alembic', 'upgrade', 'head'])\n",
    ],
)
def test_migrations_that_the_code_applies_are_fine(checked: Checked, source: str) -> None:
    assert outcomes(checked(migrated(**{"shop/database.py": source}))) == []


def test_migrations_are_the_business_of_the_web_service(checked: Checked) -> None:
    assert outcomes(checked(migrated(), kind="worker", start="celery -A app worker", build="pip install celery")) == []


def test_djangos_migrations_matter_where_the_service_has_a_database(checked: Checked) -> None:
    django = {
        **BASE,
        "manage.py": "",
        "shop/migrations/0001_initial.py": "",
        "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    }

    assert outcomes(checked(django, start="gunicorn shop.wsgi")) == []
    found = checked(django, start="gunicorn shop.wsgi", variables={"DATABASE_URL": "x"})
    assert outcomes(found) == [("migrations-not-run", Outcome.WARNING)]


TABLES = """\
from sqlalchemy.orm import Mapped
from shop.base import Base
class User(Base):
    __tablename__ = "users"
"""
METADATA = "from alembic import context\nfrom shop.base import Base\ntarget_metadata = Base.metadata\n"


def models(env: str) -> dict[str, str]:
    return {
        "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
        "alembic/env.py": env,
        "shop/__init__.py": "",
        "shop/base.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n",
        "shop/tables.py": TABLES,
        "app.py": "from flask import Flask\nfrom shop import tables\napp = Flask(__name__)\n",
        "requirements.txt": "gunicorn\nalembic\nflask\nsqlalchemy\n",
    }


def test_metadata_without_the_applications_tables_is_a_warning(checked: Checked) -> None:
    (found,) = checked(models(METADATA), pre_deploy="alembic upgrade head")

    assert (found.code, found.outcome, found.location) == (
        "alembic-models-not-imported",
        Outcome.WARNING,
        Location("alembic/env.py", 3),
    )
    assert found.remedy == "import shop.tables in alembic/env.py, before target_metadata is set"


@pytest.mark.parametrize(
    "env",
    [
        METADATA.replace("import Base\n", "import Base\nfrom shop import tables\n"),
        METADATA.replace("import Base\n", "import Base\nfrom shop.tables import *\n"),
        METADATA.replace("import Base\n", "import Base\nimport importlib\nimportlib.import_module(name)\n"),
        METADATA.replace("Base.metadata", "None"),
        METADATA.replace("import Base\n", "import Base\nfrom shop.absent import models\n"),
    ],
)
def test_metadata_that_has_the_tables_or_may_have_them_is_no_finding(checked: Checked, env: str) -> None:
    assert outcomes(checked(models(env), pre_deploy="alembic upgrade head")) == []


def test_metadata_of_an_installed_package_is_found_where_the_application_finds_it(checked: Checked) -> None:
    files = models(METADATA.replace("import Base\n", "import Base\nfrom shop import tables\n"))
    sources = {name if name.startswith(("alembic", "req")) else f"src/{name}": text for name, text in files.items()}

    found = checked(
        sources,
        start="gunicorn --chdir src app:app",
        build="pip install -r requirements.txt",
        pre_deploy="alembic upgrade head",
    )

    assert outcomes(found) == []


@pytest.mark.parametrize(
    "command",
    [
        "python -m alembic upgrade head",
        "python -m alembic.config upgrade head",
        "python -m django migrate --settings=site.settings",
        "django-admin migrate --settings=site.settings",
    ],
)
def test_a_module_that_migrates_is_known_as_its_program_is(checked: Checked, command: str) -> None:
    files = {**BASE, "requirements.txt": "gunicorn\nalembic\ndjango\nx\n"}
    files |= {"alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": READING}
    files |= {"alembic/versions/a.py": "down_revision = None\n"}

    assert outcomes(checked(files, pre_deploy=command)) == []
    assert outcomes(checked(files)) == [("migrations-not-run", Outcome.WARNING)]


DJANGO = {
    "requirements.txt": "gunicorn\ndjango\nx\n",
    "app.py": "import x\napp = x.make()\n",
    "manage.py": "import django\n",
    "shop/migrations/0001_initial.py": "",
}
LOOK = "python manage.py migrate --check"


@pytest.mark.parametrize("start", ["gunicorn app:app", "python manage.py migrate && gunicorn app:app"])
def test_to_ask_whether_all_is_applied_fails_where_nothing_has_applied_it_yet(checked: Checked, start: str) -> None:
    (found,) = checked(DJANGO, pre_deploy=LOOK, start=start, variables={"DATABASE_URL": "postgresql://db/x"})

    assert (found.code, found.outcome) == ("migrations-not-run", Outcome.WARNING)
    assert found.message.startswith(f"`{LOOK}` fails as long as a migration is not applied")
    assert found.remedy == (
        f"apply them there: write `python manage.py migrate --no-input` in place of `{LOOK}` in render.yaml"
    )


@pytest.mark.parametrize(
    "pre_deploy",
    [
        f"python manage.py migrate && {LOOK}",
        f"{LOOK} || python manage.py migrate",
        f"if ! {LOOK}; then python manage.py migrate; fi",
        f"until {LOOK}; do sleep 1; done; python manage.py migrate",
        "alembic upgrade head && alembic check",
    ],
)
def test_to_ask_whether_all_is_applied_is_no_fault_after_or_instead_of_a_migration(
    checked: Checked, pre_deploy: str
) -> None:
    codes = [
        one.code for one in checked({**DJANGO, "requirements.txt": "gunicorn\nalembic\nx\n"}, pre_deploy=pre_deploy)
    ]

    assert "migrations-not-run" not in codes


def test_a_look_of_alembics_is_answered_by_its_own_command(checked: Checked) -> None:
    files = {**BASE, "requirements.txt": "gunicorn\nalembic\nx\n"}
    files |= {"alembic.ini": "[alembic]\nscript_location = migrations\n", "migrations/env.py": READING}

    (found,) = [one for one in checked(files, pre_deploy="alembic check") if one.code == "migrations-not-run"]

    assert "write `alembic upgrade head` in place of `alembic check`" in found.remedy
