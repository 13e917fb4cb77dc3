"""What reading machine code foretold, beside what importing and booting then showed: one cause, told by one slug."""

from collections.abc import Sequence
from dataclasses import replace

from deploy_suite.checks.packages import numpy_abi
from deploy_suite.model.finding import CheckResult, Finding, Outcome


def settled(foretold: CheckResult, imports: CheckResult) -> CheckResult:
    """Return *foretold* after the entry point was imported here: what a real import went through is no failure."""
    if not any(finding.code == "imports" and finding.outcome is Outcome.PASSED for finding in imports.findings):
        return foretold
    return replace(foretold, findings=tuple(map(_milder, foretold.findings)))


def named(foretold: CheckResult, shown: Sequence[CheckResult]) -> list[CheckResult]:
    """Return *shown* with what failed for NumPy's sake under the slug of the package that is built for another one."""
    packages = [finding for finding in foretold.findings if finding.code.startswith(f"{numpy_abi.FAMILY}:")]
    return [replace(one, findings=tuple(_named(finding, packages) for finding in one.findings)) for one in shown]


def once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return *findings* without those on NumPy that name no package, where others name it."""
    names = any(finding.code.startswith(f"{numpy_abi.FAMILY}:") for finding in findings)
    return tuple(finding for finding in findings if not names or finding.code != numpy_abi.FAMILY)


def beside_target(findings: Sequence[Finding], of_target: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return *findings*, made here, without the notes on packages of which *of_target*, of its own Python, tells."""
    told = {_package(one) for one in of_target}
    return tuple(one for one in findings if one.outcome is not Outcome.NOTE or _package(one) not in told)


def _package(finding: Finding) -> str:
    return finding.code.partition(":")[2] or finding.code


def _milder(finding: Finding) -> Finding:
    if finding.outcome is not Outcome.FAILED or finding.code.partition(":")[0] != numpy_abi.FAMILY:
        return finding
    return replace(
        finding,
        outcome=Outcome.WARNING,
        certainty="the entry point was imported here without an error, so it is likely to fail only when it is used",
    )


def _named(finding: Finding, packages: Sequence[Finding]) -> Finding:
    """Return *finding* under the slug of the package at the same place, or of the only one there is."""
    if finding.code != numpy_abi.FAMILY:
        return finding
    there = [one for one in packages if one.location == finding.location] or packages
    return replace(finding, code=there[0].code) if len(there) == 1 else finding
