"""What a server with several processes says of its workers."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.boot import stopping, workers
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Process
from tests.doubles.machine import Stopwatch

GUNICORN = "[2026-11-22 13:46:49 +0000] [5] [ERROR] Worker (pid:{pid}) {said}\n"
STAGE = cast(
    Stage,
    SimpleNamespace(
        port=10000, contract=SimpleNamespace(start=SimpleNamespace(text="gunicorn app:app", location=None), root=Path())
    ),
)


@pytest.mark.parametrize(
    "line",
    [
        GUNICORN.format(pid=7, said="exited with code 3"),
        GUNICORN.format(pid=7, said="exited with code -11"),
        GUNICORN.format(pid=7, said="was sent SIGSEGV!"),
        GUNICORN.format(pid=7, said="was sent SIGKILL! Perhaps out of memory?"),
        "INFO:     Child process [7] died\n",
    ],
)
def test_a_worker_that_ended_by_itself_is_heard_of_once(line: str) -> None:
    assert len(workers.ends(line * 2)) == 1


@pytest.mark.parametrize(
    "log",
    [
        "[INFO] Booting worker with pid: 7\n",
        GUNICORN.format(pid=7, said="exited with code 0"),
        GUNICORN.format(pid=7, said="was sent SIGTERM!"),
        "[CRITICAL] WORKER TIMEOUT (pid:7)\n" + GUNICORN.format(pid=7, said="was sent SIGKILL! Perhaps out of memory?"),
        "INFO:     Autorestarting worker after current request.\nINFO:     Worker exiting (pid: 7)\n",
    ],
)
def test_one_that_was_told_to_end_or_was_too_slow_is_no_such(log: str) -> None:
    assert workers.ends(log) == []
    assert workers.lost(STAGE, log) is None


def test_workers_that_end_one_after_the_other_and_never_answer_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "explained", lambda _stage, _log, failure: failure)
    ended = [GUNICORN.format(pid=pid, said="exited with code 7") for pid in range(5)]

    assert workers.never_up(STAGE, "".join(ended[:4])) is None
    found = workers.never_up(STAGE, "".join(ended))
    assert found is not None
    assert (found.code, found.outcome) == ("workers-restart", Outcome.FAILED)
    assert found.message.endswith("Worker (pid:4) exited with code 7")


def test_a_worker_that_is_lost_while_the_service_answers_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "may_be_of_here", lambda *_: False)
    log = "KeyError: 'x'\n" + GUNICORN.format(pid=7, said="was sent SIGSEGV!")

    found = workers.lost(STAGE, log)

    assert found is not None
    assert (found.code, found.outcome) == ("workers-restart", Outcome.WARNING)
    assert found.message == "a worker of the server ended after it had started: Worker (pid:7) was sent SIGSEGV"
    assert "seen once" in found.certainty

    monkeypatch.setattr(workers, "may_be_of_here", lambda *_: True)
    assert workers.lost(STAGE, log) is None


def test_a_service_that_ended_before_it_was_told_to_stop_has_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Finding(code="start-exited", outcome=Outcome.FAILED, message="ended with exit code 3")
    monkeypatch.setattr(stopping, "ended", lambda *_, **__: failure)

    class Ended:
        def process_count(self) -> int:
            return 0

    stage = cast(Stage, SimpleNamespace(ports=SimpleNamespace(clock=Stopwatch())))

    assert stopping.stopped(stage, cast(Process, Ended()), None, ("", 0.0)).findings == (failure,)
