"""Failures of a Python that is too new → with the one that the project asks for where its target does not look."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from deploy_suite.model import python_series
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.finding import CheckResult, Finding

_PINNED: Final = re.compile(r"\bpin Python (?P<series>\d+\.\d+)")


def named(results: Sequence[CheckResult], requests: Mapping[str, PythonRequest]) -> list[CheckResult]:
    """Return *results* with the project's own Python in the remedies that ask for one as old as that.

    Shape: *requests* by the name of the service.
    """
    return [_of_service(result, requests.get(result.service)) for result in results]


def _of_service(result: CheckResult, request: PythonRequest | None) -> CheckResult:
    if request is None or not request.unread:
        return result
    return replace(result, findings=tuple(_with(one, request) for one in result.findings))


def _with(finding: Finding, request: PythonRequest) -> Finding:
    pinned = _PINNED.search(finding.remedy)
    if pinned is None or python_series.numbers(request.unread) > python_series.numbers(pinned["series"]):
        return finding
    asked = f"{request.unread_at or 'the project'} asks for {request.unread}, which goes into .python-version"
    return replace(finding, remedy=f"{finding.remedy}; {asked}")
