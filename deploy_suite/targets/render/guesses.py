"""A project without render.yaml into the contracts that Render's Dashboard would propose, each guess said aloud."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests import procfile
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.project import app_finder, entry_points, snapshot_files
from deploy_suite.targets.base import Reading
from deploy_suite.targets.render import (
    assumed_databases,
    contracts,
    dashboard,
    own_hosts,
    procfiles,
    python_version,
    top_scripts,
)
from deploy_suite.targets.render.environment_variables import Circumstances

_MARKS: Final = (
    *("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "setup.py", "manage.py"),
    *("render.yaml", "build.sh", "start.sh"),
)
_FOREIGN: Final = frozenset({"site-packages", "node_modules", ".venv", "venv", ".git"})
_MAKES: Final = re.compile(r"^\w+\s*=\s*(?:FastAPI|Flask|Starlette|Quart|Sanic|Litestar)\(", re.MULTILINE)
_MOST_FILES: Final = 2000
_PROPOSED: Final = "pip install -r requirements.txt"
_DOCS: Final = "https://render.com/docs/blueprint-spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """A service that the manifests suggest."""

    name: str
    type: str
    start: CommandText
    pre_deploy: CommandText | None = None


def read(snapshot: Snapshot, settings: Settings, *, slug: str) -> Reading:
    """Return the services that a Procfile, a Dockerfile or, last, the framework suggests.

    Raises: UsageError when there is none.
    """
    asked, snapshot = snapshot, _moved(snapshot)
    processes = procfiles.processes(snapshot)
    services = tuple(_from_procfile(processes, slug)) or _from_framework(snapshot, settings, slug)
    build = dashboard.build_command(snapshot.folder, snapshot.root)
    misnamed = "" if build else dashboard.misnamed_requirements(snapshot.folder, snapshot.root)
    from deploy_suite.targets.render import docker_guesses  # noqa: PLC0415  most projects have a render.yaml

    image = None if processes else docker_guesses.alone(asked, settings, slug=slug)
    if image is not None:
        return image
    is_told_better = snapshot.root != asked.root and (
        docker_guesses.has_several(asked)
        # An image beside the sources says how the service starts and by which Python; else a server is assumed.
        or (not processes and docker_guesses.is_for_deploys(snapshot))
        or not all(processes or dashboard.brings_server(snapshot.folder, snapshot.root, one.start) for one in services)
    )
    if not services or (build is None and not processes) or is_told_better:
        contained = docker_guesses.read(asked, settings, slug=slug)
        if contained is not None:
            return contained
    if not services:
        raise _unreadable(asked) or _nothing(asked)
    if misnamed:
        build = CommandText(text=f"pip install -r {misnamed}")
    assumed = assumed_databases.variables(snapshot.folder, snapshot.root)
    place, called = snapshot, top_scripts.called(asked, snapshot, build)
    if called is not None:
        services = tuple(_within(one, snapshot.root.relative_to(asked.root)) for one in services)
        snapshot, build = asked, called
    elif not processes and (started := _from_above(asked, snapshot, build, settings=settings, slug=slug)):
        services, snapshot, build = (started[0],), asked, started[1]
    made = tuple(_contract(one, snapshot, settings, build=build, slug=slug, variables=assumed) for one in services)
    findings = [
        *_misnamed(snapshot, misnamed),
        *_said(snapshot, services, build, procfile_in=place.root if processes else None, variables=assumed),
        *procfiles.problems(place),
        *made[0][1],
    ]
    return Reading(contracts=tuple(one for one, _ in made), findings=tuple(findings))


def _moved(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with its root in the one folder that holds a service, where the root itself holds none."""
    if _has_mark(snapshot, snapshot.root):
        return snapshot
    below = [
        folder
        for folder in _candidates(snapshot)
        if dashboard.start_command(snapshot.folder, folder, entry="") or _has_process(snapshot, folder)
    ]
    return replace(snapshot, root=below[0]) if len(below) == 1 else snapshot


def _from_above(
    asked: Snapshot, moved: Snapshot, build: CommandText | None, *, settings: Settings, slug: str
) -> tuple[_Service, CommandText] | None:
    """Return the service of the folder *moved* as it starts from the top, and its build, where it is a package.

    Its files name each other by that folder's name then, which no server that runs in the folder can follow.
    """
    if moved.root == asked.root or build is None or build.text != _PROPOSED:
        return None
    here = entry_points.by_framework(moved.folder, moved.root)
    above = entry_points.by_framework(asked.folder, asked.root)
    services = _from_framework(asked, settings, slug)
    if not services or not here or not above or here.file is None or here.file != above.file:
        return None
    if not app_finder.is_named_from(asked.folder, asked.root, file=here.file, root=moved.root):
        return None
    list_there = (moved.root / "requirements.txt").relative_to(asked.root)
    return services[0], CommandText(text=f"pip install -r {list_there}")


def _within(service: _Service, inner: PurePosixPath) -> _Service:
    """Return *service* as it is started from the top, with its commands in the folder *inner*."""

    def moved(command: CommandText) -> CommandText:
        return replace(command, text=f"cd {inner} && {command.text}")

    before = service.pre_deploy
    return replace(service, start=moved(service.start), pre_deploy=moved(before) if before else None)


def _has_mark(snapshot: Snapshot, folder: PurePosixPath) -> bool:
    """Whether *folder* holds a file of a Python service; a Procfile that starts Node.js alone is none."""
    is_marked = any(snapshot_files.find(snapshot.folder, folder / mark) for mark in _MARKS)
    return is_marked or _has_process(snapshot, folder)


def _has_process(snapshot: Snapshot, folder: PurePosixPath) -> bool:
    within = replace(snapshot, root=folder)
    is_there = snapshot_files.find(snapshot.folder, folder / procfiles.NAME) is not None
    return is_there and (bool(procfiles.processes(within)) or not procfiles.of_other_languages(within))


def _misnamed(snapshot: Snapshot, name: str) -> Iterator[Finding]:
    """Yield that the list of requirements has almost its usual name: the proposed build command finds none."""
    if name:
        found, wanted = snapshot.root / name, snapshot.root / "requirements.txt"
        yield Finding(
            code="requirements-file-missing",
            outcome=Outcome.FAILED,
            message=f"the requirements stand in {found}, and Render's own build command, `pip install -r "
            "requirements.txt`, looks for requirements.txt",
            location=Location(str(found)),
            remedy=f"git mv {found} {wanted} && git commit",
        )


def _from_procfile(processes: tuple[procfile.ProcessLine, ...], slug: str) -> Iterator[_Service]:
    release = next((one for one in processes if one.name == "release"), None)
    for process in processes:
        if process.name == "release":
            continue
        is_web = process.name == "web"
        yield _Service(
            name=_name(slug) if is_web else f"{_name(slug)}-{process.name}",
            type="web" if is_web else "worker",
            start=process.command,
            pre_deploy=release.command if is_web and release else None,
        )


def _from_framework(snapshot: Snapshot, settings: Settings, slug: str) -> tuple[_Service, ...]:
    told = next(((name, one.entry) for name, one in settings.services.items() if one.entry), None)
    start = dashboard.start_command(snapshot.folder, snapshot.root, entry=told[1] if told else "")
    if start is None:
        return ()
    return (_Service(name=told[0] if told else _name(slug), type="web", start=start),)


def _name(slug: str) -> str:
    return slug.rpartition("/")[2] or "web"


def _contract(
    service: _Service,
    snapshot: Snapshot,
    settings: Settings,
    *,
    build: CommandText | None,
    slug: str,
    variables: tuple[Variable, ...],
) -> tuple[Contract, tuple[Finding, ...]]:
    choice = python_version.choose(snapshot.folder, snapshot.root, variable=None, written="")
    hostname = own_hosts.stated(snapshot) or f"{service.name.lower()}.{facts().host_suffix}"
    made = contracts.assembled(
        Circumstances(
            name=service.name,
            type=service.type,
            plan=facts().plans["starter"],
            hostname=hostname,
            commit=snapshot.commit,
            slug=slug,
        ),
        snapshot,
        root=snapshot.root,
        settings=settings.services.get(service.name, ServiceSettings()),
        variables=variables,
        python=choice.request,
        commands={"buildCommand": build, "preDeployCommand": service.pre_deploy, "startCommand": service.start},
        health_path="",
        host=hostname,
        shutdown_s=None,
        databases={},
        location=service.start.location,
    )
    return made, choice.findings


def _said(
    snapshot: Snapshot,
    services: tuple[_Service, ...],
    build: CommandText | None,
    *,
    procfile_in: PurePosixPath | None,
    variables: tuple[Variable, ...],
) -> Iterator[Finding]:
    """Yield what was assumed: a note, for a service that runs has its commands in the Dashboard."""
    location = Location(str(procfile_in / procfiles.NAME)) if procfile_in is not None else None
    source = "Render does not read a Procfile" if location else "the project has no render.yaml"
    yield Finding(
        code="render-yaml-missing",
        outcome=Outcome.NOTE,
        message=f"{source}: the commands checked here are assumed{_place(snapshot)}, not those of a service on Render",
        location=location,
        evidence=(*_assumed(services, build), *(f"{one.name}: the address of a PostgreSQL" for one in variables)),
        remedy=f"write them to render.yaml at the top of the repository ({_DOCS}), or into the Dashboard",
        certainty="uncertain: the Dashboard may hold other commands and variables",
        required=False,
    )
    if build is None:
        below = min((path.relative_to(snapshot.folder).as_posix() for path in _lists(snapshot)), default="")
        yield Finding(
            code="requirements-file-missing",
            outcome=Outcome.WARNING,
            message="no file at the top names the project's requirements, so no build command can be assumed"
            + (f"; there is {below}" if below else ""),
            location=None,
            remedy=f"if the service needs what {below} lists, write `pip install -r {below}` as its build command"
            if below
            else "add requirements.txt, or pyproject.toml with a lock file",
            certainty="likely: none of requirements.txt, uv.lock, poetry.lock, Pipfile, pyproject.toml is there",
        )


def _lists(snapshot: Snapshot) -> Iterator[Path]:
    yield from on_disk.matching(snapshot.folder / snapshot.root, "*/requirements.txt")


def _place(snapshot: Snapshot) -> str:
    return f", with the root directory {snapshot.root}" if snapshot.root.parts else ""


def _assumed(services: tuple[_Service, ...], build: CommandText | None) -> Iterator[str]:
    if build is not None:
        yield f"buildCommand: {build.text}"
    for service in services:
        name = f"{service.name} " if len(services) > 1 else ""
        if service.pre_deploy is not None:
            yield f"{name}preDeployCommand: {service.pre_deploy.text}"
        yield f"{name}startCommand: {service.start.text}"


def _unreadable(snapshot: Snapshot) -> UsageError | None:
    """Return the file that would be the application, were it valid Python."""
    for file in on_disk.matching(snapshot.path, "*.py"):
        relative = file.relative_to(snapshot.folder).as_posix()
        text = snapshot_files.text(snapshot.folder, PurePosixPath(relative)) or ""
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", 0) or 1
            if _MAKES.search(text):
                return UsageError(
                    f"{relative}:{line} is no valid Python ({getattr(error, 'msg', error)}), and no other file is an "
                    "application",
                    source=relative,
                    remedy=f"mend {relative}:{line}; `python -m py_compile {relative}` shows it",
                )
    return None


def _nothing(snapshot: Snapshot) -> UsageError:
    below = _candidates(snapshot)
    hint = f"name the folder of the service: --project {below[0]}" if below else ""
    other = next(iter(procfiles.of_other_languages(snapshot)), None)
    process = f"a process in Python ({other.command.location} runs `{other.command.text}`)" if other else "a process"
    return UsageError(
        f"no service found in {snapshot.root if snapshot.root.parts else 'the repository'}: "
        f"no render.yaml, no Procfile with {process}, no application of a known framework",
        remedy=hint
        or "add render.yaml with the service's startCommand, "
        "or name the application in deploy.toml: [services.web] entry = 'package.module:app'",
    )


def _candidates(snapshot: Snapshot) -> list[PurePosixPath]:
    """Return the folders below the project in which a service may live."""
    folders = on_disk.folders(snapshot.path)
    return [snapshot.root / name for name in folders if _has_mark(snapshot, snapshot.root / name)]
