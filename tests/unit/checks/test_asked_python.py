"""The Python that a project asks for where its target does not look, in what fails for want of it."""

import pytest

from deploy_suite.checks import asked_python
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location

IGNORED = Finding(
    code="python-version-ignored",
    outcome=Outcome.WARNING,
    message="Render does not read runtime.txt: the service gets Python 3.14.3, not 3.10.14",
    location=Location("runtime.txt", 1),
)


def told(remedy: str, *others: Finding) -> str:
    failed = Finding(code="stdlib-removed:cgi", outcome=Outcome.FAILED, message="no cgi", remedy=remedy)
    results = [
        CheckResult(check="manifest", service="", target="render", seconds=0, findings=others),
        CheckResult(check="imports", service="web", target="render", seconds=0, findings=(failed,)),
    ]
    return asked_python.named(results)[1].findings[0].remedy


@pytest.mark.parametrize(
    ("remedy", "more"),
    [
        (
            "move to django>=4.1.13, or pin Python 3.12 for the service",
            "; runtime.txt:1 asks for 3.10.14, which goes into .python-version",
        ),
        ("pin Python 3.9 for the service", ""),
        ("add gunicorn to requirements.txt", ""),
    ],
)
def test_a_remedy_that_asks_for_an_older_python_names_that_of_the_project(remedy: str, more: str) -> None:
    assert told(remedy, IGNORED) == f"{remedy}{more}"


def test_without_a_python_that_is_ignored_a_remedy_stays_as_it_is() -> None:
    assert told("pin Python 3.12 for the service") == "pin Python 3.12 for the service"
