"""Real services, good and bad, started by the boot check as their target would."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy_suite.adapters.networks import LocalNetworks, OwnNetwork
from deploy_suite.checks import boot
from deploy_suite.checks.boot import answering
from deploy_suite.errors import CannotCheckError
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.probe import Expectation, Probe
from tests.doubles.machine import Heard
from tests.integration.boot_stage import PORT, Service, built, nothing_left_running, real_ports, shape

pytestmark = pytest.mark.integration

Boot = Callable[..., tuple[Finding, ...]]

# A server of the standard library whose behaviour is a few lines in `answer`.
SERVER = """
import http.server, os, signal, sys, threading, time

def answer(path, headers):
    return 200, "fine"

{extra}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = answer(self.path, self.headers)
        self.send_response(status)
        for name, value in (HEADERS if "HEADERS" in globals() else {{}}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass

HOST = globals().get("HOST", "0.0.0.0")
WHERE = globals().get("WHERE", int(os.environ["PORT"]))
server = http.server.ThreadingHTTPServer((HOST, WHERE), Handler)
signal.signal(signal.SIGTERM, globals().get("on_term", lambda *_: threading.Thread(target=server.shutdown).start()))
server.daemon_threads = False
server.serve_forever()
server.server_close()
"""


def app(extra: str = "") -> dict[str, str]:
    return {"app.py": SERVER.format(extra=extra)}


@pytest.fixture
def start(tmp_path: Path) -> Boot:
    def run(service: Service, *, said: Heard | None = None, isolated: bool = True) -> tuple[Finding, ...]:
        networks = LocalNetworks() if isolated else Unisolated()
        with nothing_left_running(tmp_path):
            return boot.check(built(service, tmp_path, Path(sys.prefix)), real_ports(networks, said))

    return run


class Unisolated(LocalNetworks):
    """What a system offers that grants no namespaces."""

    def open(self, *, isolated: bool):  # type: ignore[no-untyped-def]  # noqa: ARG002
        return super().open(isolated=False)


def test_a_healthy_service_passes_with_its_figures(start: Boot) -> None:
    findings = start(Service(files=app()))

    assert shape(findings) == [("boots", "passed", "")]
    assert findings[0].message.startswith("listens on port 10000 after ")
    assert "GET /health answers 200; holds " in findings[0].message


def test_a_service_on_localhost_only_is_named_as_that(start: Boot) -> None:
    findings = start(Service(files=app('HOST = "127.0.0.1"')))

    assert shape(findings) == [("bound-to-wrong-address", "failed", "render.yaml:7")]


def test_another_port_is_a_warning_since_the_target_finds_it(start: Boot) -> None:
    findings = start(Service(files=app("WHERE = 8000")))

    assert shape(findings) == [("boots", "passed", ""), ("bound-to-wrong-address:port", "note", "render.yaml:7")]


def test_a_start_that_exits_at_once_names_the_line_of_the_projects_own_code(start: Boot) -> None:
    files = {"app.py": "from api import service\n", "api/__init__.py": "", "api/service.py": "\nimport nonesuch\n"}

    findings = start(Service(files=files))

    assert shape(findings) == [("missing-requirement:nonesuch", "failed", "api/service.py:2")]
    assert "app.py:1 → api/service.py:2" in findings[0].evidence


def test_versions_that_are_known_to_end_a_start_so_are_named_with_their_way_out(start: Boot) -> None:
    files = {"app.py": "raise ModuleNotFoundError(\"No module named 'pkg_resources'\")\n"}

    (failed,) = start(Service(files=files, packages={"gunicorn": "20.0.4"}))
    (unknown,) = start(Service(files=files, packages={"gunicorn": "23.0.0"}))

    assert failed.code == unknown.code == "stdlib-removed:pkg_resources"
    assert "gunicorn 20.0.4 is installed without setuptools" in failed.message
    assert failed.remedy == "move to gunicorn>=21.2.0, or require setuptools<82"
    assert "gunicorn" not in unknown.message + unknown.remedy


def test_a_program_file_that_the_commit_lacks_is_named_as_the_repository_would(start: Boot) -> None:
    findings = start(Service(files=app(), start="python web/main.py"))

    assert shape(findings) == [("command-file-missing:web/main.py", "failed", "render.yaml:7")]
    (failure,) = findings
    assert (failure.evidence, failure.remedy) == (
        ("python: can't open file 'web/main.py': [Errno 2] No such file or directory",),
        "commit web/main.py, or correct its name in the start command",
    )


def test_an_unknown_exception_is_quoted_with_its_place(start: Boot) -> None:
    findings = start(Service(files={"app.py": "def f():\n    raise ArithmeticError('odd')\nf()\n"}))

    assert shape(findings) == [("start-exited", "failed", "app.py:2")]
    assert findings[0].message == (
        "the start command ended with exit code 1 before it opened a port: ArithmeticError: odd"
    )


def test_a_program_that_nothing_brings_is_named(start: Boot) -> None:
    findings = start(Service(start="gunicron app:app"))

    assert shape(findings) == [("start-command-not-found:gunicron", "failed", "render.yaml:7")]


def test_a_daemon_left_behind_by_the_start_command_is_no_running_service(start: Boot) -> None:
    findings = start(Service(start="setsid python app.py & exit 0", files=app()))

    assert shape(findings) == [("start-exited:daemon", "failed", "render.yaml:7")]


def test_a_log_file_in_a_folder_that_is_not_there_is_named_where_it_is_written(start: Boot) -> None:
    """What a server says of it is no more than its path."""
    refusal = "Error: Error: 'logs/e.log' isn't writable [FileNotFoundError(2, 'No such file or directory')]"
    files = {
        "app.py": f"import sys\nsys.exit(bytes.fromhex('{refusal.encode().hex()}').decode())\n",
        "gunicorn.conf.py": 'workers = 1\nerrorlog = "logs/e.log"\n',
    }

    nowhere = start(Service(files={"app.py": files["app.py"]}, start="python app.py"))
    in_settings = start(Service(files=files, start="python app.py"))
    in_command = start(Service(files=files, start="python app.py --error-logfile logs/e.log"))

    assert shape(in_settings) == [("log-folder-missing", "failed", "gunicorn.conf.py:2")]
    assert shape(in_command) == shape(nowhere) == [("log-folder-missing", "failed", "render.yaml:7")]


def test_workers_that_end_by_themselves_are_told_of_a_server_that_answers_and_of_one_that_never_does(
    start: Boot,
) -> None:
    ended = """
def tell(number):
    print(f"[2026-11-22 13:46:49 +0000] [5] [ERROR] Worker (pid:{number}) exited with code 7", flush=True)
"""
    lost = start(Service(files=app(f"{ended}\ntell(7)")))
    never = start(Service(files=app(f"{ended}\n[tell(each) for each in range(5)]\ndef answer(*_): time.sleep(600)")))

    assert shape(lost) == [("boots", "passed", ""), ("workers-restart", "warning", "render.yaml:7")]
    assert shape(never) == [("workers-restart", "failed", "render.yaml:7")]


def test_a_service_that_ignores_sigterm_is_killed_after_the_delay(start: Boot) -> None:
    findings = start(Service(files=app("on_term = lambda *_: print('no')"), shutdown_s=1.5))

    (ignored,) = [finding for finding in findings if finding.code == "ignores-sigterm"]
    assert (ignored.outcome.value, str(ignored.location)) == ("warning", "render.yaml:7")


def test_a_service_that_may_wait_for_what_is_not_here_is_not_accused_when_it_ignores_sigterm(start: Boot) -> None:
    stubborn = app("on_term = lambda *_: print('no')")

    found = start(Service(files=stubborn, shutdown_s=1.5, dummies={"KAFKA_URL": "kafka://127.0.0.1:9092"}))

    (ignored,) = [finding for finding in found if finding.code == "ignores-sigterm"]
    assert ignored.outcome.value == "note"
    assert ignored.certainty == "it may have waited for what is not here; made-up addresses: KAFKA_URL"


def test_a_request_under_way_when_sigterm_comes_is_answered(start: Boot) -> None:
    slow = 'server_is_slow = True\ndef answer(path, headers):\n    time.sleep(0.5)\n    return 200, "slow"'

    findings = start(Service(files=app(slow), health="/health"))

    assert shape(findings) == [("boots", "passed", "")]
    assert findings[0].message.endswith("a request under way answered")


def test_a_request_cut_by_the_stop_is_a_warning(start: Boot) -> None:
    cutting = (
        "on_term = lambda *_: os._exit(0)\ndef answer(path, headers):\n    time.sleep(0.5)\n    return 200, 'slow'"
    )

    findings = start(Service(files=app(cutting)))

    assert shape(findings) == [("boots", "passed", ""), ("request-cut-at-stop", "warning", "")]


def test_a_flood_of_output_neither_fills_memory_nor_holds_up_the_service(start: Boot) -> None:
    flood = "for _ in range(1000):\n    sys.stdout.write('x' * 1_000_000 + '\\n')"

    findings = start(Service(files=app(flood)))

    assert shape(findings) == [("boots", "passed", "")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, [("boots", "passed", "")]),
        (301, [("boots", "passed", ""), ("health-check-redirect", "warning", "render.yaml:2")]),
        (401, [("health-check-failed", "failed", "render.yaml:2")]),
        (404, [("health-check-failed", "failed", "render.yaml:2")]),
        (500, [("health-check-failed", "failed", "render.yaml:2")]),
    ],
)
def test_the_health_path_must_answer_success(start: Boot, status: int, expected: list[tuple[str, str, str]]) -> None:
    answers = f'def answer(path, headers):\n    return ({status} if path == "/health" else 200), "text"'

    assert shape(start(Service(files=app(answers)))) == expected


def test_a_health_path_that_becomes_ready_late_passes(start: Boot) -> None:
    late = 'began = time.time()\ndef answer(path, headers):\n    return (503 if time.time() - began < 3 else 200), ""'

    assert shape(start(Service(files=app(late)))) == [("boots", "passed", "")]


def test_the_health_check_comes_under_the_host_name_of_the_service(start: Boot) -> None:
    only = 'def answer(path, headers):\n    return (200 if headers["Host"] == "konan.onrender.com" else 400), ""'

    assert shape(start(Service(files=app(only)))) == [("boots", "passed", "")]


def test_a_host_that_the_service_does_not_allow_is_named(start: Boot) -> None:
    refusing = 'def answer(path, headers):\n    return 400, "Invalid host header"'

    with_health = start(Service(files=app(refusing)))
    without = start(Service(files=app(refusing), health=""))

    assert shape(with_health) == [("host-not-allowed", "failed", "")]
    assert shape(without) == [("boots", "passed", ""), ("host-not-allowed", "warning", "")]


def test_without_a_health_path_any_answer_counts_and_a_server_error_is_a_warning(start: Boot) -> None:
    def answering(status: int) -> dict[str, str]:
        return app(f"def answer(path, headers):\n    return {status}, ''")

    assert shape(start(Service(files=answering(404), health=""))) == [("boots", "passed", "")]
    assert shape(start(Service(files=answering(500), health=""))) == [
        ("boots", "passed", ""),
        ("server-error:/", "warning", ""),
    ]


def test_what_a_route_makes_of_a_host_out_of_reach_is_no_fault_of_its_own(start: Boot) -> None:
    document = '{"openapi": "3.1.0", "paths": {"/costs": {"get": {}}}}'
    costs = """
import contextlib, socket
def answer(path, headers):
    if path == "/openapi.json":
        return 200, DOCUMENT
    if path == "/costs":
        with contextlib.suppress(OSError):
            socket.getaddrinfo(HOST_OF_COSTS, 443)
        return 500, "no costs today"
    return 200, "fine"
"""

    def told(host: str) -> list[str]:
        names = f"DOCUMENT = {document!r}\nHOST_OF_COSTS = {host!r}"
        return [one.code for one in start(Service(files=app(names + costs)))]

    assert told("127.0.0.1") == ["boots", "server-error:/costs"]
    assert told("costs.example.com") == ["boots", "network-at-request:costs.example.com"]


def test_an_answer_that_asks_for_a_variable_which_nothing_states_is_no_fault(start: Boot) -> None:
    document = '{"openapi": "3.1.0", "paths": {"/costs": {"get": {}}}}'

    def told(said: str) -> list[str]:
        answers = {"/openapi.json": (200, document), "/costs": (500, said)}
        text = f"ANSWERS = {answers!r}\ndef answer(path, headers):\n    return ANSWERS.get(path, (200, 'fine'))\n"
        return [one.code for one in start(Service(files=app(text)))]

    assert told('{"detail": "COSTS_URL and COSTS_KEY must be set"}') == ["boots"]
    assert told('{"detail": "division by zero"}') == ["boots", "server-error:/costs"]


def test_a_service_that_needs_more_than_its_plan_grants_fails(start: Boot) -> None:
    eager = "hoard = bytearray(b'x') * 100_000_000"

    over = start(Service(files=app(eager), memory_bytes=64 * 1024 * 1024))
    tight = start(Service(files=app(eager), memory_bytes=120 * 1024 * 1024))

    assert shape(over) == [("out-of-memory", "failed", "render.yaml:2")]
    assert shape(tight) == [("boots", "passed", ""), ("memory-tight", "warning", "render.yaml:2")]


def test_workers_that_die_over_and_over_are_seen_behind_a_master_that_stays(start: Boot) -> None:
    master = """
        import subprocess, sys, time
        while True:
            subprocess.run([sys.executable, "worker.py"])
            time.sleep(0.7)
        """
    findings = start(Service(files={"app.py": master, "worker.py": "import nonesuch\n"}))

    assert shape(findings) == [("missing-requirement:nonesuch", "failed", "worker.py:1")]
    assert findings[0].message.startswith("the server's workers fail and are started anew, over and over")


def test_a_service_that_opens_no_port_in_time_fails_with_its_last_words(start: Boot) -> None:
    busy = "print('thinking', flush=True)\nwhile True:\n    pass\n"

    findings = start(Service(files={"app.py": busy}, start_s=2))

    assert shape(findings) == [("no-open-port", "failed", "render.yaml:7")]
    assert findings[0].evidence == ("thinking",)


@pytest.mark.parametrize(
    "said", ["INFO:     Started reloader process [7] using StatReload", "Watching for file changes with StatReloader"]
)
def test_a_reloader_that_is_left_alone_after_a_failure_is_not_waited_for(start: Boot, said: str) -> None:
    waiting = f"import sys, time\nprint({said!r}, flush=True)\n"
    waiting += """\
print("Traceback (most recent call last):", file=sys.stderr)
print('  File "/x/config.py", line 3, in <module>', file=sys.stderr)
print("ArithmeticError: odd", file=sys.stderr, flush=True)
while True:
    end = time.process_time() + 0.02
    while time.process_time() < end:
        pass
    time.sleep(0.2)
"""
    findings = start(Service(files={"app.py": waiting}, start_s=90))

    assert shape(findings)[0][:2] == ("no-open-port", "failed")
    assert "its reloader waits for a change since the application failed" in findings[0].message


def test_a_service_that_listens_and_never_answers_fails(start: Boot) -> None:
    deaf = "import os, socket, time\nserver = socket.create_server(('', int(os.environ['PORT'])))\ntime.sleep(1000)\n"

    findings = start(Service(files={"app.py": deaf}, start_s=5))

    assert shape(findings) == [("health-check-timeout", "failed", "render.yaml:2")]


@pytest.mark.parametrize(("forks", "code", "starts"), [("", ":stuck", 1), ("os.fork()", "", 2)], ids=["one", "several"])
def test_what_hangs_is_started_again_only_where_that_may_show_something_else(
    start: Boot, monkeypatch: pytest.MonkeyPatch, forks: str, code: str, starts: int
) -> None:
    monkeypatch.setattr(answering, "_STUCK_S", 3.0)
    said = Heard()
    listening = "server = socket.create_server(('', int(os.environ['PORT'])), reuse_port=True)\ntime.sleep(1000)\n"
    deaf = f"import os, socket, time\n{forks}\n{listening}"

    findings = start(Service(files={"app.py": deaf}, start_s=60), said=said)

    assert shape(findings) == [(f"health-check-timeout{code}", "failed", "render.yaml:2")]
    assert said.lines.count("konan: once more, for it hung") == starts - 1


ANSWERING = """
import os, socket, sys, time
server = socket.create_server(("", int(os.environ["PORT"])))
while True:
    connection, _ = server.accept()
    connection.recv(9999)
    connection.sendall({first})
{then}    connection.close()
"""


def test_what_does_not_speak_http_fails_long_before_the_target_gives_up(
    start: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_UNAVAILABLE_SETTLED_S", 2.0)
    busy = "    print(time.time(), flush=True)\n"  # so that it does not look idle

    findings = start(Service(files={"app.py": ANSWERING.format(first='b"\\x15\\x03\\x03"', then=busy)}, start_s=20))

    assert shape(findings) == [("health-check-timeout", "failed", "render.yaml:2")]
    assert "the answer does not follow the protocol" in findings[0].message


def test_a_server_that_notices_the_end_of_our_patience_is_not_told_to_restart_its_workers(
    start: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 1.0)
    endless = """    try:
        while True:
            connection.sendall(b"x")
            time.sleep(0.2)
    except OSError:
        import traceback
        traceback.print_exc()
"""
    head = 'b"HTTP/1.1 200 OK\\r\\n\\r\\n"'

    findings = start(Service(files={"app.py": ANSWERING.format(first=head, then=endless)}, start_s=60))

    assert shape(findings) == [("health-check-timeout", "failed", "render.yaml:2")]
    assert "gave no whole answer in 2 s, time and again" in findings[0].message


LATE = "def answer(path, headers):\n    time.sleep({seconds})\n    return 200, 'fine'\n"


def test_a_health_path_that_always_answers_too_late_fails_long_before_the_target_gives_up(start: Boot) -> None:
    findings = start(Service(files=app(LATE.format(seconds="3")), start_s=900))

    assert shape(findings) == [("health-check-timeout:late", "failed", "render.yaml:2")]
    assert "GET /health answers in 3.0 s each time (6 times in a row, at rest between them)" in findings[0].message


def test_a_start_that_answers_late_at_first_has_its_whole_time(start: Boot) -> None:
    warming = "BEGAN = time.monotonic()\n" + LATE.format(seconds="3 if time.monotonic() - BEGAN < 15 else 0")

    assert shape(start(Service(files=app(warming))))[0] == ("boots", "passed", "")


def test_a_late_answer_is_a_warning_where_no_health_path_is_named(start: Boot) -> None:
    findings = start(Service(files=app(LATE.format(seconds="3")), health=""))

    assert ("health-check-timeout", "warning", "render.yaml:2") in shape(findings)
    assert shape(findings)[0] == ("boots", "passed", "")


def test_what_a_start_tried_to_reach_is_told_and_its_failure_proves_nothing(start: Boot) -> None:
    reaching = "import urllib.request\n{}urllib.request.urlopen('https://api.example.com/v1')\n"
    guarded = "import contextlib\nwith contextlib.suppress(OSError):\n    " + reaching.format("").splitlines()[1]

    survives = start(Service(files=app("import urllib.request\n" + guarded)))
    fails = start(Service(files={"app.py": reaching.format("")}))

    assert shape(survives) == [("boots", "passed", ""), ("network-at-start", "note", "")]
    assert "api.example.com" in survives[1].message
    assert shape(fails) == [("needs-network", "skipped", "app.py:2")]
    assert "api.example.com" in fails[0].message
    assert "--network" in fails[0].remedy


def test_an_installer_that_only_the_start_calls_proves_nothing_without_a_network(start: Boot) -> None:
    said = """\
import socket, sys
try:
    socket.getaddrinfo("pypi.org", 443)
except OSError as error:
    print("WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
          f"'NewConnectionError: Failed to establish a new connection: {error}': /simple/pip/", file=sys.stderr)
    print("ERROR: Could not find a version that satisfies the requirement pip (from versions: none)", file=sys.stderr)
    print("ERROR: No matching distribution found for pip", file=sys.stderr)
    sys.exit(1)
"""
    findings = start(Service(files={**app(), "renew.py": said}, start="python renew.py && python app.py"))

    assert shape(findings)[0][:2] == ("needs-network", "skipped")
    assert "it wanted to reach pypi.org" in findings[0].message


def test_with_leave_a_start_that_wanted_the_network_is_tried_again_with_it(start: Boot) -> None:
    reaching = "import socket\nsocket.create_connection(('192.0.2.77', 9), 0.3)\n"
    service = Service(files={"app.py": reaching}, preferences=Preferences(allow_network=True), start_s=5)

    findings = start(service)

    assert [each.code for each in findings][:1] == ["network-at-start"]
    assert "192.0.2.77:9" in findings[0].message
    assert len(findings) == 2


def test_the_codes_own_address_of_another_system_proves_nothing_where_no_manifest_states_variables(start: Boot) -> None:
    said = "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused."
    files = {"app.py": f"import sys\nprint({said!r})\nsys.exit(1)\n"}

    (excused,) = start(Service(files=files))
    (failed,) = start(Service(files=files, variables={"LEVEL": "info"}))

    assert (excused.code, excused.outcome.value) == ("cannot-check-here", "skipped")
    assert excused.message.endswith("and no manifest says which variables the target has")
    assert (failed.code, failed.outcome.value) == ("redis-connection-refused", "failed")


def test_a_page_that_fails_for_such_an_address_is_still_a_warning_for_the_service_is_up(start: Boot) -> None:
    said = "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused."
    failing = f"def answer(path, headers):\n    print({said!r}, flush=True)\n    return 500, 'no'"

    findings = start(Service(files=app(failing), health=""))

    assert ("redis-connection-refused", "warning") in [(code, outcome) for code, outcome, _ in shape(findings)]
    assert not [one for one in findings if one.outcome.value == "skipped"]


def test_a_made_up_address_of_another_service_that_refuses_proves_nothing(start: Boot) -> None:
    needy = "import socket\nsocket.create_connection(('127.0.0.1', 6379))\n"

    findings = start(Service(files={"app.py": needy}, dummies={"REDIS_URL": "redis://127.0.0.1:6379"}))

    assert shape(findings) == [("cannot-check-here", "skipped", "app.py:2")]
    assert "REDIS_URL" in findings[0].message


def test_a_driver_that_only_a_made_up_address_asks_for_proves_nothing(start: Boot) -> None:
    files = {"app.py": "raise ModuleNotFoundError(\"No module named 'psycopg2'\")\n"}

    (excused,) = start(Service(files=files, dummies={"DATABASE_DSN": "postgresql://u:p@127.0.0.1:1/d"}))
    (failed,) = start(Service(files=files, dummies={"FRONTEND_URL": "https://preflight-dummy.invalid"}))

    assert (excused.code, excused.outcome.value) == ("cannot-check-here", "skipped")
    assert "only a made-up address asks for it (DATABASE_DSN)" in excused.message
    assert (failed.code, failed.outcome.value) == ("missing-requirement:psycopg2-binary", "failed")


def test_a_worker_that_finds_no_tables_may_rely_on_another_service(start: Boot) -> None:
    said = 'psycopg.errors.UndefinedTable: relation "users" does not exist'
    files = {"app.py": f"import sys\nsys.exit({said!r})\n"}

    (worker,) = start(Service(files=files, kind=ServiceKind.WORKER))
    (web,) = start(Service(files=files))

    assert (worker.code, worker.outcome.value) == ("cannot-check-here", "skipped")
    assert (web.code, web.outcome.value) == ("migrations-not-run", "failed")


def test_the_host_of_a_made_up_address_that_does_not_resolve_proves_nothing(start: Boot) -> None:
    said = "pymongo.errors.ConfigurationError: The DNS query name does not exist: _mongodb._tcp.cluster.made-up.net."
    files = {"app.py": f"import sys\nsys.exit({said!r})\n"}

    (finding,) = start(Service(files=files, dummies={"MONGODB": "mongodb+srv://u:p@cluster.made-up.net/?w=majority"}))

    assert (finding.code, finding.outcome.value) == ("cannot-check-here", "skipped")


def test_files_are_named_as_the_repository_does(start: Boot, tmp_path: Path) -> None:
    (finding,) = start(Service(files={"app.py": "def broken(:\n"}))

    assert finding.code == "app-syntax-error"
    assert str(tmp_path) not in "\n".join((finding.message, *finding.evidence, finding.certainty, finding.remedy))


def test_a_made_up_value_that_the_service_complains_of_proves_nothing(start: Boot) -> None:
    strict = "import os\nif not os.environ['API_KEY'].startswith('sk-'):\n    raise ValueError('API_KEY has no sk-')\n"

    findings = start(Service(files={"app.py": strict}, dummies={"API_KEY": "made-up-123"}))

    assert shape(findings) == [("cannot-check-here", "skipped", "app.py:3")]
    assert ".env.preflight" in findings[0].remedy


def test_the_pre_deploy_command_runs_first_and_stops_everything_when_it_fails(start: Boot) -> None:
    good = start(Service(files=app("open('made-before').close()"), pre_deploy="touch made-before"))
    bad = start(Service(files=app(), pre_deploy="echo no such table >&2; exit 3"))

    assert shape(good) == [("boots", "passed", "")]
    assert shape(bad) == [("pre-deploy-failed", "failed", "render.yaml:7")]
    assert bad[0].evidence == ("no such table",)


def test_the_probes_of_the_project_are_asked_and_a_failing_one_fails(start: Boot) -> None:
    answers = "import json\ndef answer(path, headers):\n    return 200, json.dumps({'reply': path})"
    probes = (
        Probe(name="good", path="/a", expect=Expectation(json={"reply": "/a"})),
        Probe(name="bad", path="/b", expect=Expectation(json={"reply": "/a"})),
    )

    findings = start(Service(files=app(answers), probes=probes))

    assert shape(findings) == [("probe-failed:bad", "failed", "")]
    assert 'reply is "/b" where "/a" was expected' in findings[0].message
    assert findings[0].reproduce.startswith("curl ")
    assert findings[0].reproduce.endswith(" http://127.0.0.1:10000/b")


def test_a_latency_budget_is_exceeded_only_when_no_exchange_of_several_keeps_it(start: Boot) -> None:
    slow_at_first = (
        "asked = []\ndef answer(path, headers):\n    asked.append(path)\n"
        "    time.sleep(1.0 if path == '/always' or asked.count(path) == 1 else 0)\n    return 200, 'ok'"
    )
    probes = (
        Probe(name="once", path="/once", expect=Expectation(latency_ms=200)),
        Probe(name="always", path="/always", expect=Expectation(latency_ms=200)),
    )

    findings = start(Service(files=app(slow_at_first), probes=probes))

    assert shape(findings) == [("probe-failed:always", "failed", "")]
    assert "the fastest of 5 exchanges took 1" in findings[0].message


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread has waited for a processor")
def test_a_latency_budget_that_others_on_this_machine_exceed_is_a_doubt(start: Boot) -> None:
    works = (
        "http.server.ThreadingHTTPServer = http.server.HTTPServer  # as servers do that keep their threads\n"
        "os.sched_setaffinity(0, {0})\ndef answer(path, headers):\n    began = time.thread_time()\n"
        "    while path == '/work' and time.thread_time() - began < 0.4:\n        pass\n    return 200, 'ok'"
    )
    probes = (Probe(name="work", path="/work", expect=Expectation(latency_ms=500)),)
    busy = "import os\nos.sched_setaffinity(0, {0})\nwhile True:\n    pass"
    # Each in a session of its own, for the kernel shares a processor out by sessions first.
    others = [subprocess.Popen((sys.executable, "-c", busy), start_new_session=True) for _ in range(3)]
    try:
        findings = start(Service(files=app(works), probes=probes))
    finally:
        for each in others:
            each.kill()
            each.wait()

    found = next(each for each in findings if each.code == "probe-failed:work")
    assert found.outcome is Outcome.WARNING
    assert re.fullmatch(r"not known: in \d+ of \d+ ms others had the processor", found.certainty)


def test_a_worker_must_stay_up_and_a_cron_job_is_not_started(start: Boot) -> None:
    loop = {"app.py": "import time\nwhile True:\n    time.sleep(0.1)\n"}
    ends = {"app.py": "print('done')\n"}

    assert shape(start(Service(files=loop, kind=ServiceKind.WORKER))) == [("boots", "passed", "")]
    assert shape(start(Service(files=ends, kind=ServiceKind.WORKER))) == [("start-exited", "failed", "render.yaml:7")]
    cron = start(Service(files=ends, kind=ServiceKind.CRON))
    assert (shape(cron), cron[0].required) == ([("not-run", "skipped", "")], False)


def test_a_private_service_may_speak_anything_on_any_port(start: Boot) -> None:
    deaf = "import socket, time\nserver = socket.create_server(('', 7777))\ntime.sleep(1000)\n"

    findings = start(Service(files={"app.py": deaf}, kind=ServiceKind.PRIVATE))

    assert shape(findings) == [("boots", "passed", "")]


def test_a_taken_port_does_not_matter_in_a_network_of_its_own(start: Boot) -> None:
    with socket.create_server(("", PORT)):
        findings = start(Service(files=app()))

    assert shape(findings) == [("boots", "passed", "")]


def test_without_isolation_a_taken_port_is_moved_where_the_contract_lets_us(start: Boot) -> None:
    with socket.create_server(("", PORT)):
        findings = start(Service(files=app()), isolated=False)

    assert shape(findings) == [("boots", "passed", "")]
    assert f"port {PORT} is taken on this machine: the service was given port " in findings[0].message
    assert "no isolated network" in findings[0].message


def test_without_isolation_a_taken_port_that_cannot_be_moved_cannot_be_checked(tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    case = built(Service(files=app()), tmp_path)
    fixed = replace(case, case=replace(case.case, contract=replace(case.case.contract, port_is_movable=False)))

    with socket.create_server(("", PORT)), pytest.raises(CannotCheckError) as raised:
        boot.check(fixed, real_ports(Unisolated()))

    assert raised.value.message == f"port {PORT} is taken on this machine, and the project states it literally"


def test_a_slow_start_is_told_of_every_ten_seconds_and_passes(start: Boot) -> None:
    said = Heard()
    slow = "print('loading the model', flush=True)\ntime.sleep(11)"

    findings = start(Service(files=app(slow)), said=said)

    assert shape(findings) == [("boots", "passed", "")]
    assert said.lines == ["konan: waiting for port 10000; it said last: loading the model (10 s so far)"]


def test_own_network_is_what_it_says() -> None:
    network = OwnNetwork()

    assert (network.is_isolated, network.reached_for()) == (False, ())


def test_bash_is_where_services_expect_it() -> None:
    assert subprocess.run(["bash", "-c", "exit 3"], check=False).returncode == 3
