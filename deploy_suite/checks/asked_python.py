"""Failures of a Python that is too new → with the one that the project asks for where its target does not look."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from deploy_suite.model import python_series
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.finding import CheckResult, Finding


def named(results: Sequence[CheckResult], requests: Mapping[tuple[str, str], PythonRequest]) -> list[CheckResult]:
    """Return *results* with the project's own Python in the remedies that ask for one as old as that.

    Shape: *requests* by the names of the target and the service.
    """
    return [_of_service(result, requests.get((result.target, result.service))) for result in results]


def _of_service(result: CheckResult, request: PythonRequest | None) -> CheckResult:
    if request is None or not request.unread:
        return result
    return replace(result, findings=tuple(_with(one, request) for one in result.findings))


def _with(finding: Finding, request: PythonRequest) -> Finding:
    if not finding.python or not _is_served(finding.python, request):
        return finding
    asked = f"{request.unread_at or 'the project'} asks for {request.unread}, which goes into .python-version"
    return replace(finding, remedy=f"{finding.remedy.rstrip('.')}; {asked}")


def _is_served(series: str, request: PythonRequest) -> bool:
    """Whether the project's own Python is as old as *series*, which is older than the target's."""
    own, helps, used = map(python_series.numbers, (request.unread, series, request.version))
    return own <= helps < used
