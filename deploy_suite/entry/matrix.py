"""The cells of a project's matrix: each Python and target it is to be checked with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.project import Snapshot
from deploy_suite.project.loading import settings_of
from deploy_suite.targets.registry import TARGETS

_FALLBACK_PYTHONS: Final = ("3.12",)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Shape: the cells are the product of both."""

    pythons: tuple[str, ...]
    targets: tuple[str, ...]


def matrix(folder: Path) -> Matrix:
    """Return what deploy.toml in *folder* asks for; without it the services' own Pythons on all targets.

    A project that cannot be read has a matrix too, for listing must not fail: its cells then say what is wrong.
    """
    try:
        settings = settings_of(folder)
    except DeployError:
        settings = Settings()
    targets = tuple(name for name in settings.targets if name in TARGETS) or tuple(TARGETS)
    return Matrix(pythons=settings.pythons or _own_pythons(folder, targets, settings), targets=targets)


def _own_pythons(folder: Path, targets: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    as_it_lies = Snapshot.as_it_lies(folder, top=folder)
    try:
        readings = [TARGETS[name].read(as_it_lies, settings, repository_slug="") for name in targets]
    except DeployError:
        return _FALLBACK_PYTHONS
    series = (contract.python.series for reading in readings for contract in reading.contracts)
    return tuple(dict.fromkeys(series)) or _FALLBACK_PYTHONS
