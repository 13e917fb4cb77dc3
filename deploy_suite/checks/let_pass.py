"""An installation that failed in a build which went on all the same → its cause, and what fails for it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks import build_failures
from deploy_suite.checks.base import Case, Findings
from deploy_suite.knowledge import import_names
from deploy_suite.model.environment import BuildFailure, LostInstallation
from deploy_suite.model.finding import CheckResult, Finding, Outcome

_MOST_NAMED: Final = 6
_WENT_ON: Final = " failed, and the build went on: "
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.WARNING, Outcome.NOTE})
_OF_ABSENCE: Final = frozenset({"missing-requirement", "gunicorn-not-installed", "start-command-not-found"})


def findings(lost: LostInstallation, log: str, case: Case) -> Findings:
    """Return why the installation failed, as warnings: whether the service needs it is seen when it starts."""
    more = f", and {len(lost.absent) - _MOST_NAMED} more" if len(lost.absent) > _MOST_NAMED else ""
    certainty = f"certain that it failed here; not installed: {', '.join(lost.absent[:_MOST_NAMED])}{more}"
    failure = BuildFailure(code=1, log=log, command=lost.command, seconds=0, resolution=lost.resolution)
    return tuple(
        replace(
            one,
            outcome=Outcome.WARNING if one.outcome is Outcome.FAILED else one.outcome,
            message=f"`{lost.command}`{_WENT_ON}{one.message.removeprefix('the build failed: ')}",
            certainty=certainty,
        )
        for one in build_failures.findings(failure, case)
    )


def settled(results: Sequence[CheckResult], lost: LostInstallation) -> list[CheckResult]:
    """Return *results* with the installation as the cause of all that fails over what it was to bring.

    One failure of each check is enough to show it: the installation itself says what else is not there. What is less
    sure to fail goes with the same mend.
    """
    found = [one for result in results for one in result.findings]
    is_needed = any(_is_over(one, lost) and one.outcome is Outcome.FAILED for one in found)
    causes = ", ".join(dict.fromkeys(one.code for one in found if _WENT_ON in one.message))
    remedy = f"it is listed already: mend what made `{lost.command}` fail{f' ({causes})' if causes else ''}"
    least = Outcome.FAILED if is_needed else Outcome.WARNING
    return [
        replace(
            one,
            findings=tuple(
                _settled(each, lost, remedy, is_needed=is_needed) for each in _shown(one.findings, lost, least)
            ),
        )
        for one in results
    ]


def _shown(findings: Findings, lost: LostInstallation, least: Outcome) -> Iterator[Finding]:
    """Yield *findings* without those over the installation but for the first, which is as grave as *least*."""
    is_shown = False
    for one in findings:
        is_over = _is_over(one, lost)
        if not is_over or (one.outcome is least and not is_shown):
            yield one
        is_shown = is_shown or (is_over and one.outcome is least)


def _settled(finding: Finding, lost: LostInstallation, remedy: str, *, is_needed: bool) -> Finding:
    if _is_over(finding, lost):
        return replace(finding, remedy=remedy, mend=None)
    if is_needed and finding.outcome is Outcome.WARNING and _WENT_ON in finding.message:
        return replace(finding, outcome=Outcome.FAILED)
    return finding


def _is_over(finding: Finding, lost: LostInstallation) -> bool:
    """Whether *finding* is about the absence of what was to be installed."""
    family, _, name = finding.code.partition(":")
    if finding.outcome not in _TOLD or family not in _OF_ABSENCE:
        return False
    name = name or "gunicorn"
    names = {str(canonicalize_name(name)), *import_names.canonical(import_names.distributions(name))}
    return bool(names & set(lost.absent))
