"""A pre-deploy command that only migrates: which of them a Python can run that has the tool imported already."""

from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import own_words
from deploy_suite.checks.migrations.tools import Tool
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText

HERE = Location("render.yaml", 9)
LONG = "#!/bin/sh\n'''exec' '/a/very/long/path/venv/bin/python' \"$0\" \"$@\"\n' '''\nimport sys\n"


def called(text: str, folder: Path, *, manage: str = "", runs_at: Location = HERE) -> object:
    command = CommandText(text=text, location=HERE)
    environment = SimpleNamespace(venv=folder / "venv", top=folder / "top", search_path=f"{folder}/venv/bin:/usr/bin")
    case = SimpleNamespace(contract=SimpleNamespace(pre_deploy=command))
    tool = SimpleNamespace(call=SimpleNamespace(location=runs_at), manage=manage, folder=PurePosixPath("api"))
    return own_words.call(cast("Tool", tool), cast("Built", SimpleNamespace(case=case, environment=environment)))


def program(folder: Path, name: str, head: str) -> str:
    file = folder / "venv/bin" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{head}print()\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize("head", ["#!/venv/bin/python3.12\n", LONG])
def test_a_script_of_the_environment_is_run_as_a_file_whatever_leads_to_its_python(head: str, tmp_path: Path) -> None:
    script = program(tmp_path, "alembic", head)

    assert called("alembic -c db/alembic.ini upgrade head", tmp_path) == {
        "script": script,
        "module": "",
        "argv": ["-c", "db/alembic.ini", "upgrade", "head"],
    }
    assert called("cd api && alembic upgrade head\n", tmp_path) == {
        "script": script,
        "module": "",
        "argv": ["upgrade", "head"],
    }


def test_a_module_and_djangos_own_script_are_run_too(tmp_path: Path) -> None:
    program(tmp_path, "python", "\x7fELF")
    program(tmp_path, "python3", "\x7fELF")

    assert called("python -m alembic upgrade head", tmp_path) == {
        "script": "",
        "module": "alembic",
        "argv": ["upgrade", "head"],
    }
    assert called("python3 manage.py migrate --no-input", tmp_path, manage="manage.py") == {
        "script": f"{tmp_path}/top/api/manage.py",
        "module": "",
        "argv": ["migrate", "--no-input"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "alembic upgrade head || true",
        "alembic upgrade $REVISION",
        "STAGE=live alembic upgrade head",
        'alembic upgrade "head"',
        "alembic upgrade head > log",
        "alembic upgrade head && echo done",
        "poetry run alembic upgrade head",
        "./migrate.sh",
        "flask db upgrade",
        "env alembic upgrade head",
        "python3.9 -m alembic upgrade head",
        "python seed.py",
        "",
    ],
)
def test_what_takes_a_shell_or_another_program_is_left_to_them(text: str, tmp_path: Path) -> None:
    program(tmp_path, "alembic", "#!/venv/bin/python3.12\n")
    program(tmp_path, "flask", "#!/bin/sh\n")

    assert called(text, tmp_path, manage="manage.py") is None


def test_a_tool_that_another_command_runs_says_nothing_of_this_one(tmp_path: Path) -> None:
    program(tmp_path, "alembic", "#!/venv/bin/python3.12\n")

    assert called("alembic upgrade head", tmp_path, runs_at=Location("start.sh", 2)) is None
