"""Services that misbehave while they are built and started, as the command line tells of them."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.users_project import ended, left_behind, preflight, project, server, started

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]

MEBIBYTE = 1024 * 1024
GIGABYTE_OF_LINES = "import sys\nfor _ in range(16384):\n    sys.stdout.write('x' * 65535 + '\\n')\nsys.stdout.flush()"
GIGABYTE_IN_ONE_LINE = "import sys\nfor _ in range(16384):\n    sys.stdout.write('x' * 65536)\nsys.stdout.flush()"


def test_a_healthy_service_passes_and_leaves_nothing(committed: Committed, own_cache: Path) -> None:
    told = preflight(committed(project()), cache=own_cache)

    found = {code: finding["outcome"] for code, finding in told.findings.items() if finding["required"]}
    assert (told.code, told.report["outcome"], found) == (0, "passed", {})
    assert left_behind(own_cache) == []


def test_a_build_that_never_ends_is_stopped_with_all_that_it_began(committed: Committed, own_cache: Path) -> None:
    endless = "(setsid sleep 4711 &) ; nohup sleep 4712 & echo busy; sleep 4713"

    told = preflight(committed(project(build=endless)), "--build-timeout", "2", cache=own_cache)

    finding = told.findings["build-timeout"]
    assert (told.code, finding["outcome"]) == (3, "skipped")
    assert "did not end within 2 s, the caller's limit, and was stopped" in finding["message"]
    assert finding["evidence"][-1] == "busy"
    assert "--build-timeout" in finding["remedy"]
    assert left_behind(own_cache) == []


def test_a_build_that_fails_leaves_no_process_and_no_half_environment(committed: Committed, own_cache: Path) -> None:
    told = preflight(committed(project(build="(setsid sleep 4711 &) ; exit 7")), cache=own_cache)

    assert told.code == 1
    assert "ended with exit code 7" in told.findings["build-failure"]["message"]
    assert left_behind(own_cache) == []


@contextmanager
def watched_memory(pid: int) -> Iterator[list[int]]:
    """Yield a list that receives the resident size of *pid* ten times a second."""
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                seen.append(psutil.Process(pid).memory_info().rss)
            except psutil.Error:
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def test_a_gigabyte_of_output_costs_neither_memory_nor_disk(committed: Committed, own_cache: Path) -> None:
    noisy = {
        **project(server(before=GIGABYTE_OF_LINES), build="python build.py"),
        "build.py": GIGABYTE_IN_ONE_LINE,
    }
    process = started(committed(noisy), "--format", "json", cache=own_cache)

    with watched_memory(process.pid) as memory:
        told = ended(process)

    assert told.code == 0, told.err[-2000:]
    assert max(memory) < 250 * MEBIBYTE
    kept = sum(each.lstat().st_size for each in own_cache.rglob("*") if "/uv/" not in str(each))
    assert kept < 120 * MEBIBYTE
    assert len(told.out) + len(told.err) < MEBIBYTE


def test_a_crash_after_a_gigabyte_quotes_the_end_of_the_log(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project(f"{GIGABYTE_OF_LINES}\nraise RuntimeError('no till')")), cache=shared_cache)

    assert told.code == 1
    assert "no till" in "\n".join(
        (told.findings["start-exited"]["message"], *told.findings["start-exited"]["evidence"])
    )
    assert len(told.out) + len(told.err) < MEBIBYTE


def test_a_service_that_ignores_sigterm_is_killed_and_told_of(committed: Committed, own_cache: Path) -> None:
    deaf = project(server(at_stop="pass"), more="    maxShutdownDelaySeconds: 2\n")

    told = preflight(committed(deaf), cache=own_cache)

    assert told.code == 0
    assert told.findings["ignores-sigterm"]["location"] == {"file": "render.yaml", "line": 7}
    assert left_behind(own_cache) == []


def test_a_service_that_forks_a_daemon_is_told_of_and_the_daemon_ends(committed: Committed, own_cache: Path) -> None:
    forks = (
        "import subprocess, sys\n"
        f"source = {server()!r}\n"
        "subprocess.Popen([sys.executable, '-c', source], start_new_session=True)\n"
    )

    told = preflight(committed(project(forks)), cache=own_cache)

    assert told.code == 1
    assert "start-exited:daemon" in told.findings
    assert left_behind(own_cache) == []


def test_a_failure_that_leaves_a_helper_for_a_moment_is_told_and_no_daemon(
    committed: Committed, own_cache: Path
) -> None:
    """As hypercorn's main process ends with 0 when its worker cannot import the application."""
    fails = (
        "import subprocess, traceback\n"
        "subprocess.Popen(['sleep', '4716'])\n"
        "try:\n    raise KeyError('no till')\nexcept KeyError:\n    traceback.print_exc()\n"
    )

    told = preflight(committed(project(fails)), cache=own_cache)

    assert told.code == 1
    assert "start-exited:daemon" not in told.findings
    assert "no till" in told.out
    assert left_behind(own_cache) == []


def test_a_helper_in_a_session_of_its_own_ends_with_the_service(committed: Committed, own_cache: Path) -> None:
    helper = "import subprocess\nsubprocess.Popen(['sleep', '4715'], start_new_session=True)"

    told = preflight(committed(project(server(before=helper))), cache=own_cache)

    assert (told.code, told.report["outcome"]) == (0, "passed")
    assert "ignores-sigterm" not in told.findings
    assert left_behind(own_cache) == []


def test_a_double_fork_that_closes_all_is_found_too(committed: Committed, own_cache: Path) -> None:
    daemon = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.closerange(0, 64)\n"
        "        time.sleep(4714)\n"
        "    os._exit(0)\n"
        "time.sleep(0.5)\n"
        "sys.exit(1)\n"
    )

    told = preflight(committed(project(daemon)), cache=own_cache)

    assert told.code == 1
    assert left_behind(own_cache) == []


def test_another_port_is_a_note_that_says_what_the_target_does(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project(server(port="8123"))), cache=shared_cache)

    finding = told.findings["bound-to-wrong-address:port"]
    assert (told.code, finding["outcome"]) == (0, "note")
    assert "8123" in finding["message"]
    assert finding["certainty"]


def test_localhost_is_a_failure_with_the_address(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project(server(host="127.0.0.1"))), cache=shared_cache)

    assert told.code == 1
    assert "127.0.0.1:10000" in told.findings["bound-to-wrong-address"]["message"]


def test_a_service_that_never_answers_is_given_up_at_the_callers_limit(committed: Committed, own_cache: Path) -> None:
    silent = project(server(in_request="time.sleep(1000)"))

    told = preflight(committed(silent), "--start-timeout", "3", cache=own_cache)

    finding = told.findings["health-check-timeout"]
    assert (told.code, finding["outcome"]) == (3, "skipped")
    assert "within 3 s, the caller's limit" in finding["message"]
    assert "--start-timeout" in finding["remedy"]
    assert left_behind(own_cache) == []


def test_a_start_that_opens_no_port_is_given_up_at_the_callers_limit(committed: Committed, shared_cache: Path) -> None:
    idle = project(start="python -c 'import time; time.sleep(1000)'")

    told = preflight(committed(idle), "--start-timeout", "2", cache=shared_cache)

    assert told.code == 3
    assert "opened no port within 2 s, the caller's limit" in told.findings["no-open-port"]["message"]


def test_the_port_that_a_start_did_open_is_named_at_the_callers_limit(committed: Committed, shared_cache: Path) -> None:
    busy = (
        "import socket\nopened = socket.socket()\nopened.bind(('0.0.0.0', 8000))\nopened.listen()\n"
        "while True:\n    sum(range(1000))\n"
    )

    told = preflight(committed(project(busy)), "--start-timeout", "2", cache=shared_cache)

    assert (told.code, told.findings["no-open-port"]["outcome"]) == (3, "skipped")
    assert (
        "listens on 0.0.0.0:8000 and did not open port 10000 within 2 s, the caller's limit"
        in told.findings["no-open-port"]["message"]
    )


@pytest.mark.parametrize(("end", "said"), [("raise SystemExit(3)", "exit code 3"), ("print('done')", "exit code 0")])
def test_a_start_that_ends_at_once_is_a_failure(end: str, said: str, committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project(end)), cache=shared_cache)

    assert told.code == 1
    assert said in told.findings["start-exited"]["message"]


def test_a_program_that_is_not_there_is_a_failure(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project(start="no-such-server --port $PORT")), cache=shared_cache)

    assert told.code == 1
    assert any("no-such-server" in finding["message"] for finding in told.findings.values())


def test_all_of_many_processes_end_with_the_service(committed: Committed, own_cache: Path) -> None:
    many = server(before="import subprocess\nfor _ in range(60): subprocess.Popen(['sleep', '4715'])")

    told = preflight(committed(project(many)), cache=own_cache)

    assert told.code in {0, 1}
    assert left_behind(own_cache) == []
