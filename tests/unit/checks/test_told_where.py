"""Where a service that does not answer well is to be mended: the setting, the line, the option."""

from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.boot import allowed_hosts, explanations, listening, refusing
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.model.secret import Secret
from deploy_suite.ports import HttpResponse

CHAINED = """Traceback (most recent call last):
  File "/top/.venv/lib/python3.12/site-packages/psycopg/cursor.py", line 97, in execute
    raise ex
psycopg.errors.UndefinedColumn: column "nope" does not exist
LINE 1: select nope
               ^

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/top/app/main.py", line 21, in healthz
    session.execute(text("select nope"))
sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedColumn) column "nope" does not exist
"""


def stage(folder: Path, *, values: dict[str, Secret] | None = None, start: str = "") -> Stage:
    command = CommandText(text=start, location=Location("Procfile", 1)) if start else None
    contract = SimpleNamespace(root=PurePosixPath(), start=command, build=None, pre_deploy=None)
    case = SimpleNamespace(snapshot=SimpleNamespace(folder=folder), contract=contract)
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("/python"), version="3.12.1"),
        venv=Path("/top/.venv"),
        workdir=Path("/top"),
        top=Path("/top"),
        packages={},
        search_path="",
        home=Path("/home"),
    )
    built = SimpleNamespace(case=case, environment=environment)
    return cast("Stage", SimpleNamespace(built=built, values=values or {}, contract=contract))


def test_the_hosts_that_django_answers_to_are_found_in_the_settings_that_it_starts_with(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n')
    (tmp_path / "shop/settings.py").write_text('DEBUG = False\n\nALLOWED_HOSTS = ["localhost"]\n')
    (tmp_path / "shop/live.py").write_text("from .settings import *\nALLOWED_HOSTS: list[str] = []\n")
    chosen = {"DJANGO_SETTINGS_MODULE": Secret("shop.live")}
    unset = {"DJANGO_SETTINGS_MODULE": Secret("shop.other")}

    # `live` is what a deployed service is taken to use where nothing says otherwise.
    assert allowed_hosts.setting(stage(tmp_path)) == Location("shop/live.py", 2)
    assert allowed_hosts.setting(stage(tmp_path, values=chosen)) == Location("shop/live.py", 2)
    assert allowed_hosts.setting(stage(tmp_path, values=unset)) is None
    (tmp_path / "shop/live.py").unlink()
    assert allowed_hosts.setting(stage(tmp_path)) == Location("shop/settings.py", 3)


def test_of_a_page_its_words_are_quoted() -> None:
    page = b"\n<!doctype html>\n<html><head><title>Bad Request (400)</title></head>\n<h1>Bad Request (400)</h1><p></p>"

    def quoted(body: bytes, kind: str) -> tuple[str, ...]:
        return refusing._quoted(HttpResponse(status=400, headers={"content-type": kind}, body=body, elapsed_ms=1.0))

    assert quoted(page, "text/html; charset=utf-8") == ("Bad Request (400)",)
    assert quoted(b'{"detail": "<b>"}\n', "application/json") == ('{"detail": "<b>"}',)
    assert quoted(b"", "text/html") == ()


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("gunicorn -b 127.0.0.1:5000 app:app", ", with `--bind 0.0.0.0:$PORT`"),
        ("flask run --debug", ", with `--host 0.0.0.0 --port $PORT`"),
        ("python server.py", ""),
    ],
)
def test_who_listens_on_localhost_is_told_the_option_of_its_server(tmp_path: Path, start: str, told: str) -> None:
    assert listening._by_option(stage(tmp_path, start=start)) == told


def test_the_projects_own_line_may_stand_in_what_was_raised_from_the_cause(tmp_path: Path) -> None:
    root = diagnose(CHAINED).root

    assert root is not None
    assert root.family == "migrations-not-run"
    assert explanations._frames(stage(tmp_path), CHAINED, root) == ((Location("app/main.py", 21), "healthz"),)
    unrelated = CHAINED.replace("The above exception was the direct cause of the following exception:", "retrying")
    assert explanations._frames(stage(tmp_path), unrelated, diagnose(unrelated).root) == ()


@pytest.mark.parametrize(
    ("start", "is_migrated"), [("alembic upgrade head && x", True), ("alembic upgrade head || x", False)]
)
def test_a_database_is_migrated_where_the_failure_of_the_command_that_does_it_would_have_been_met(
    tmp_path: Path, start: str, *, is_migrated: bool
) -> None:
    started = stage(tmp_path, start=start)
    started.built.server = object()  # type: ignore[misc, assignment]

    assert explanations._is_migrated(started) is is_migrated


def test_where_a_start_that_was_only_guessed_listens_proves_nothing(tmp_path: Path) -> None:
    local = Finding(
        code="bound-to-wrong-address",
        outcome=Outcome.FAILED,
        message="the server listens on 127.0.0.1:5000",
        remedy="make it listen",
    )
    stated = stage(tmp_path, start="python app.py")
    guessed = stage(tmp_path)
    guessed.contract.start = CommandText(text="python app.py")  # type: ignore[misc]

    assert listening._unless_guessed(stated, local) == local
    assert listening._unless_guessed(guessed, local) == Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message="cannot be checked here: the server listens on 127.0.0.1:5000, and `python app.py` is only assumed: "
        "no file says how the service starts",
        remedy="make it listen; or state how the service starts (startCommand in a render.yaml)",
    )
