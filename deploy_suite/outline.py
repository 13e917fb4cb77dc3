"""A project's entry points into outlines of what starting them imports, as the folder lies or at a commit."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.dependencies.outline import Measured, Outline, Reading
from deploy_suite.errors import DeployError, UsageError
from deploy_suite.knowledge import import_names
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import EntryPoint, Snapshot
from deploy_suite.ports import Ports, WorkingState
from deploy_suite.project import entry_words
from deploy_suite.tracing import tracer

_MANIFESTS: Final = ("render.yaml", "render.yml", "deploy.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to trace. Shape: `entry` is "" for the services' own; `python` is "" for the target's."""

    folder: Path
    entry: str = ""
    service: str = ""
    python: str = ""
    revision: str = ""
    reads_all: bool = False


def as_it_lies(request: Request) -> tuple[Outline, ...]:
    """Return the outlines of the folder as it lies. Raises: UsageError for an entry that is not there."""
    folder = request.folder.resolve()
    top = next((one for one in (folder, *folder.parents) if on_disk.is_there(one / ".git")), folder)
    return tuple(_outlines(Snapshot.as_it_lies(folder, top=top), request))


def at_commit(request: Request, ports: Ports, *, times: bool) -> tuple[Outline, ...]:
    """Return the outlines of a commit, with import times where *times* asks for them. Raises: as preflight does."""
    from deploy_suite.project.loading import load  # noqa: PLC0415  the folder as it lies needs no git

    project = load(request.folder, revision=request.revision or "HEAD", ports=ports)
    cases = tuple(_cases(project.snapshot, request, state=project.state))
    if not times:
        return tuple(_outlines(project.snapshot, request, cases=cases))
    if not cases:
        raise UsageError("no service says how its environment is built", remedy="describe it in render.yaml")
    from deploy_suite import sides  # noqa: PLC0415  builds what only times need
    from deploy_suite.checks.dependencies import import_times  # noqa: PLC0415  likewise

    found = []
    for case, entry in _entries(cases, request):
        with sides.standing(sides.Side(project=project, case=case), stage="times", ports=ports) as built:
            measured = import_times.measured(built, ports, entry=entry)
        found.append(_outline(case, entry, request, measured=measured))
    return tuple(found)


def _outlines(snapshot: Snapshot, request: Request, *, cases: tuple[Case, ...] | None = None) -> Iterator[Outline]:
    cases = tuple(_cases(snapshot, request)) if cases is None else cases
    if cases:
        yield from (_outline(case, entry, request) for case, entry in _entries(cases, request))
        return
    if not request.entry:
        raise UsageError("no service of the project runs on Python", remedy="name what to trace: module:app, or a file")
    entry = _named(request, snapshot, {})
    python = request.python or f"{sys.version_info.major}.{sys.version_info.minor}"
    declared = requirements.everywhere(snapshot.path)
    known = import_names.top_levels() | subject.known_of(declared.names)
    traced = tracer.trace(entry, folder=snapshot.folder, python=python, known=known, reads_all=request.reads_all)
    notes = () if request.python else (f"no manifest says which Python: traced for {python}, this machine's",)
    yield Outline(
        trace=traced,
        packages=tuple(Reading(declared=declared).packages(traced)),
        python=python,
        commit=snapshot.commit if snapshot.commit.sha else None,
        notes=notes,
    )


def _outline(case: Case, entry: EntryPoint, request: Request, *, measured: Measured | None = None) -> Outline:
    declared = requirements.read(case)
    provided = measured.provided.names if measured else frozenset[str]()
    traced = subject.trace(case, entry, known=provided | subject.known_of(declared.names), reads_all=request.reads_all)
    return Outline(
        trace=traced,
        packages=tuple(Reading(declared=declared, measured=measured).packages(traced)),
        python=case.python,
        service=case.contract.service,
        commit=case.snapshot.commit if case.snapshot.commit.sha else None,
        notes=measured.notes if measured else (),
    )


def _cases(snapshot: Snapshot, request: Request, *, state: WorkingState | None = None) -> Iterator[Case]:
    """Return the services; where an entry point is named and no manifest is there, nothing is guessed about any."""
    is_described = any(on_disk.is_file(base / name) for base in (snapshot.path, snapshot.folder) for name in _MANIFESTS)
    if request.entry and not is_described:
        return
    for contract in _contracts(snapshot, request):
        if not request.service or contract.service == request.service:
            yield Case(
                snapshot=snapshot,
                contract=contract,
                state=state or WorkingState(),
                preferences=Preferences(python=request.python),
            )


def _contracts(snapshot: Snapshot, request: Request) -> tuple[Contract, ...]:
    from deploy_suite.project.loading import settings_near  # noqa: PLC0415  not for an entry that is named
    from deploy_suite.targets.registry import TARGETS  # noqa: PLC0415  likewise

    settings = settings_near(snapshot)
    names = [name for name in settings.targets if name in TARGETS] or list(TARGETS)
    try:
        reading = TARGETS[names[0]].read(snapshot, settings, repository_slug=snapshot.commit.repository_slug)
    except DeployError:
        if request.entry:
            return ()
        raise
    known = [contract.service for contract in reading.contracts]
    if request.service and request.service not in known:
        raise UsageError(
            f"no service is called {request.service}",
            remedy=f"the project's services are: {', '.join(known) or 'none'}",
        )
    return reading.contracts


def _entries(cases: tuple[Case, ...], request: Request) -> Iterator[tuple[Case, EntryPoint]]:
    """Return what is to be traced: the entry that is named, in the service that starts it, or that of each service."""
    if request.entry:
        for case in cases:
            own = case.contract.entry
            if own is not None and request.entry in {own.spec, own.module, str(own.file)}:
                yield case, own
                return
        case = next((one for one in cases if one.contract.root == cases[0].snapshot.root), cases[0])
        yield case, _named(request, case.snapshot, subject.literals(case))
        return
    found = [(case, entry) for case in cases if (entry := case.contract.entry) is not None and entry.file is not None]
    if not found:
        raise UsageError(
            "what the start command imports cannot be told", remedy="name it: deploy-suite trace module:app"
        )
    yield from found


def _named(request: Request, snapshot: Snapshot, variables: Mapping[str, str]) -> EntryPoint:
    found = entry_words.named(request.entry, folder=snapshot.folder, root=snapshot.root, variables=variables)
    if found is None:
        raise UsageError(
            f"{request.entry} is no module, file or start command of the project",
            remedy="name it as a server does (package.module:app), or as a file, seen from --project",
        )
    return replace(found, location=None) if found.location and not found.location.line else found
