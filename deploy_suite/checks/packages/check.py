"""An environment into findings on its packages: ABI, system libraries, what is compiled there, withdrawn pins."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.packages import binaries, glibc, libraries, numpy_abi, sources, withdrawn
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.environments import target_wheels
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge.platforms import images
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.ports import Ports

# What is said of installed packages. Each yields findings, the gravest cause of a distribution first.
ON_PACKAGES: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    numpy_abi.findings,
    glibc.findings,
    libraries.findings,
    sources.findings,
)


def check(built: Built, plan: Plan, ports: Ports) -> Findings:
    """Return what is wrong with the packages of *built*, by their files and by what the index says of them."""
    subject = _subject(built, plan, ports)
    if subject is None:
        return (_not_like_target(), *withdrawn.findings(built.case, plan, built.environment.packages, ports))
    found = (
        *(finding for say in ON_PACKAGES for finding in say(subject)),
        *withdrawn.findings(built.case, plan, built.environment.packages, ports),
    )
    return (_verified(subject), *found)


def _subject(built: Built, plan: Plan, ports: Ports) -> Subject | None:
    """Return what the target would have: what is installed here, or on another system the wheels for Linux."""
    environment, contract, cache = built.environment, built.case.contract, ports.workplace.cache
    image = images.image(contract.image)
    image = image.with_packages(contract.image_packages) if image else None
    if is_like_target():
        compiled = binaries.of_environment(environment.venv, cache)
        from_source = environment.resolution.from_source if environment.resolution else frozenset()
        return Subject(
            built.case, versions=environment.packages, compiled=compiled, image=image, from_source=from_source
        )
    wheels = target_wheels.unpacked(plan, environment.packages, glibc=image.glibc if image else ())
    if wheels is None:
        return None
    return Subject(
        built.case,
        versions=wheels.versions,
        compiled=binaries.read(wheels.folder, cache),
        image=image,
        from_source=wheels.from_source,
    )


def _not_like_target() -> Finding:
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message="the machine code of packages was not looked at: the wheels for Linux could not be fetched",
        required=False,
    )


def is_like_target() -> bool:
    """Whether wheels for this machine are those that targets take: Linux on x86-64."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def settled(result: CheckResult, imports: CheckResult) -> CheckResult:
    """Return *result* after the entry point was imported here: what a real import went through is no failure."""
    if not any(finding.code == "imports" and finding.outcome is Outcome.PASSED for finding in imports.findings):
        return result
    return replace(result, findings=tuple(map(_milder, result.findings)))


def _milder(finding: Finding) -> Finding:
    if finding.outcome is not Outcome.FAILED or finding.code.partition(":")[0] != numpy_abi.FAMILY:
        return finding
    return replace(
        finding,
        outcome=Outcome.WARNING,
        certainty="the entry point was imported here without an error, so it is likely to fail only when it is used",
    )


def _verified(subject: Subject) -> Finding:
    image = f" against {subject.image.name}" if subject.image else ""
    count = len(subject.compiled)
    return Finding(
        code="packages",
        outcome=Outcome.PASSED,
        message=f"{len(subject.versions)} packages looked at, the machine code of {count} of them{image}",
    )
