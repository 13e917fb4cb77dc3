"""The Python that a project asks for where its target does not look, in what fails for want of it."""

import pytest

from deploy_suite.checks import asked_python
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location

DEFAULT = PythonRequest(version="3.14.3", origin="Render's default", is_pinned=False)
UNREAD = PythonRequest(version="3.14.3", origin="", unread="3.10.14", unread_at=Location("runtime.txt", 1))


def told(remedy: str, request: PythonRequest, *, python: str) -> str:
    failed = Finding(code="stdlib-removed:cgi", outcome=Outcome.FAILED, message="no cgi", remedy=remedy, python=python)
    result = CheckResult(check="imports", service="web", target="render", seconds=0, findings=(failed,))
    return asked_python.named([result], {("render", "web"): request})[0].findings[0].remedy


@pytest.mark.parametrize("remedy", ["move to django>=4.1.13, or pin Python 3.12", "Pin Python 3.12 for the service."])
def test_a_remedy_that_asks_for_an_older_python_names_that_of_the_project(remedy: str) -> None:
    more = "; runtime.txt:1 asks for 3.10.14, which goes into .python-version"
    assert told(remedy, UNREAD, python="3.12") == remedy.removesuffix(".") + more


@pytest.mark.parametrize(
    ("remedy", "python"),
    [
        ("pin Python 3.9 for the service", "3.9"),
        ("replace django in requirements.txt:1, or pin Python 3.15 for the service", "3.15"),
        ("add gunicorn to requirements.txt", ""),
    ],
)
def test_a_remedy_that_the_python_of_the_project_does_not_serve_stays_as_it_is(remedy: str, python: str) -> None:
    assert told(remedy, UNREAD, python=python) == remedy


def test_without_a_python_that_is_unread_a_remedy_stays_as_it_is() -> None:
    remedy = "pin Python 3.12 for the service"
    assert told(remedy, DEFAULT, python="3.12") == remedy


def test_the_python_of_another_target_is_not_named() -> None:
    failed = Finding(code="stdlib-removed:cgi", outcome=Outcome.FAILED, message="no cgi", remedy="pin", python="3.12")
    results = [
        CheckResult(check="imports", service="web", target=target, seconds=0, findings=(failed,))
        for target in ("render", "other")
    ]

    named = asked_python.named(results, {("render", "web"): UNREAD, ("other", "web"): DEFAULT})

    assert [one.findings[0].remedy for one in named] == [
        "pin; runtime.txt:1 asks for 3.10.14, which goes into .python-version",
        "pin",
    ]
