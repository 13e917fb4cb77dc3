"""A start command of the suite's own making that names what is not there."""

from dataclasses import replace

import pytest

from deploy_suite.checks.boot import excuses
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from tests.unit.checks import gunicorn_case

ABSENT = diagnose("bash: line 1: gunicorn: command not found").root
OTHER = diagnose("ModuleNotFoundError: No module named 'flask'").root


def test_a_server_that_only_a_guess_names_says_nothing_of_the_target() -> None:
    guessed = replace(gunicorn_case.CONTRACT, start=CommandText(text="gunicorn mysite.wsgi:application"))

    excuse = excuses.of_assumed_start(guessed, ABSENT)

    assert excuse is not None
    assert excuse.why == (
        "gunicorn is started but not installed, and `gunicorn mysite.wsgi:application` is only assumed: "
        "no file says how the service starts"
    )
    assert excuses.of_assumed_start(guessed, OTHER) is None
    assert excuses.of_assumed_start(guessed, None) is None


@pytest.mark.parametrize(
    "start",
    [
        CommandText(text="gunicorn app:app", location=Location("render.yaml", 7)),
        CommandText(text="gunicorn app:app", location=Location("Procfile", 1)),
        CommandText(text="bash start.sh"),
        CommandText(text="./start.sh"),
    ],
)
def test_a_command_that_a_file_of_the_project_states_is_taken_at_its_word(start: CommandText) -> None:
    assert excuses.of_assumed_start(replace(gunicorn_case.CONTRACT, start=start), ABSENT) is None
