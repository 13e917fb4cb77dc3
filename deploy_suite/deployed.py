"""A build's log and a project at a commit → what the platform did otherwise than the project asks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from packaging.markers import UndefinedEnvironmentName, default_environment

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.checks.dependencies.requirements import Declared, Listed
from deploy_suite.errors import DeployError, UsageError
from deploy_suite.knowledge.build_log import (
    Asked,
    BuildReading,
    Comparison,
    Difference,
    differences,
    is_same_commit,
    parse_build_log,
)
from deploy_suite.knowledge.catalogue import catalogue, family, filled
from deploy_suite.knowledge.diagnosis import DiagnosedCause, Diagnosis, EvidenceLine, LogVerdict
from deploy_suite.knowledge.platforms import servers
from deploy_suite.model import python_series
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from deploy_suite.targets.registry import TARGETS

_WORD: Final = re.compile(r"[\w.-]+")
_LINUX: Final = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
_OF_A_COMMIT: Final = "commit-not-deployed"
_SURE: Final = 0.96


def compared(log: str, *, project: Project, ports: Ports) -> Comparison:
    """Return what the build whose log is *log* did otherwise than *project* asks."""
    reading = parse_build_log(log)
    contract = _contract(project, reading)
    declared = _declared(project.snapshot, contract, project=project)
    asked = _asked(declared, contract, project.snapshot.commit, python=reading.python)
    deployed = _deployed(project, reading, ports)
    is_other = deployed is not None and deployed.sha != project.snapshot.commit.sha
    before = _names_at(deployed, project, ports) if deployed and is_other else None
    late = frozenset(asked.requirements) - before if before is not None else frozenset[str]()
    return Comparison(
        project=project.name,
        service=contract.service if contract else "",
        meant=project.snapshot.commit,
        deployed=deployed,
        reading=reading,
        differences=tuple(_placed(one, late, deployed, project) for one in differences(reading, asked)),
        late=late,
    )


def explained(diagnosis: Diagnosis, comparison: Comparison) -> Diagnosis:
    """Return *diagnosis* with what the comparison tells of its root: a package that only another commit asks for."""
    root = diagnosis.root
    if root is None or root.family != "missing-requirement" or comparison.deployed is None:
        return diagnosis
    if root.slug.partition(":")[2] not in comparison.late:
        return diagnosis
    row = catalogue().causes[_OF_A_COMMIT]
    reading = comparison.reading
    cause = DiagnosedCause(
        slug=row.slug,
        title=filled(row.title, {}),
        why=row.why,
        fix=row.fix,
        confidence=_SURE,
        evidence=(EvidenceLine(reading.commit_line, f"Checking out commit {reading.commit}"), *root.evidence),
        explains=(root.slug, *root.explains),
        caught_by=row.caught_by,
        values={},
    )
    return replace(diagnosis, verdict=LogVerdict.KNOWN, causes=(cause, *diagnosis.causes[1:]))


def _contract(project: Project, reading: BuildReading) -> Contract | None:
    """Return the service that the log is about: the one with a command that ran, else the first."""
    contracts = tuple(_contracts(project))
    ran = {" ".join(command.split()) for command in reading.commands}
    for contract in contracts:
        stated = (contract.build, contract.start, contract.pre_deploy)
        if any(command and " ".join(command.text.split()) in ran for command in stated):
            return contract
    return next(iter(contracts), None)


def _contracts(project: Project) -> Iterator[Contract]:
    names = [name for name in project.settings.targets if name in TARGETS] or list(TARGETS)
    for name in names:
        try:
            slug = project.snapshot.commit.repository_slug
            yield from TARGETS[name].read(project.snapshot, project.settings, repository_slug=slug).contracts
        except UsageError:
            continue


def _declared(snapshot: Snapshot, contract: Contract | None, *, project: Project) -> Declared:
    if contract is None:
        return requirements.everywhere(snapshot.folder)
    preferences = Preferences()
    return requirements.read(Case(snapshot=snapshot, contract=contract, state=project.state, preferences=preferences))


def _asked(declared: Declared, contract: Contract | None, commit: Commit, *, python: str) -> Asked:
    lines = {listed.line.name: listed for listed in declared.installed if _counts(listed, python)}
    start = contract.start if contract else None
    return Asked(
        commit=commit.sha,
        python=contract.python.version if contract and contract.python.is_pinned else "",
        requirements={name: str(listed.location) for name, listed in lines.items()},
        pins=dict(_pins(lines)),
        programs=dict(_programs(start.text)) if start else {},
        commands={c.text: str(c.location) for c in (contract.build, start) if c and c.location} if contract else {},
    )


def _counts(listed: Listed, python: str) -> bool:
    """Whether the line is one that the build must have installed: no group, and no marker for another machine."""
    requirement = listed.line.requirement
    if not listed.line.name or listed.part or requirement is None:
        return False
    if requirement.marker is None:
        return True
    series = python_series.of(python)
    named = {"python_full_version": python, "python_version": series} if python else {}
    environment = {**{name: str(value) for name, value in default_environment().items()}, **_LINUX, **named}
    try:
        return bool(requirement.marker.evaluate(environment))
    except UndefinedEnvironmentName:
        return False


def _pins(lines: Mapping[str, Listed]) -> Iterator[tuple[str, str]]:
    for name, listed in lines.items():
        exact = list(listed.line.requirement.specifier) if listed.line.requirement else []
        if len(exact) == 1 and exact[0].operator == "==" and "*" not in exact[0].version:
            yield name, exact[0].version


def _programs(start: str) -> Iterator[tuple[str, str]]:
    for word in _WORD.findall(start):
        known = servers.program(word)
        if known is not None and known.distribution:
            yield word, known.distribution
            return


def _deployed(project: Project, reading: BuildReading, ports: Ports) -> Commit | None:
    if not reading.commit:
        return None
    if is_same_commit(reading.commit, project.snapshot.commit.sha):
        return project.snapshot.commit
    try:
        return ports.git.commit(project.repository, reading.commit)
    except DeployError:
        return None


def _names_at(commit: Commit, project: Project, ports: Ports) -> frozenset[str]:
    """Return what the build is told to install at *commit*."""
    content = ports.workplace.folder_for(ports.git.size_bytes(project.repository, commit))
    ports.git.materialise(project.repository, commit, content)
    snapshot = Snapshot(commit=commit, folder=content, root=project.snapshot.root)
    there = replace(project, snapshot=snapshot)
    contract = next(_contracts(there), None)
    return _declared(snapshot, contract, project=there).names


def _placed(one: Difference, late: frozenset[str], deployed: Commit | None, project: Project) -> Difference:
    """Return *one* with what the repository's history adds to it."""
    name = one.code.partition(":")[2]
    if family(one.code) == "missing-requirement" and name in late and deployed:
        return replace(
            one, message=f"{one.message}: the commit that was deployed, {deployed.short}, does not ask for it"
        )
    if one.code == _OF_A_COMMIT and any(c.sha == project.snapshot.commit.sha for c in project.state.unpushed):
        return replace(one, message=f"{one.message} ({project.state.upstream} does not have it)")
    return one
