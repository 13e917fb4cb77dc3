"""A log of several attempts is one of the last of them, if that one says how it went."""

from typing import Final

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, diagnose

NO_FLASK: Final = "ModuleNotFoundError: No module named 'flask'"
NOT_EXECUTED: Final = ("systemd", "shop.service: Main process exited, code=exited, status=203/EXEC")
ENDED: Final = ("systemd", "shop.service: Failed with result 'exit-code'.")
STARTED: Final = ("systemd", "Started shop.service - The shop.")
STARTED_OLD: Final = ("systemd", "Started The shop.")
ANSWERED: Final = ("gunicorn", '10.0.0.1 - - [21/Nov/2026:10:00:09 +0000] "GET / HTTP/1.1" 200 512')
WRONG_NAME: Final = (
    "==> Running build command\nERROR: No matching distribution found for flaskk==3.0\n==> Build failed\n"
)
AGAIN: Final = "==> Cloning from https://github.com/acme/shop\n==> Build successful\n==> Running 'gunicorn app:app'\n"


def journal(*entries: tuple[str, str]) -> str:
    return "".join(f"Nov 21 10:00:{n:02} vps {program}[{n}]: {text}\n" for n, (program, text) in enumerate(entries, 1))


@pytest.mark.parametrize("started", [STARTED, STARTED_OLD])
def test_what_stopped_an_earlier_start_of_a_unit_is_not_what_stops_the_last(started: tuple[str, str]) -> None:
    root = diagnose(journal(started, NOT_EXECUTED, ENDED, started, ("gunicorn", NO_FLASK), ENDED)).root

    assert root is not None
    assert root.slug == "missing-requirement:flask"


def test_what_stopped_an_earlier_deploy_is_not_what_stops_the_last() -> None:
    root = diagnose(WRONG_NAME + AGAIN + NO_FLASK + "\n==> Exited with status 1\n").root

    assert root is not None
    assert root.slug == "missing-requirement:flask"


def test_a_unit_that_answers_after_it_was_started_again_is_well() -> None:
    text = journal(STARTED, ("gunicorn", NO_FLASK), ENDED, STARTED, ANSWERED)

    assert diagnose(text).verdict is LogVerdict.HEALTHY


def test_a_unit_whose_server_speaks_was_executed() -> None:
    booted = ("gunicorn", "[INFO] Booting worker with pid: 9")

    assert diagnose(journal(STARTED, NOT_EXECUTED, ENDED, STARTED, booted)).verdict is LogVerdict.HEALTHY
    root = diagnose(journal(STARTED, ("gunicorn", NO_FLASK), ENDED, STARTED, booted)).root

    assert root is not None
    assert root.slug == "missing-requirement:flask"


@pytest.mark.parametrize(
    "entries",
    [
        (STARTED, NOT_EXECUTED, ENDED, STARTED),
        (STARTED, NOT_EXECUTED, ENDED, STARTED, ("cron", "(root) CMD (run-parts /etc/cron.hourly)")),
        (STARTED, NOT_EXECUTED, ENDED, ("systemd", "Started nginx.service - A proxy."), ("nginx", NO_FLASK)),
        (STARTED_OLD, NOT_EXECUTED, ENDED, ("systemd", "Started Session 7 of User ann."), ("sh", NO_FLASK)),
    ],
    ids=["cut off", "another program", "another unit", "a login"],
)
def test_an_attempt_counts_until_a_later_one_of_the_same_says_how_it_went(entries: tuple[tuple[str, str], ...]) -> None:
    root = diagnose(journal(*entries)).root

    assert root is not None
    assert root.slug == "systemd-203-exec"
