"""An environment into findings on its packages: ABI, system libraries, what is compiled there, withdrawn pins."""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.checks.packages import binaries, withdrawn
from deploy_suite.checks.packages.judgements import BEFORE_BUILDING, ON_PACKAGES
from deploy_suite.checks.packages.settling import beside_target, once
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.environments import target_wheels
from deploy_suite.environments.base import LONG_S
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge.platforms import images
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted
from deploy_suite.ports import Ports

_SOON_S: Final = 60.0


def check(built: Built, plan: Plan, ports: Ports) -> Findings:
    """Return what is wrong with the packages of *built*, by their files and by what the index says of them."""
    subject = _subject(built, plan, ports)
    looked_at = once(tuple(finding for say in ON_PACKAGES for finding in say(subject))) if subject else ()
    foretold = _of_other_python(
        built.case, plan, built.environment.packages, venv=built.environment.venv, told=looked_at
    )
    return (
        _verified(subject) if subject else _not_like_target(),
        *beside_target(looked_at, foretold),
        *withdrawn.findings(built.case, plan, built.environment.packages, ports),
        *foretold,
    )


def foretold(told: Findings, case: Case, plan: Plan, ports: Ports) -> Findings:
    """Return *told* of a build that failed, and what would be wrong with its packages by the versions of now.

    That is nothing where the index names no set of versions, or their wheels cannot be had soon.
    """
    resolution = plan.resolved.resolution
    if not resolution.versions or resolution.conflict:
        return (*told, *unbuilt(case, plan, told=told))
    subject = _from_wheels(case, plan, resolution.versions, _image(case), timeout_s=_SOON_S, ports=ports)
    found = (finding for say in BEFORE_BUILDING for finding in say(subject)) if subject else ()
    return (*once((*told, *found)), *unbuilt(case, plan, told=told))


def unbuilt(case: Case, plan: Plan, *, told: Findings = ()) -> Findings:
    """Return what fails on the target for its Python alone where nothing was built, but for what *told* says."""
    return _of_other_python(case, plan, plan.resolved.resolution.versions, told=told)


def _of_other_python(
    case: Case, plan: Plan, versions: Mapping[str, str], *, venv: Path | None = None, told: Findings = ()
) -> Findings:
    if not plan.other_python:
        return ()
    from deploy_suite.checks.packages import other_python  # noqa: PLC0415  most machines have the target's Python

    return other_python.findings(
        case, plan, venv=venv, installed=versions, image=_image(case), is_like_target=is_like_target(), told=told
    )


def _subject(built: Built, plan: Plan, ports: Ports) -> Subject | None:
    """Return what the target would have: what is installed here, or on another system the wheels for Linux."""
    environment, image = built.environment, _image(built.case)
    if not is_like_target():
        return _from_wheels(built.case, plan, environment.packages, image, timeout_s=LONG_S, ports=ports)
    return Subject(
        built.case,
        versions=environment.packages,
        compiled=binaries.of_environment(environment.venv, ports.workplace.cache),
        image=image,
        from_source=environment.resolution.from_source if environment.resolution else frozenset(),
    )


def _from_wheels(
    case: Case, plan: Plan, versions: Mapping[str, str], image: Image | None, *, timeout_s: float, ports: Ports
) -> Subject | None:
    wheels = target_wheels.unpacked(plan, versions, glibc=image.glibc if image else (), timeout_s=timeout_s)
    if wheels is None:
        return None
    return Subject(
        case,
        versions=wheels.versions,
        compiled=binaries.read(wheels.folder, ports.workplace.cache),
        image=image,
        from_source=wheels.from_source,
    )


def _image(case: Case) -> Image | None:
    image = images.image(case.contract.image)
    return image.with_packages(case.contract.image_packages) if image else None


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


def _verified(subject: Subject) -> Finding:
    image = f" against {subject.image.name}" if subject.image else ""
    count = len(subject.compiled)
    return Finding(
        code="packages",
        outcome=Outcome.PASSED,
        message=f"{counted(len(subject.versions), 'package')} looked at, the machine code of {count} of them{image}",
    )
