from typing import Final

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, Seen, diagnose

BOOT = """[2026-11-21 10:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0
[2026-11-21 10:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)
[2026-11-21 10:00:00 +0000] [1] [INFO] Using worker: sync
"""
NO_FLASK: Final = "ModuleNotFoundError: No module named 'flask'\n"


def booted(*seconds: int) -> str:
    return BOOT + "".join(
        f"[2026-11-21 10:00:{second:02} +0000] [{pid}] [INFO] Booting worker with pid: {pid}\n"
        for pid, second in enumerate(seconds, 7)
    )


@pytest.mark.parametrize(
    "text",
    [
        "/srv/app/main.py:8: DeprecationWarning: \n  on_event is deprecated, use lifespan event handlers instead.\n",
        "/srv/venv/lib/python3.12/site-packages/a/b.py:6: ABWarning: this may lead to failure\n",
        "shop.Item: (models.W042) Auto-created primary key used when not defining a primary key type.\n",
        "WARNINGS:\n?: (security.W004) You have not set a value for the SECURE_HSTS_SECONDS setting.\n",
        "2026-11-21 10:00:00,000 WARNING shop.cache cannot reach the cache, going on without\n",
        "[2026-11-21 10:00:00 +0000] [9] [WARNING] could not set the process title\n",
        "2026-11-21 10:00:00,000 - shop - WARNING - invalid colour, the default is used\n",
        "bash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)\n",
        "Could not load /etc/shop.yml, using defaults\n",
    ],
)
def test_what_only_warns_is_no_failure(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.HEALTHY


def test_a_warning_of_a_process_that_died_is_no_mere_warning() -> None:
    text = booted(1) + "[2026-11-21 10:00:04 +0000] [1] [WARNING] Worker with pid 7 was terminated due to signal 4\n"

    assert diagnose(text).verdict is LogVerdict.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        (
            "[2026-11-21 10:00:00 +0000] [1] [INFO] Handling signal: term\n"
            "[2026-11-21 10:00:00 +0000] [7] [INFO] Worker exiting (pid: 7)\n"
        ),
        (
            "2026-11-21 10:00:00,000 INFO stopped: web (terminated by SIGTERM)\n"
            "2026-11-21 10:00:01,000 INFO stopped: proxy (exit status 0)\n"
        ),
        (
            "2026-11-21T10:00:00Z app[3d8d] iad [info] 2026/11/21 10:00:00 listening on "
            "[fdaa:0:1:a7b:1:2:3:2]:22 (DNS: [fdaa::3]:53)\n"
        ),
    ],
)
def test_an_end_that_somebody_else_wanted_says_neither_that_all_is_well_nor_why(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        (
            "2026-11-21T10:00:00Z runner[3d8d] iad [info]Configuring firecracker\n"
            "2026-11-21T10:00:01Z app[3d8d] iad [info]Preparing to run: `gunicorn shop:app` as 1000\n"
        ),
        (
            "  Normal  Pulled   5m  kubelet  Container image shop:1 already present on machine\n"
            "  Normal  Started  5m  kubelet  Started container shop\n"
        ),
    ],
    ids=["Fly", "Kubernetes"],
)
def test_what_a_platform_does_before_says_nothing_of_the_service(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.UNKNOWN


def test_a_service_that_came_up_and_was_told_to_end_is_healthy() -> None:
    text = booted(1, 1) + "[2026-11-21 10:09:00 +0000] [1] [INFO] Handling signal: term\n"

    assert diagnose(text).verdict is LogVerdict.HEALTHY


def test_workers_that_are_started_together_are_healthy() -> None:
    assert diagnose(booted(1, 1, 1, 2, 2, 2)).verdict is LogVerdict.HEALTHY


def test_a_worker_that_is_started_again_and_again_is_not_healthy() -> None:
    assert diagnose(booted(1, 4, 7, 10, 13)).verdict is LogVerdict.UNKNOWN


def test_nor_does_it_hide_what_was_seen() -> None:
    found = diagnose(booted(1, 4, 7, 10) + "ValueError: 7 is not enough\n")

    assert (found.verdict, found.seen) == (LogVerdict.UNKNOWN, Seen(exception="ValueError: 7 is not enough", line=8))


def test_one_that_is_renewed_while_it_answers_is_healthy() -> None:
    text = booted(1, 14, 27, 40) + '10.0.0.1 - - [21/Nov/2026:10:01:00 +0000] "GET / HTTP/1.1" 200 12 "-" "-"\n'

    assert diagnose(text).verdict is LogVerdict.HEALTHY


@pytest.mark.parametrize(
    "text",
    ["The environment was not created successfully\n", "the worker is not running\n", "never connected\n"],
)
def test_what_is_denied_is_no_sign_of_health(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.UNKNOWN


ENDS = "Starting development server at http://127.0.0.1:8000/\nError: [WinError 10022] the socket cannot be had\n"


def test_a_start_that_ends_in_the_statement_of_an_error_did_not_come_up() -> None:
    found = diagnose(ENDS)

    assert (found.verdict, found.seen) == (
        LogVerdict.UNKNOWN,
        Seen(exception="Error: [WinError 10022] the socket cannot be had", line=2),
    )


def test_an_error_that_a_service_logs_and_goes_on_after_is_no_failed_start() -> None:
    assert diagnose(f'{ENDS}"GET /items HTTP/1.1" 200 12\n').verdict is LogVerdict.HEALTHY


_REFUSED = "(2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")"


def test_what_a_service_waited_for_and_got_is_no_failure() -> None:
    log = f"waiting for the server: {_REFUSED}\nmysql server is ready\nStarting shop at port 8000 ...\nDone.\n"

    assert diagnose(log).verdict is LogVerdict.HEALTHY


def test_what_a_service_waits_for_has_not_come() -> None:
    found = diagnose(f"{_REFUSED}\nwaiting until the database is ready ...\n")

    assert found.root is not None
    assert found.root.slug == "db-connection-refused"


def test_a_deploy_by_coolify_that_went_well_is_healthy() -> None:
    log = (
        "Starting deployment of shop:main to localhost.\n"
        "docker rm -f kok8gc8w8oow08gkgcsosw0c\n"
        "Error response from daemon: No such container: kok8gc8w8oow08gkgcsosw0c\n"
        "Image not found (shop:632d9b1). Building new image.\n"
        "Rolling update completed.\n"
    )

    assert diagnose(log).verdict is LogVerdict.HEALTHY


def test_a_stranger_who_speaks_no_http_is_no_failure() -> None:
    text = """WARNING:  Invalid HTTP request received.
Traceback (most recent call last):
  File "parser.pyx", line 193, in feed_data
parser.errors.InvalidMethodError: invalid HTTP method
"""

    assert diagnose(text).verdict is LogVerdict.HEALTHY
    assert diagnose(text.replace("Invalid HTTP request received.", "Odd.")).verdict is LogVerdict.UNKNOWN


def test_a_crowd_of_strangers_is_none_either() -> None:
    met = "Invalid HTTP request received.\nTraceback (most recent call last):\nparser.errors.Odd: invalid HTTP method\n"
    answered = 'INFO: "GET / HTTP/1.1" 200 OK\n'

    assert diagnose((met + answered) * 300).verdict is LogVerdict.HEALTHY
    assert diagnose((met + answered) * 300 + NO_FLASK).verdict is LogVerdict.KNOWN
