"""The Python that a project asks for where its target does not look, in what fails for want of it."""

import pytest

from deploy_suite.checks import asked_python
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location

DEFAULT = PythonRequest(version="3.14.3", origin="Render's default", is_pinned=False)
UNREAD = PythonRequest(version="3.14.3", origin="", unread="3.10.14", unread_at=Location("runtime.txt", 1))


def told(remedy: str, request: PythonRequest) -> str:
    failed = Finding(code="stdlib-removed:cgi", outcome=Outcome.FAILED, message="no cgi", remedy=remedy)
    result = CheckResult(check="imports", service="web", target="render", seconds=0, findings=(failed,))
    return asked_python.named([result], {"web": request})[0].findings[0].remedy


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
    assert told(remedy, UNREAD) == f"{remedy}{more}"


def test_without_a_python_that_is_unread_a_remedy_stays_as_it_is() -> None:
    assert told("pin Python 3.12 for the service", DEFAULT) == "pin Python 3.12 for the service"
