"""Where the Blueprint lies, and in which folder each of its services runs."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files
from deploy_suite.targets.render.blueprint import ServiceResource
from deploy_suite.targets.render.lints import paths

_NAME: Final = "render.yaml"
_WRONG_NAMES: Final = ("render.yml", "Render.yaml", ".render.yaml")
_MARKS: Final = ("requirements.txt", "pyproject.toml", "Pipfile", "uv.lock", "poetry.lock", "manage.py")
_COMMANDS: Final = ("buildCommand", "preDeployCommand", "startCommand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The Blueprint's file, None when there is none, and what is wrong with where it lies."""

    file: PurePosixPath | None
    findings: tuple[Finding, ...] = ()

    @property
    def folder(self) -> PurePosixPath:
        """The folder that the file lies in."""
        return self.file.parent if self.file else PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The folder of a service, None when the commit has none."""

    path: PurePosixPath | None
    findings: tuple[Finding, ...] = ()


def find(snapshot: Snapshot) -> Place:
    """Return the Blueprint: in the project's folder, at the top, or in the one folder that has one."""
    usual = dict.fromkeys((snapshot.root / _NAME, PurePosixPath(_NAME)))
    for path in usual:
        if snapshot_files.find(snapshot.folder, path):
            return Place(file=path, findings=() if path == PurePosixPath(_NAME) else (_not_at_top(path),))
    wrong = tuple(_wrongly_named(snapshot))
    below = [path for path in _below(snapshot) if snapshot_files.find(snapshot.folder, path)]
    if len(below) == 1 and not snapshot_files.find(snapshot.folder, snapshot.root / "Procfile"):
        return Place(file=below[0], findings=(_not_at_top(below[0]), *wrong))
    return Place(file=None, findings=wrong)


def _below(snapshot: Snapshot) -> list[PurePosixPath]:
    names = on_disk.folders(snapshot.path)
    return [snapshot.root / name / _NAME for name in names]


def _not_at_top(path: PurePosixPath) -> Finding:
    return Finding(
        code="render-yaml-place",
        # Either the Dashboard names it, or the Dashboard holds what it says; whether it fits is judged besides.
        outcome=Outcome.NOTE,
        message=f"Render looks for render.yaml at the top of the repository, not for {path}",
        location=Location(str(path)),
        remedy=f"git mv {path} {_NAME}, or name {path} as the Blueprint's path in the Dashboard",
        certainty="certain unless the Dashboard names this path",
    )


def _wrongly_named(snapshot: Snapshot) -> list[Finding]:
    found = [name for name in _WRONG_NAMES if snapshot_files.find(snapshot.folder, snapshot.root / name)]
    return [
        Finding(
            code="render-yaml-name",
            outcome=Outcome.WARNING,
            message=f"Render does not read {snapshot.root / name}: the file must be called {_NAME}",
            location=Location(str(snapshot.root / name)),
            remedy=f"git mv {snapshot.root / name} {_NAME}",
            certainty="certain unless the Dashboard names this path",
        )
        for name in found
    ]


def within(snapshot: Snapshot, services: list[ServiceResource], place: Place) -> list[ServiceResource]:
    """Return the services that run in the project's folder, all of them when none or the whole repository is meant."""
    if not snapshot.root.parts or place.folder == snapshot.root:
        return services
    below = [one for one in services if (root := paths.root_of(one)) and root.is_relative_to(snapshot.root)]
    return below or services


def root_of(service: ServiceResource, snapshot: Snapshot, place: Place) -> Root:
    """Return the folder in which Render runs the commands of *service*.

    A Blueprint in a subfolder whose services name no rootDir was written for that folder: it is taken as such where
    the top of the repository holds no manifest and the commands name no file from there, and said. Where rootDir is no
    folder, what lies behind that fault is looked for in the one that must be meant.
    """
    root = paths.root_of(service)
    if not paths.has_root(service, snapshot.folder):
        return Root(path=paths.meant_root(service, snapshot.folder))
    if root is None or not snapshot_files.is_folder(snapshot.folder, root):
        return Root(path=None)
    is_of_top = has_manifest(snapshot, root) or _is_named_from_top(service, snapshot, place)
    if root.parts or not place.folder.parts or is_of_top:
        return Root(path=root)
    return Root(path=place.folder, findings=(_without_root(service, place),))


def _is_named_from_top(service: ServiceResource, snapshot: Snapshot, place: Place) -> bool:
    """Whether a command of *service* names a file in the Blueprint's folder by its path from the repository's top."""
    words = " ".join(service.text(key) or "" for key in _COMMANDS).split()
    below = (word for word in words if word.startswith(f"{place.folder}/"))
    return any(snapshot_files.find(snapshot.folder, PurePosixPath(word)) for word in below)


def has_manifest(snapshot: Snapshot, folder: PurePosixPath) -> bool:
    """Whether *folder* has what says which packages a Python service needs."""
    return any(snapshot_files.find(snapshot.folder, folder / name) for name in _MARKS)


def _without_root(service: ServiceResource, place: Place) -> Finding:
    return Finding(
        code="wrong-root-directory",
        outcome=Outcome.WARNING,
        message=f"{service.label} names no rootDir, so Render runs its commands at the top and not in {place.folder}",
        location=service.location,
        remedy=f"add `rootDir: {place.folder}` to {service.label} in {service.file}",
        certainty="certain unless the Dashboard names the root directory; checked here as if it did",
    )
