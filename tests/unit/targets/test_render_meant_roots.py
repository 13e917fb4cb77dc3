"""A rootDir that the commit lacks, and the folder that must be meant."""

from collections.abc import Callable

import pytest

from deploy_suite.model.finding import Outcome
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

BLUEPRINT = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: free
    rootDir: {root}
    buildCommand: {build}
    startCommand: {start}
"""
BUILD = "pip install -r requirements.txt"
API = {"services/api/requirements.txt": "flask\n", "services/api/main.py": "app = 1\n", "web/index.html": ""}


@pytest.mark.parametrize(
    ("root", "build", "start", "files", "meant"),
    [
        ("api", BUILD, "gunicorn main:app", API, "services/api"),
        ("api", BUILD, "python main.py", {**API, "web/requirements.txt": ""}, "services/api"),
        ("bakend", BUILD, "gunicorn app:app", {f"{one}/requirements.txt": "" for one in ("backend", "web")}, "backend"),
        ("Backend", BUILD, "gunicorn shop.wsgi", {"backend/requirements.txt": ""}, "backend"),
        ("backnd", "pip install flask", "flask run", {"backend/x.html": "", "web/x.html": ""}, "backend"),
        ("src", "cd app && pip install -r needs.txt", "true", {"a/app/needs.txt": "", "b/needs.txt": ""}, "a"),
    ],
)
def test_the_folder_that_holds_what_the_commands_name_is_told_and_looked_into(
    read: Read, root: str, build: str, start: str, files: dict[str, str], meant: str
) -> None:
    blueprint = BLUEPRINT.format(root=root, build=build, start=start)

    reading = read({**files, "render.yaml": blueprint})

    (wrong,) = [one for one in reading.findings if one.code == "wrong-root-directory"]
    assert (wrong.outcome, str(wrong.location)) == (Outcome.FAILED, "render.yaml:6")
    assert wrong.remedy == f"write `rootDir: {meant}` in render.yaml"
    assert [str(one.root) for one in reading.contracts] == [meant]


def test_where_the_top_holds_them_the_line_is_to_go(read: Read) -> None:
    blueprint = BLUEPRINT.format(root="src", build=BUILD, start="gunicorn main:app")

    reading = read({"requirements.txt": "", "main.py": "", "web/a.html": "", "render.yaml": blueprint})

    (wrong,) = [one for one in reading.findings if one.code == "wrong-root-directory"]
    assert wrong.remedy == "take `rootDir:` out of render.yaml: the repository's top holds what the commands name"
    assert [one.root.parts for one in reading.contracts] == [()]


@pytest.mark.parametrize(
    "files",
    [
        {"one/requirements.txt": "", "two/requirements.txt": ""},
        {"one/other.txt": "", "node_modules/a/requirements.txt": ""},
        {"tests/requirements.txt": "", ".hidden/requirements.txt": ""},
    ],
)
def test_where_no_folder_stands_out_none_is_named(read: Read, files: dict[str, str]) -> None:
    blueprint = BLUEPRINT.format(root="backend", build=BUILD, start="gunicorn main:app")

    reading = read({**files, "render.yaml": blueprint})

    (wrong,) = [one for one in reading.findings if one.code == "wrong-root-directory"]
    assert wrong.remedy == "correct `rootDir:` in render.yaml"
    assert reading.contracts == ()
