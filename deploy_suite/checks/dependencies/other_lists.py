"""The lists of requirements that a service has: which one the target installs, and what the others say otherwise."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from packaging.specifiers import SpecifierSet

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import subject
from deploy_suite.checks.dependencies import absent_packages
from deploy_suite.checks.dependencies.requirements import Declared, Listed
from deploy_suite.manifests import lock_files
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.lock_files import LockFile
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.values import ImportKind, Trace

_MOST_SHOWN: Final = 12
# Lists that are for other purposes than running the service.
_OF_OTHERS: Final = re.compile(r"dev|test|doc|lint|ci\b|local|example|type|bench|constraint|min|lowest", re.IGNORECASE)
_LOCKS: Final = {
    "poetry.lock": lock_files.parse_poetry,
    "uv.lock": lock_files.parse_uv,
    "Pipfile.lock": lock_files.parse_pipenv,
}


def findings(case: Case, traced: Trace, declared: Declared) -> Iterator[Finding]:
    """Return a note where a list beside the one that the target installs says something else that matters.

    That is a package which every start imports and only the other list has, or a version that the installed list does
    not allow.
    """
    if not declared.installed:
        return
    used = tuple(dict.fromkeys(listed.location.file for listed in declared.installed))
    others = [one for one in declared.others if _is_of_service(one, case, used)]
    lines = (
        *_only_there(others, traced, declared.names | _locked(case, declared)),
        *_other_versions(others, declared),
        *_of_locks(case, declared),
    )
    # What is installed by a tool that is not known here may well be the other list.
    if lines and subject.of(case).installed.is_certain:
        left = len(lines) - _MOST_SHOWN
        yield Finding(
            code="install-sources-differ",
            outcome=Outcome.NOTE,
            message=f"the target installs from {', '.join(used)}; other lists of the service say something else",
            location=Location(used[0]),
            evidence=(*lines[:_MOST_SHOWN], *((f"and {left} more",) if left > 0 else ())),
            remedy=f"keep one list, or make the others say what {used[0]} says",
        )


def _is_of_service(listed: Listed, case: Case, used: Sequence[str]) -> bool:
    """Whether the line stands in the folder of the service, in a list that is for running it."""
    file, root = listed.location.file, "" if str(case.contract.root) == "." else str(case.contract.root)
    is_there = posixpath.dirname(file) in {root, posixpath.join(root, "requirements")}
    part = listed.part if "conda" not in listed.part else ""
    return is_there and file not in used and not part and not _OF_OTHERS.search(posixpath.basename(file))


def _only_there(others: Sequence[Listed], traced: Trace, installed: frozenset[str]) -> Iterator[str]:
    eager = (one for one in traced.imports if one.kind is ImportKind.EAGER)
    wanted = {one.name: absent_packages.provider(one.module, names=one.names).names for one in eager}
    for module, names in wanted.items():
        there = next((one for one in others if one.line.name in names), None)
        if there and not names & installed:
            yield f"{there.location}: {there.line.shown} is listed only there, and every start imports {module}"


def _other_versions(others: Sequence[Listed], declared: Declared) -> Iterator[str]:
    ours = {one.line.name: one for one in declared.installed if one.line.name}
    for there in others:
        here = ours.get(there.line.name)
        if here and _pin(there) and not _allows(here, _pin(there)):
            yield f"{there.location}: {there.line.shown}, but {here.location}: {here.line.shown}"


def _of_locks(case: Case, declared: Declared) -> Iterator[str]:
    """Yield what a lock file says that no tool of the build reads."""
    ours = {one.line.name: one for one in declared.installed if one.line.name}
    for name, lock in _unread_locks(case, declared).items():
        for package, version in lock.packages.items():
            here = ours.get(package)
            if here and package not in lock.development and not _allows(here, version):
                yield f"{name}: {package} {version}, but {here.location}: {here.line.shown}"


def _locked(case: Case, declared: Declared) -> frozenset[str]:
    """Return what comes from the lock of the tool that installs."""
    locks = _locks(case).values() if declared.tool else ()
    return frozenset(name for lock in locks for name in (*lock.packages, *lock.forked))


def _unread_locks(case: Case, declared: Declared) -> Mapping[str, LockFile]:
    return {} if declared.tool else _locks(case)


def _locks(case: Case) -> Mapping[str, LockFile]:
    found: dict[str, LockFile] = {}
    for name, parse in _LOCKS.items():
        file = case.contract.root / name
        text = snapshot_files.text(case.snapshot.folder, file)
        if text is not None:
            try:
                found[str(file)] = parse(text, file=str(file))
            except ManifestError:
                continue
    return found


def _pin(listed: Listed) -> str:
    """Return the one version that a line leaves, "" where it leaves a choice."""
    requirement = listed.line.requirement
    pins = [one for one in (requirement.specifier if requirement else SpecifierSet()) if one.operator == "=="]
    return pins[0].version if len(pins) == 1 and not pins[0].version.endswith(".*") else ""


def _allows(listed: Listed, version: str) -> bool:
    requirement = listed.line.requirement
    return requirement is None or bool(listed.line.target) or requirement.specifier.contains(version, prereleases=True)
