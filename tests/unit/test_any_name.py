"""Names that no file system takes, wherever a project names a file, a folder or a module."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_suite import outline
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case
from deploy_suite.checks.config import check as config
from deploy_suite.checks.migrations import revisions
from deploy_suite.environments import recipe
from deploy_suite.errors import UsageError
from deploy_suite.images import tree
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.targets.registry import TARGETS

_APP = {
    "requirements.txt": "fastapi\nuvicorn\nalembic\n",
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    "start.sh": "exec uvicorn app.main:app --port $PORT\n",
    "build.sh": "pip install -r requirements.txt\n",
}
_DJANGO = {
    "requirements.txt": "django\ngunicorn\n",
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings')\n",
    "app/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
}


def stated(*lines: str, runtime: str = "python", **stands: str) -> dict[str, str]:
    """Return a render.yaml with *stands* in the place of the usual commands."""
    commands = {"buildCommand": "sh build.sh", "startCommand": "sh start.sh"} if runtime == "python" else {}
    keys = {"type": "web", "name": "web", "runtime": runtime, "plan": "free", **commands, **stands}
    said = [*(f"{key}: {value}" for key, value in keys.items()), *lines]
    return {"render.yaml": "services:\n- " + "\n  ".join(said) + "\n"}


def named(name: str) -> dict[str, Mapping[str, str]]:
    """Return projects that name *name* in one place after the other."""
    variables = ["PYTHONPATH", "DJANGO_SETTINGS_MODULE", "UVICORN_APP", "GUNICORN_CMD_ARGS", "PYTHON_VERSION"]
    values = [line for one in variables for line in (f"- key: {one}", f"  value: {name}")]
    return {
        "rootDir": stated(rootDir=name),
        "words of a build": stated(
            buildCommand=f"cd {name} && {name} && . ./{name} && pip install -r {name} -c {name} -e {name}"
        ),
        "installers of a build": stated(buildCommand=f"uv sync --project {name} && poetry install -C {name}"),
        "words of a start": stated(
            startCommand=f"cd {name} && uvicorn {name}:app --app-dir {name} --env-file {name} --log-config {name}"
        ),
        "gunicorn": stated(startCommand=f"gunicorn -c {name} --chdir {name} --pythonpath {name} {name}:app"),
        "a program": stated(startCommand=f"python {name}"),
        "a module": stated(startCommand=f"python -m {name}"),
        "migrations": stated(preDeployCommand=f"alembic -c {name} upgrade head && python {name}/manage.py migrate"),
        "variables": stated("envVars:", *values),
        "scripts": {
            **stated(),
            "start.sh": f"cd {name}\n. {name}\nexec {name}\n",
            "build.sh": f"./{name}\nsh {name}\n",
        },
        "requirements": {**stated(), "requirements.txt": f"-r {name}\n-c {name}\n-e {name}\n./{name}\n{name}\n"},
        "imports": {
            **stated(),
            "app/main.py": f"from app import {name}\nfrom .{name} import a\nimport {name}\nopen('{name}')\napp = 1\n",
        },
        "alembic.ini": {
            **stated(startCommand="alembic upgrade head && sh start.sh"),
            "alembic.ini": f"[alembic]\nscript_location = {name}\nversion_locations = {name}\n",
        },
        "Django's settings": {
            **stated(startCommand="python manage.py migrate && gunicorn app.wsgi"),
            **_DJANGO,
            "app/settings.py": f"INSTALLED_APPS = ['{name}']\nROOT_URLCONF = '{name}'\nMIDDLEWARE = ['{name}']\n",
        },
        "deploy.toml": {**stated(), "deploy.toml": f'[services.web]\nentry = "{name}:app"\n'},
        "Procfile": {"Procfile": f"web: cd {name} && python {name}\nrelease: sh {name}\n"},
        ".gitmodules": {**stated(), ".gitmodules": f'[submodule "{name}"]\n\tpath = {name}\n\turl = {name}\n'},
        "dockerfilePath": stated(runtime="docker", dockerfilePath=name),
        "dockerContext": stated(runtime="docker", dockerContext=name),
        "COPY": {
            **stated(runtime="docker"),
            "Dockerfile": f"FROM python:3.12\nCOPY {name} {name}*/ ./\nRUN pip install -r {name}\nCMD python {name}\n",
        },
        "WORKDIR": {
            **stated(runtime="docker"),
            "Dockerfile": f'FROM python:3.12\nWORKDIR /{name}\nCOPY . .\nRUN cp {name} x\nCMD ["{name}"]\n',
        },
        "a compose file": {
            "compose.yaml": f"services:\n  web:\n    build: {name}\n    env_file: {name}\n    command: {name}\n"
        },
    }


@pytest.mark.parametrize("place", named(""))
@pytest.mark.parametrize("length", [300, 5000])
def test_a_name_that_is_longer_than_any_file_system_takes_is_only_a_file_that_is_not_there(
    place: str, length: int, tmp_path: Path
) -> None:
    laid(tmp_path, {**_APP, **named("n" * length)[place]})

    assert read(tmp_path) >= 0
    with contextlib.suppress(UsageError):  # no service may be left
        outline.as_it_lies(outline.Request(folder=tmp_path, reads_all=True))


@pytest.mark.parametrize("target", ["n" * 300, "loop"], ids=["long", "loop"])
def test_a_link_that_leads_nowhere_is_a_file_that_is_not_there(target: str, tmp_path: Path) -> None:
    names = ["app/more.py", "app/sub", "sub", "x/manage.py", "pyproject.toml", ".env", "alembic.ini", "Makefile"]
    laid(tmp_path, {**_APP, **stated(buildCommand="sh more.sh && sh build.sh")})
    (tmp_path / "app/main.py").write_text("from app import more, sub\napp = 1\n")
    for name in [*names, "more.sh", "migrations/versions"]:
        link = tmp_path / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(link.name if target == "loop" else target)

    assert read(tmp_path) > 0


def test_a_file_of_an_image_whose_name_is_too_long_is_told_at_its_place(tmp_path: Path) -> None:
    dockerfile = f"FROM python:3.12\nWORKDIR /code\nCOPY app {'n' * 300}\nCMD uvicorn app.main:app\n"
    laid(tmp_path, {**_APP, **stated(runtime="docker"), "Dockerfile": dockerfile})

    with pytest.raises(UsageError, match="the image has a file whose name is too long: nnn"):
        read(tmp_path)


def laid(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def read(folder: Path) -> int:
    """Return how much is found in the project at *folder*, read as preflight reads it."""
    snapshot = Snapshot(commit=Commit(sha="1" * 40, tree="2" * 40, subject="x"), folder=folder)
    reading = TARGETS["render"].read(snapshot, Settings(), repository_slug="")
    found = list(reading.findings)
    for contract in reading.contracts:
        there = snapshot
        if contract.container is not None:
            image = folder.parent / f"{folder.name}-image"
            there = tree.laid_out(contract.container, snapshot, image, root=contract.root)
        case = Case(snapshot=there, contract=contract, state=WorkingState(), preferences=Preferences())
        found += [*dependencies.check(case), *config.check(case)]
        recipe.read(contract, there)
        revisions.stated(case)
    return len(found)
