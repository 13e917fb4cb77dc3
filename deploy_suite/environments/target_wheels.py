"""What a Linux target would install, where this machine installs other wheels: resolved for it, unpacked, never run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.environments import resolution, store
from deploy_suite.environments.plan import Plan
from deploy_suite.ports import Workplace

_FOLDER: Final = "target-wheels"
_COMPLETE: Final = ".complete"
_SEEDS: Final = frozenset({"pip", "setuptools", "wheel"})
_OLDEST: Final = (2, 17)


@dataclass(frozen=True, slots=True)
class TargetPackages:
    """What the target would have.

    Shape: `folder` is laid out like site-packages and holds the wheels; `from_source` are those of `versions` that have
    none there.
    """

    folder: Path
    versions: Mapping[str, str]
    from_source: frozenset[str]


def unpacked(
    plan: Plan, installed: Mapping[str, str], *, glibc: tuple[int, ...], timeout_s: float
) -> TargetPackages | None:
    """Return the packages of *plan* for Linux on x86-64, None where they cannot be had within *timeout_s*.

    Shape: *glibc* is that of the target's image; *installed* are the versions here, taken where lock files decide.
    """
    major, minor = (glibc or _OLDEST)[:2]
    platform = f"x86_64-manylinux_{major}_{minor}"
    answer = resolution.resolve(
        plan.recipe, plan.snapshot.folder, installer=plan.installer, workshop=plan.workshop, platform=platform
    ).resolution
    from_source = answer.from_source or plan.resolved.resolution.from_source
    versions = {name: version for name, version in (answer.versions or installed).items() if name not in _SEEDS}
    requirements = [f"{name}=={v}" for name, v in sorted(versions.items()) if name not in from_source and " " not in v]
    folder = _fetched(plan, requirements, platform, timeout_s=timeout_s)
    return TargetPackages(folder, versions, from_source) if folder else None


def _fetched(plan: Plan, requirements: list[str], platform: str, *, timeout_s: float) -> Path | None:
    workplace = plan.workshop.ports.workplace
    text = json.dumps([requirements, platform, plan.choice.interpreter.series])
    place = workplace.cache / _FOLDER / hashlib.sha256(text.encode()).hexdigest()[:32]
    mark = place / _COMPLETE
    with workplace.locked(_lock_name(place)):
        if not mark.exists():
            store.wiped(place)
            done = plan.installer.fetch(
                place, requirements, platform=platform, timeout_s=timeout_s, workshop=plan.workshop
            )
            if not done.ok:
                store.wiped(place)
                return None
        mark.touch()  # also where it was there: this says when it was used last
    return place


def make_room(workplace: Workplace, limit_bytes: int) -> None:
    """Remove what was used least recently until the rest takes no more than *limit_bytes*."""
    marks = (workplace.cache / _FOLDER).glob(f"*/{_COMPLETE}")
    kept = [store.Entry(mark.parent, mark.stat().st_mtime, store.size_bytes(mark.parent)) for mark in marks]
    for folder in store.least_used(kept, limit_bytes):
        with workplace.locked(_lock_name(folder)):
            store.wiped(folder)


def _lock_name(place: Path) -> str:
    return f"wheels-{place.name}"
