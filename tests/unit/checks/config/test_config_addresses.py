from collections.abc import Callable

import pytest

from deploy_suite.checks.base import Findings
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location

Checked = Callable[..., Findings]

FILES = {
    "app.py": "import x\napp = x.make()\n",
    "requirements.txt": "gunicorn\nuvicorn\nhypercorn\ndaphne\nflask\nwaitress\ngranian\ncelery\n",
}
WRONG = "bound-to-wrong-address"
WRONG_PORT = "bound-to-wrong-address:port"


def outcomes(findings: Findings) -> list[tuple[str, Outcome]]:
    return [(one.code, one.outcome) for one in findings]


@pytest.mark.parametrize(
    "start",
    [
        "gunicorn app:app",
        "gunicorn app:app -b 0.0.0.0:$PORT",
        "gunicorn app:app --bind=:$PORT",
        "gunicorn app:app -b [::]:$PORT",
        "gunicorn app:app -b 0.0.0.0:${PORT:-8000}",
        "gunicorn app:app --bind 0.0.0.0:10000",
        "uvicorn app:app --host 0.0.0.0 --port $PORT",
        "uvicorn app:app --host=0.0.0.0 --port=${PORT:-5000}",
        "uvicorn app:app --host $HOST_ADDRESS --port $PORT",
        "python -m uvicorn app:app --host 0.0.0.0 --port $PORT",
        "hypercorn app:app --bind 0.0.0.0:$PORT",
        "daphne -b 0.0.0.0 -p $PORT app:app",
        "flask --app app run --host 0.0.0.0 --port $PORT",
        "waitress-serve --port=$PORT app:app",
        "granian --interface asgi --host 0.0.0.0 --port $PORT app:app",
        "bash -c 'exec uvicorn app:app --host 0.0.0.0 --port $PORT'",
        "uvicorn app:app --uds /tmp/x.sock & uvicorn app:app --host 0.0.0.0 --port $PORT",
        'if [ -n "$DEV" ]; then flask run; else gunicorn app:app; fi',
        "celery -A app worker",
    ],
)
def test_a_server_that_the_target_reaches_is_fine(checked: Checked, start: str) -> None:
    assert outcomes(checked(FILES, start=start)) == []


@pytest.mark.parametrize(
    "start",
    [
        "gunicorn app:app -b 127.0.0.1:$PORT",
        "gunicorn app:app --bind localhost:8000",
        "gunicorn app:app -b unix:/tmp/gunicorn.sock",
        "gunicorn app:app -b 192.168.0.133:$PORT",
        "uvicorn app:app",
        "uvicorn app:app --port $PORT",
        "uvicorn app:app --host 127.0.0.1 --port $PORT",
        "python -m uvicorn app:app --reload",
        "hypercorn app:app",
        "daphne -p $PORT app:app",
        "flask --app app run",
        "flask --app app run -p $PORT",
    ],
)
def test_a_server_that_only_the_service_itself_reaches_fails(checked: Checked, start: str) -> None:
    assert outcomes(checked(FILES, start=start)) == [(WRONG, Outcome.FAILED)]


@pytest.mark.parametrize(
    "start",
    [
        "uvicorn app:app --host 0.0.0.0 --port 8000",
        "gunicorn app:app -b 0.0.0.0:5000",
        "flask --app app run --host=0.0.0.0",
        "waitress-serve app:app",
    ],
)
def test_another_port_is_a_warning_because_render_usually_finds_it(checked: Checked, start: str) -> None:
    assert outcomes(checked(FILES, start=start)) == [(WRONG_PORT, Outcome.NOTE)]


def test_a_private_service_chooses_its_port(checked: Checked) -> None:
    assert outcomes(checked(FILES, start="uvicorn app:app --host 0.0.0.0 --port 8000", kind="pserv")) == []


def test_the_command_line_beats_gunicorns_variable_and_that_beats_the_file(checked: Checked) -> None:
    files = {**FILES, "gunicorn.conf.py": "bind = '127.0.0.1:8000'\n"}

    assert outcomes(checked(files)) == []
    assert outcomes(checked(files, variables={"GUNICORN_CMD_ARGS": "--workers 2"})) == [(WRONG, Outcome.FAILED)]
    assert outcomes(checked(files, variables={"GUNICORN_CMD_ARGS": "-b 127.0.0.1:9000"})) == [(WRONG, Outcome.FAILED)]
    assert outcomes(checked(files, start="gunicorn -b 127.0.0.1:1 app:app")) == [(WRONG, Outcome.FAILED)]


def test_a_configuration_file_that_reads_the_environment_is_evaluated(checked: Checked) -> None:
    files = {
        **FILES,
        "gunicorn.conf.py": "import os\nbind = f\"0.0.0.0:{os.environ.get('PORT', '8000')}\"\n",
    }

    assert outcomes(checked(files, variables={"GUNICORN_CMD_ARGS": ""})) == []


def test_the_variable_of_uvicorn_counts(checked: Checked) -> None:
    start = "uvicorn app:app --port $PORT"

    assert outcomes(checked(FILES, start=start, variables={"UVICORN_HOST": "::"})) == []


@pytest.mark.parametrize(
    "start",
    [
        "gunicorn app:app -b '0.0.0.0:$PORT'",
        "uvicorn app:app --host 0.0.0.0 --port %PORT%",
        "uvicorn app:app --host 0.0.0.0 --port {PORT}",
    ],
)
def test_a_port_that_no_shell_replaces_fails(checked: Checked, start: str) -> None:
    assert outcomes(checked(FILES, start=start)) == [("port-var-not-expanded", Outcome.FAILED)]


MAIN = """\
import os
import uvicorn
from fastapi import FastAPI
app = FastAPI()
{constants}
if __name__ == "__main__":
    {call}
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("uvicorn.run(app, host='0.0.0.0', port=int(os.environ['PORT']))", []),
        ("uvicorn.run('main:app', host='0.0.0.0', port=int(os.getenv('PORT', 8000)))", []),
        ("uvicorn.run(app, host=HOST, port=int(os.environ.get('PORT') or 5000))", []),
        ("uvicorn.run(app, **settings)", []),
        ("uvicorn.run(app, host=config.host, port=config.port)", []),
        ("uvicorn.run(app, host='127.0.0.1', port=8000)", [(WRONG, Outcome.FAILED), (WRONG_PORT, Outcome.NOTE)]),
        ("uvicorn.run(app, port=int(os.environ['PORT']))", [(WRONG, Outcome.FAILED)]),
        (
            "uvicorn.run(app, host='192.168.0.133', port=8000)",
            [(WRONG, Outcome.FAILED), (WRONG_PORT, Outcome.NOTE)],
        ),
        ("uvicorn.run(app, host=os.getenv('BIND', '127.0.0.1'), port=10000)", [(WRONG, Outcome.WARNING)]),
        ("uvicorn.run(app, host='0.0.0.0', port=8000)", [(WRONG_PORT, Outcome.NOTE)]),
    ],
)
def test_the_address_in_a_file_that_python_runs(checked: Checked, call: str, expected: object) -> None:
    files = {"main.py": MAIN.format(call=call, constants="HOST = '0.0.0.0'"), "requirements.txt": "uvicorn\nfastapi\n"}

    assert outcomes(checked(files, start="python main.py")) == expected


def test_the_finding_names_the_line_and_both_commands(checked: Checked) -> None:
    files = {
        "main.py": MAIN.format(call="uvicorn.run(app, host='127.0.0.1', port=8000)", constants=""),
        "requirements.txt": "uvicorn\n",
    }

    finding, port = checked(files, start="python main.py")

    assert finding.location == port.location == Location("main.py", 7)
    assert finding.evidence == ("uvicorn.run(host='127.0.0.1', port=8000)", "startCommand: python main.py")
    assert finding.remedy == 'write host="0.0.0.0", port=int(os.environ["PORT"]) in main.py:7'


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("uvicorn.run(app, host='127.0.0.1', port=8000)", []),
        ("uvicorn.run(app, port=8000, reload=True)", []),
        ("uvicorn.run(app, host='192.168.0.133', port=8000)", [(WRONG, Outcome.WARNING)]),
    ],
)
def test_under_a_guard_the_address_is_harmless_when_a_server_imports_the_module(
    checked: Checked, call: str, expected: object
) -> None:
    files = {"main.py": MAIN.format(call=call, constants=""), "requirements.txt": "uvicorn\nfastapi\n"}

    assert outcomes(checked(files, start="uvicorn main:app --host 0.0.0.0 --port $PORT")) == expected


def test_a_server_started_at_import_is_a_warning(checked: Checked) -> None:
    files = {"app.py": "from flask import Flask\napp = Flask(__name__)\napp.run()\n", "requirements.txt": "gunicorn\n"}

    assert outcomes(checked(files)) == [(WRONG, Outcome.WARNING)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("app.run(host='0.0.0.0', port=os.environ['PORT'])", []),
        ("app.run(debug=True)", [(WRONG, Outcome.FAILED)]),
        ("app.run('0.0.0.0', 10000)", []),
        ("socketio.run(app)", [(WRONG, Outcome.FAILED)]),
        ("socketio.run(app, host='0.0.0.0', port=int(os.environ.get('PORT', 5000)))", []),
        ("bot.run(TOKEN)", []),
    ],
)
def test_flasks_own_server_listens_locally_unless_told(checked: Checked, source: str, expected: object) -> None:
    text = (
        "import os\nfrom flask import Flask\nfrom flask_socketio import SocketIO\n"
        f"app = Flask(__name__)\nsocketio = SocketIO(app)\n{source}\n"
    )

    assert outcomes(checked({"main.py": text, "requirements.txt": "flask\n"}, start="python main.py")) == expected
