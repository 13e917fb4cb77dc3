"""What servers import beside the application."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Companion, EntryPoint
from deploy_suite.project import entry_points
from deploy_suite.tracing.tracer import trace


def entry(folder: Path, command: str, files: Mapping[str, str]) -> EntryPoint:
    for name, text in {"main.py": "app = 1\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    start = CommandText(text=command, location=Location("render.yaml", 6))
    found = entry_points.from_command(start, folder=folder, root=PurePosixPath())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("command", "module", "label"),
    [
        ("gunicorn -k uvicorn.workers.UvicornWorker main:app", "uvicorn.workers", None),
        ("gunicorn -k gevent main:app", "gevent", None),
        ("gunicorn --logger-class=own.Logger main:app", "own", 'logger class "own.Logger"'),
        ("uvicorn main:app --loop uvloop", "uvloop", "--loop uvloop"),
        ("uvicorn main:app --http httptools", "httptools", "--http httptools"),
        ("uvicorn main:app --ws wsproto", "wsproto", "--ws wsproto"),
        ("uvicorn main:app --loop own.loops:factory", "own.loops", "--loop own.loops:factory"),
        ("uvicorn main:app --env-file .env", "dotenv", "--env-file .env"),
        ("uvicorn main:app --log-config log.yaml", "yaml", "--log-config log.yaml"),
        ("hypercorn -k trio main:app", "trio", 'worker class "trio"'),
    ],
)
def test_an_option_that_makes_a_server_import_something_is_told(
    tmp_path: Path, command: str, module: str, label: str | None
) -> None:
    (companion,) = entry(tmp_path, command, {}).companions

    assert companion.module == module
    assert label is None or companion.label == label


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn main:app",
        "gunicorn -k gthread main:app",
        "gunicorn -k egg:gunicorn#sync main:app",
        "gunicorn --logger-class gunicorn.glogging.Logger main:app",
        "uvicorn main:app --loop auto --http auto",
    ],
)
def test_what_a_server_has_of_its_own_is_not_told(tmp_path: Path, command: str) -> None:
    assert entry(tmp_path, command, {}).companions == ()


def test_a_settings_file_is_run_and_what_it_names_imported(tmp_path: Path) -> None:
    files = {
        "gunicorn.conf.py": "import psutil\nworker_class = 'uvicorn_worker.UvicornWorker'\nwsgi_app = 'main:app'\n",
    }

    found = entry(tmp_path, "gunicorn", files)

    assert found.spec == "main:app"
    assert found.companions == (
        Companion(file=PurePosixPath("gunicorn.conf.py"), label="gunicorn's settings gunicorn.conf.py"),
        Companion(module="uvicorn_worker", label='worker class "uvicorn_worker.UvicornWorker"'),
    )
    traced = trace(found, folder=tmp_path, python="3.12")
    assert [(one.name, one.kind.label, one.chain.shown()) for one in traced.imports] == [
        ("psutil", "eager", "render.yaml:6 → gunicorn.conf.py:1 import psutil"),
        ("uvicorn_worker", "eager", 'render.yaml:6 worker class "uvicorn_worker.UvicornWorker"'),
    ]
    assert traced.files == ("gunicorn.conf.py", "main.py")


def test_classes_in_logging_settings_are_imported(tmp_path: Path) -> None:
    ini = "[handler_x]\nclass=logtail.LogtailHandler\n[formatter_y]\nclass=logging.Formatter\n"
    table = '{"formatters": {"json": {"()": "pythonjsonlogger.jsonlogger.JsonFormatter"}}}'.replace("{", "{\n")

    by_ini = entry(tmp_path, "gunicorn --log-config log.ini main:app", {"log.ini": ini})
    by_json = entry(tmp_path, "uvicorn main:app --log-config log.json", {"log.json": table.replace("}", "\n}")})

    assert [one.module for one in by_ini.companions] == ["logtail", "logging"]
    assert [one.module for one in by_json.companions] == ["pythonjsonlogger.jsonlogger"]
    assert [one.name for one in trace(by_ini, folder=tmp_path, python="3.12").imports] == ["logtail"]
