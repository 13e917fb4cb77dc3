"""What the index answers now against what it answered before: what a build would change without any line changing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import keeping
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.dependencies import requirements
from deploy_suite.environments.plan import Plan
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit
from deploy_suite.model.wording import counted
from deploy_suite.ports import Ports

CHECK: Final = "environment"
CODE: Final = "version-drift"
_FOLDER: Final = "resolutions"
_MOST_COMMITS: Final = 20
_MOST_SERVICES: Final = 500
_MOST_SHOWN: Final = 12
# Numbers from here on are years: the first of them says nothing of what breaks.
_YEAR: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was first resolved for a commit. Shape: `lines` maps the names that the project lists onto their lines."""

    commit: str
    when: str
    versions: Mapping[str, str]
    lines: Mapping[str, str]
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Another version of one distribution."""

    name: str
    before: str
    now: str

    @property
    def shown(self) -> str:
        """Return "numpy 1.26.4 → 2.4.6 (major)"."""
        return f"{self.name} {self.before} → {self.now} ({self.size})"

    @property
    def size(self) -> str:
        """Return which part of the version differs first."""
        old, new = _release(self.before), _release(self.now)
        at = next((at for at in range(3) if old[at] != new[at]), 2)
        if at == 0 and min(old[0], new[0]) >= _YEAR:
            at = 1
        return ("major", "minor", "patch")[at] + ("" if new >= old else ", backwards")

    @property
    def is_major(self) -> bool:
        """Whether the author of the distribution announces that something breaks."""
        return self.size.startswith("major")


def findings(case: Case, plan: Plan, ports: Ports) -> Findings:
    """Return what changes by itself against a commit that was checked before this one, or this one's first check.

    What is resolved for a commit the first time is kept; what lock files answer cannot change and is not looked at.
    """
    versions = plan.resolved.resolution.versions
    if not versions or not plan.resolved.is_whole or plan.resolved.resolution.conflict:
        return ()
    file = _file(case, plan, ports.workplace.cache)
    records = _read(file)
    commit = case.snapshot.commit
    is_known = any(one.commit == commit.sha for one in records)
    if is_known and all(one.versions == versions for one in records):
        return ()
    installed = [one for one in requirements.read(case).installed if one.line.name]
    listed = {one.line.name: one.location for one in installed}
    lines = {one.line.name: one.line.text for one in installed}
    before = _comparable(records, commit, lines)
    if not is_known:
        now = Record(
            commit=commit.sha, when=ports.clock.utc(), versions=dict(versions), lines=lines, branch=commit.branch
        )
        kept = [_plain(one) for one in (*records, now)][-_MOST_COMMITS:]
        keeping.write(file, {"records": kept}, at_most=_MOST_SERVICES)
    return tuple(_findings(before, versions, lines, listed)) if before and before.versions != versions else ()


def _comparable(records: Sequence[Record], commit: Commit, lines: Mapping[str, str]) -> Record | None:
    """Return the newest of *records* against which a change is the index's: of a commit that asks for the same.

    Where none does, what the branch had before must do; against another branch's lines a change tells nothing.
    """
    others = [one for one in reversed(records) if one.commit != commit.sha]
    own = [one for one in records if one.commit == commit.sha]
    alike = [one for one in others if one.lines == lines]
    return next(iter((*alike, *own, *(one for one in others if one.branch == commit.branch))), None)


def since(case: Case, plan: Plan, ports: Ports, *, commit: str) -> tuple[str, ...] | None:
    """Return what a build gets now otherwise than what was first resolved for *commit*, a sentence each.

    None where either is not known: the commit was never checked here, or the versions stand in a lock file.
    """
    resolution = plan.resolved.resolution
    if not resolution.versions or not plan.resolved.is_whole or resolution.conflict:
        return None
    before = next((one for one in _read(_file(case, plan, ports.workplace.cache)) if one.commit == commit), None)
    if before is None:
        return None
    lines = {one.line.name: one.line.text for one in requirements.read(case).installed if one.line.name}
    return tuple(_moves(before, resolution.versions, lines))


def _moves(before: Record, versions: Mapping[str, str], lines: Mapping[str, str]) -> Iterator[str]:
    for name, version in sorted(versions.items()):
        old = before.versions.get(name)
        if old is None:
            yield f"{name} {version} is new"
        elif old != version:
            is_own = name in lines or name in before.lines
            why = "its line was changed" if before.lines.get(name) != lines.get(name) else "by no change of yours"
            size = f" ({Change(name, old, version).size})" if _is_version(old, version) else ""
            yield f"{name} {old} → {version}{size}, {why if is_own else 'brought by others'}"
    yield from (f"{name} is gone" for name in sorted(before.versions.keys() - versions.keys()))


def _findings(
    before: Record, versions: Mapping[str, str], lines: Mapping[str, str], listed: Mapping[str, Location]
) -> Iterator[Finding]:
    changes = [
        Change(name, before.versions[name], version)
        for name, version in sorted(versions.items())
        if before.versions.get(name, version) != version and _is_version(version, before.versions[name])
    ]
    own = [one for one in changes if one.name in lines and before.lines.get(one.name) == lines[one.name]]
    since = f"since commit {before.commit[:7]} was checked on {before.when[:10]}"
    yield from (_major(one, lines, listed, since=since) for one in own if one.is_major)
    smaller = [one for one in own if not one.is_major]
    if smaller:
        yield _note(
            f"{counted(len(smaller), 'package')} with another version by no change of yours {since}", smaller, listed
        )
    brought = sorted((one for one in changes if one.name not in lines), key=lambda one: not one.is_major)
    # What comes and goes with lines that did change follows from these.
    is_same = before.lines == lines
    come = [f"{name} {versions[name]} is new" for name in sorted(versions.keys() - before.versions.keys()) if is_same]
    gone = [f"{name} is gone" for name in sorted(before.versions.keys() - versions.keys()) if is_same]
    if brought or come or gone:
        why = "" if is_same else ", some of them perhaps because of the lines that did change"
        message = f"of the packages that others bring {_counted(brought, come, gone)} {since}{why}"
        yield _note(message, brought, listed, more=(*come, *gone))


def _major(one: Change, lines: Mapping[str, str], listed: Mapping[str, Location], *, since: str) -> Finding:
    place = listed[one.name]
    return Finding(
        code=f"{CODE}:{one.name}",
        outcome=Outcome.WARNING,
        message=f"{one.shown}, unpinned in {place}: the next build takes it, and that line has not changed {since}",
        location=place,
        evidence=(f"{place}: {lines[one.name]}",),
        remedy=f"pin `{one.name}=={one.before}` in {place} until the code is ready for {one.now}, "
        "or pin all of them: `nox -s lock`",
        certainty="the version is certain; whether the code minds it is what the other checks show, as far as they go",
        reproduce=f"python -m pip index versions {one.name}",
    )


def _note(
    message: str, changes: Sequence[Change], listed: Mapping[str, Location], *, more: Sequence[str] = ()
) -> Finding:
    shown = [f"{one.shown}{f', unpinned in {listed[one.name]}' if one.name in listed else ''}" for one in changes]
    lines = (*shown, *more)
    left = len(lines) - _MOST_SHOWN
    return Finding(
        code=CODE,
        outcome=Outcome.NOTE,
        message=message,
        location=next((listed[one.name] for one in changes if one.name in listed), None),
        evidence=(*lines[:_MOST_SHOWN], *((f"and {left} more",) if left > 0 else ())),
        remedy="pin all of them where builds are to be repeatable: `nox -s lock`",
    )


def _counted(changes: Sequence[Change], come: Sequence[str], gone: Sequence[str]) -> str:
    parts = ((len(changes), "with another version"), (len(come), "new"), (len(gone), "gone"))
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def _release(text: str) -> tuple[int, int, int]:
    release = (*Version(text).release, 0, 0, 0)
    return release[0], release[1], release[2]


def _is_version(*texts: str) -> bool:
    """Whether all of *texts* are versions; what comes from a repository or a URL has more behind it."""
    try:
        return all(Version(text) for text in texts)
    except InvalidVersion:
        return False


def _file(case: Case, plan: Plan, cache: Path) -> Path:
    """Return where the records of the service are kept: one file for each target and Python."""
    project = case.snapshot.commit.repository_slug or str(case.repository or case.snapshot.folder)
    contract = case.contract
    name = keeping.digest(project, contract.service, contract.target, plan.choice.interpreter.series)
    return cache / _FOLDER / f"{name}.json"


def _read(file: Path) -> tuple[Record, ...]:
    kept = keeping.read(file)
    try:
        return tuple(_record(one) for one in kept["records"]) if kept else ()
    except (KeyError, TypeError, AttributeError):
        return ()


def _record(kept: Mapping[str, Any]) -> Record:
    return Record(
        commit=str(kept["commit"]),
        when=str(kept["when"]),
        versions={str(name): str(version) for name, version in kept["versions"].items()},
        lines={str(name): str(text) for name, text in kept["lines"].items()},
        branch=str(kept.get("branch", "")),
    )


def _plain(one: Record) -> dict[str, object]:
    return {
        "commit": one.commit,
        "when": one.when,
        "versions": dict(one.versions),
        "lines": dict(one.lines),
        "branch": one.branch,
    }
