"""When a service that answers stands for the import of its entry point, and when only the import can tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.checks.base import Built, Started
from deploy_suite.checks.dependencies import is_shown_by_answer, started_import, subject
from deploy_suite.checks.dependencies.rehearsed_import import Rehearsed
from deploy_suite.model.contract import Bindings, ServiceKind
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.ports import Reach
from tests.unit.checks.gunicorn_case import case

QUIET = Started(log="[INFO] Listening at: http://0.0.0.0:10000\n", is_isolated=True)
BY_ANSWER = Rehearsed(is_by_answer=True)
DJANGO = {
    "site/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\napplication = get_wsgi_application()\n",
    "site/settings.py": "ROOT_URLCONF = 'site.urls'\n",
}


def shown(folder: Path, main: str, *, started: Started = QUIET, start: str = "gunicorn main:app") -> Rehearsed | None:
    """Return what *started* shows of a service with the packages `flask`, `six` and the namespace `google`."""
    site = folder / "venv/lib/python3.11/site-packages"
    for file in ("flask/__init__.py", "six.py", "google/cloud/storage.py", "fast.cpython-311-x86_64-linux-gnu.so"):
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).touch()
    (folder / "src").mkdir()
    subject_case = case(folder / "src", {"main.py": main}, start=start)
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("python"), version="3.11.9"),
        venv=folder / "venv",
        workdir=folder / "src",
        top=folder / "src",
        packages={},
        search_path="",
        home=folder,
    )
    built = Built(case=subject_case, environment=environment, bindings=Bindings(values={}), server=None)
    entry = subject_case.contract.entry
    assert entry is not None
    return started_import.shown(built, started, subject.trace(subject_case, entry, known=frozenset()))


@pytest.mark.parametrize(
    ("start", "is_shown"),
    [
        ("gunicorn main:app", True),
        ("cd . && uvicorn main:app", True),
        ("python main.py", True),
        ("celery -A main worker & gunicorn main:app", False),
        ("./unknown", False),
    ],
)
def test_one_program_of_the_start_command_shows_its_entry_point(tmp_path: Path, start: str, *, is_shown: bool) -> None:
    assert is_shown_by_answer(case(tmp_path, {"main.py": "app = 1\n"}, start=start)) is is_shown


def test_a_worker_gives_no_answer(tmp_path: Path) -> None:
    found = case(tmp_path, {"main.py": "app = 1\n"})

    assert not is_shown_by_answer(replace(found, contract=replace(found.contract, kind=ServiceKind.WORKER)))


def test_the_routes_of_django_may_not_have_been_imported_by_an_answer(tmp_path: Path) -> None:
    assert not is_shown_by_answer(case(tmp_path, DJANGO, start="gunicorn site.wsgi:application"))


def test_a_quiet_start_shows_the_import(tmp_path: Path) -> None:
    assert shown(tmp_path, "import flask\napp = 1\n") == BY_ANSWER


def test_who_wanted_the_outside_is_imported_to_see_which_line_did(tmp_path: Path) -> None:
    assert shown(tmp_path, "app = 1\n", started=replace(QUIET, reached=(Reach("api.example.com", 443),))) is None


def test_where_the_outside_was_open_nothing_is_known_of_it(tmp_path: Path) -> None:
    assert shown(tmp_path, "app = 1\n", started=replace(QUIET, is_isolated=False)) is None


@pytest.mark.parametrize(
    "line",
    [
        "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.0.0 as it may crash.",
        "RuntimeError: module compiled against ABI version 0x1000009 but this version has 0x2000000",
        "Traceback (most recent call last):",
    ],
)
def test_a_log_that_grumbles_is_looked_into(tmp_path: Path, line: str) -> None:
    assert shown(tmp_path, "app = 1\n", started=replace(QUIET, log=f"{line}\n")) is None


@pytest.mark.parametrize(
    ("module", "is_known"),
    [("flask", True), ("six", True), ("fast", True), ("google.cloud.storage", False), ("stripe", False)],
)
def test_an_import_inside_a_function_is_looked_up_unless_its_package_is_there(
    tmp_path: Path, module: str, *, is_known: bool
) -> None:
    main = f"app = 1\ndef view():\n    import {module}\n"

    assert shown(tmp_path, main) == (BY_ANSWER if is_known else None)


def test_what_a_program_imports_below_its_main_guard_is_looked_up(tmp_path: Path) -> None:
    main = "app = 1\nif __name__ == '__main__':\n    import waitress\n"

    assert shown(tmp_path, main, start="python main.py") is None
