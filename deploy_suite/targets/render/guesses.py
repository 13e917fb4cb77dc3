"""A project without render.yaml into the contracts that Render's Dashboard would propose, each guess said aloud."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.manifests import procfile
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract, Variable
from deploy_suite.model.finding import Finding
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.project import app_finder, entry_points, snapshot_files
from deploy_suite.targets.base import Reading
from deploy_suite.targets.render import (
    assumed_databases,
    assumptions,
    contracts,
    dashboard,
    procfiles,
    python_version,
    service_spec,
    top_scripts,
)
from deploy_suite.targets.render.assumptions import Service

_MARKS: Final = (
    *("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "setup.py", "manage.py"),
    *("render.yaml", "build.sh", "start.sh"),
)
_PROPOSED: Final = "pip install -r requirements.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """What a folder suggests. Shape: commands run in the root of `snapshot`; `misnamed` is a list of requirements."""

    snapshot: Snapshot
    processes: tuple[procfile.ProcessLine, ...]
    services: tuple[Service, ...]
    build: CommandText | None
    misnamed: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it says how to build and to start the services."""
        return bool(self.services and ((self.build and not self.misnamed) or self.processes))


def read(snapshot: Snapshot, settings: Settings, *, slug: str) -> Reading:
    """Return the services that a Procfile, a Dockerfile or, last, the framework suggests.

    Raises: UsageError when there is none.
    """
    guess = _guessed(_moved(snapshot), settings, slug)
    if image := _as_image(snapshot, guess, settings, slug=slug):
        return image
    if not guess.services:
        guess = replace(guess, services=_from_page(guess.snapshot, slug))
    if not guess.services:
        raise assumptions.unreadable(snapshot) or assumptions.nothing(snapshot, _candidates(snapshot))
    place = guess.snapshot
    variables = assumed_databases.variables(place.folder, place.root)
    guess = _run_from_top(snapshot, guess, settings, slug=slug)
    made = tuple(_contract(one, guess, settings, slug=slug, variables=variables) for one in guess.services)
    procfile_in = place.root if guess.processes else None
    findings = (
        *assumptions.misnamed(guess.snapshot, guess.misnamed),
        *assumptions.said(guess.snapshot, guess.services, guess.build, procfile_in=procfile_in, variables=variables),
        *procfiles.problems(place),
        *made[0][1],
    )
    return Reading(contracts=tuple(one for one, _ in made), findings=findings)


def _guessed(snapshot: Snapshot, settings: Settings, slug: str) -> _Guess:
    """Return what the root of *snapshot* alone suggests."""
    processes = procfiles.processes(snapshot)
    build = dashboard.build_command(snapshot.folder, snapshot.root)
    misnamed = "" if build else dashboard.misnamed_requirements(snapshot.folder, snapshot.root)
    return _Guess(
        snapshot=snapshot,
        processes=processes,
        services=tuple(_from_procfile(processes, slug)) or _from_framework(snapshot, settings, slug),
        build=CommandText(text=f"pip install -r {misnamed}") if misnamed else build,
        misnamed=misnamed,
    )


def _as_image(asked: Snapshot, guess: _Guess, settings: Settings, *, slug: str) -> Reading | None:
    """Return what a Dockerfile or a compose file tells, where it tells more than the sources do."""
    from deploy_suite.targets.render import docker_guesses  # noqa: PLC0415  most projects have a render.yaml

    moved, processes = guess.snapshot, guess.processes
    image = None if processes else docker_guesses.alone(asked, settings, slug=slug)
    if image is not None:
        return image
    is_told_better = moved.root != asked.root and (
        docker_guesses.has_several(asked)
        # An image beside the sources says how the service starts and by which Python; else a server is assumed.
        or (not processes and docker_guesses.is_for_deploys(moved))
        or not all(processes or dashboard.brings_server(moved.folder, moved.root, one.start) for one in guess.services)
    )
    return None if guess.is_whole and not is_told_better else docker_guesses.read(asked, settings, slug=slug)


def _run_from_top(asked: Snapshot, guess: _Guess, settings: Settings, *, slug: str) -> _Guess:
    """Return *guess*, of a folder below, with its commands run from the root of *asked* where they must be."""
    called = top_scripts.called(asked, guess.snapshot, guess.build)
    if called is not None:
        inner = guess.snapshot.root.relative_to(asked.root)
        return replace(
            guess, snapshot=asked, services=tuple(_within(one, inner) for one in guess.services), build=called
        )
    started = None if guess.processes else _from_above(asked, guess.snapshot, guess.build, settings=settings, slug=slug)
    if started is not None:
        return replace(guess, snapshot=asked, services=(started[0],), build=started[1])
    return guess


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
) -> tuple[Service, CommandText] | None:
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


def _within(service: Service, inner: PurePosixPath) -> Service:
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


def _from_procfile(processes: tuple[procfile.ProcessLine, ...], slug: str) -> Iterator[Service]:
    release = next((one for one in processes if one.name == "release"), None)
    for process in processes:
        if process.name == "release":
            continue
        is_web = process.name == "web"
        yield Service(
            name=_name(slug) if is_web else f"{_name(slug)}-{process.name}",
            type="web" if is_web else "worker",
            start=process.command,
            pre_deploy=release.command if is_web and release else None,
        )


def _from_framework(snapshot: Snapshot, settings: Settings, slug: str) -> tuple[Service, ...]:
    told = next(((name, one.entry) for name, one in settings.services.items() if one.entry), None)
    start = dashboard.start_command(snapshot.folder, snapshot.root, entry=told[1] if told else "")
    if start is None:
        return ()
    return (Service(name=told[0] if told else _name(slug), type="web", start=start),)


def _from_page(snapshot: Snapshot, slug: str) -> tuple[Service, ...]:
    page = dashboard.streamlit_command(snapshot.folder, snapshot.root)
    return (Service(name=_name(slug), type="web", start=page),) if page else ()


def _name(slug: str) -> str:
    return slug.rpartition("/")[2] or "web"


def _contract(
    service: Service, guess: _Guess, settings: Settings, *, slug: str, variables: tuple[Variable, ...]
) -> tuple[Contract, tuple[Finding, ...]]:
    snapshot = guess.snapshot
    choice = python_version.choose(snapshot.folder, snapshot.root, variable=None, written="")
    spec = service_spec.assumed(
        service.name,
        snapshot,
        type=service.type,
        variables=variables,
        pre_deploy=service.pre_deploy,
        location=service.start.location,
    )
    made = contracts.assembled(
        spec,
        snapshot,
        root=snapshot.root,
        settings=settings.services.get(service.name, ServiceSettings()),
        python=choice.request,
        build=guess.build,
        start=service.start,
        slug=slug,
    )
    return made, choice.findings


def _candidates(snapshot: Snapshot) -> list[PurePosixPath]:
    """Return the folders below the project in which a service may live."""
    folders = on_disk.folders(snapshot.path)
    return [snapshot.root / name for name in folders if _has_mark(snapshot, snapshot.root / name)]
