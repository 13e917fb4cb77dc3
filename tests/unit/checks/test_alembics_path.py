"""A module that Alembic or django-admin misses though the folder in which it runs has it."""

from pathlib import Path
from typing import Any, cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import own_path, tools
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.mend import Mend
from tests.unit.checks.gunicorn_case import case

LINE = "ModuleNotFoundError: No module named 'app'"
PLACED = "[alembic]\nscript_location = migrations\n"
LOG = """\
  File "/opt/render/project/src/migrations/env.py", line 3, in <module>
    from app.database import Base
ModuleNotFoundError: No module named 'app'
"""


def found(
    folder: Path, files: dict[str, str], *, start: str = "alembic upgrade head && gunicorn a:b"
) -> Finding | None:
    subject = case(folder, files, start=start)
    tool = tools.found(subject)
    assert tool is not None
    built = Built(case=subject, environment=cast("Any", None), bindings=cast("Any", None), server=None)
    return own_path.finding(LINE, tool=tool, built=built)


def test_a_module_beside_alembic_ini_is_not_on_its_path_and_one_line_puts_it_there(tmp_path: Path) -> None:
    files = {"alembic.ini": PLACED, "app/__init__.py": "", "app/database.py": ""}

    assert found(tmp_path, files) == Finding(
        code="module-not-on-path:app",
        outcome=Outcome.FAILED,
        message="app/__init__.py is in the commit, but `alembic` does not look for modules in the folder in which it "
        "runs",
        remedy="write prepend_sys_path = . below [alembic] in alembic.ini",
        mend=Mend(
            file="alembic.ini",
            line=2,
            text="prepend_sys_path = .\n",
            is_in_front=True,
            says="Alembic finds app",
        ),
    )


def test_in_pyproject_it_is_a_list_and_a_path_that_is_stated_is_left_to_a_person(tmp_path: Path) -> None:
    table = '[tool.alembic]\nscript_location = "migrations"\n'
    told = found(tmp_path / "toml", {"pyproject.toml": table, "app.py": ""}, start="gunicorn a:b")
    stated = found(tmp_path / "ini", {"alembic.ini": f"{PLACED}prepend_sys_path = lib\n", "app.py": ""})

    assert told is not None
    assert (told.remedy, told.mend) == (
        'write prepend_sys_path = ["."] below [tool.alembic] in pyproject.toml',
        None,
    )
    assert stated is not None
    assert stated.mend is None


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"alembic.ini": PLACED}, "alembic upgrade head && gunicorn a:b"),
        ({"alembic.ini": PLACED, "app/logo.png": ""}, "alembic upgrade head && gunicorn a:b"),
        ({"manage.py": "import django\n", "app.py": ""}, "python manage.py migrate && gunicorn a:b"),
    ],
)
def test_what_the_folder_does_not_hold_or_another_tool_runs_is_something_else(
    tmp_path: Path, files: dict[str, str], start: str
) -> None:
    assert found(tmp_path, files, start=start) is None


def test_a_log_in_which_env_py_misses_a_name_that_only_a_project_has_is_read_so_and_as_likely() -> None:
    root = diagnose(LOG).root
    other = diagnose(LOG.replace("app", "sqlmodel")).root

    assert root is not None
    assert (root.slug, root.confidence < 0.7) == ("module-not-on-path:app", True)
    assert other is not None
    assert other.slug == "missing-requirement:sqlmodel"


def test_django_admin_looks_in_no_folder_of_the_project_and_python_does(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/settings.py": ""}

    told = found(tmp_path, files, start="django-admin migrate --settings=app.settings && gunicorn a:b")

    assert told is not None
    assert (told.code, told.remedy, told.mend) == (
        "module-not-on-path:app",
        "write `python -m django migrate --settings=app.settings` in render.yaml",
        None,
    )
