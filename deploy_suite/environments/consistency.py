"""Installed packages that do not fit together, and extras that no package has: what `pip check` says, and more."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from deploy_suite.environments import packages
from deploy_suite.model.environment import Environment

# What a build puts into its environment to install the rest with; a service does not start it.
_INSTALLERS: Final = frozenset({"poetry", "pipenv"})
_OF_EXTRA: Final = re.compile(r"""[;(\s]extra\s*==\s*["'][^"']""")


class Inconsistency(Enum):
    """What does not fit."""

    MISSING = "missing"
    WRONG_VERSION = "wrong-version"
    UNKNOWN_EXTRA = "unknown-extra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that does not fit.

    Shape: `distribution` and `version` are those of the package that demands, "" for the project itself; `wanted` is
    the package demanded, or the unknown extra; `installed` the version found, "" when there is none; `offers` are the
    extras that exist.
    """

    kind: Inconsistency
    distribution: str
    version: str
    requirement: str
    wanted: str
    installed: str = ""
    offers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the problem as `pip check` would say it."""
        who = f"{self.distribution} {self.version}" if self.distribution else "the project"
        if self.kind is Inconsistency.UNKNOWN_EXTRA:
            offers = ", ".join(self.offers) or "none"
            return f"{who} asks for {self.requirement}, but there is no extra {self.wanted!r}; there are: {offers}"
        if self.kind is Inconsistency.MISSING:
            return f"{who} requires {self.requirement}, which is not installed"
        return f"{who} requires {self.requirement}, but {self.wanted} {self.installed} is installed"


@dataclass(frozen=True, slots=True)
class _Installed:
    """A distribution as far as it matters here."""

    name: str
    version: str
    requires: tuple[Requirement, ...]
    extras: frozenset[str]


def problems(environment: Environment) -> tuple[Problem, ...]:
    """Return what does not fit among the installed packages, but for those that an installer alone needs.

    Source: https://pip.pypa.io/en/stable/cli/pip_check/
    """
    found = {one.name: one for one in _read(environment.venv)}
    markers = _markers(environment)
    names = sorted(found.keys() - _of_installers(found, markers))
    return tuple(problem for name in names for problem in _problems_of(found[name], found, markers))


def _of_installers(found: Mapping[str, _Installed], markers: Mapping[str, str]) -> set[str]:
    """Return the installers in *found* and what they alone lead to."""
    if not found.keys() & _INSTALLERS:
        return set()
    leads: dict[str, set[str]] = {
        name: {canonicalize_name(wanted.name) for wanted in one.requires if _applies(wanted, markers)}
        for name, one in found.items()
    }
    theirs = _reached(_INSTALLERS & found.keys(), leads)
    return theirs - _reached(found.keys() - theirs, leads)


def _reached(names: Iterable[str], leads: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name in leads and name not in reached:
            reached.add(name)
            left += leads[name]
    return reached


def unknown_extras(environment: Environment, requirements: Sequence[Requirement]) -> tuple[Problem, ...]:
    """Return the extras in *requirements*, the project's own, that the installed packages do not have."""
    markers = _markers(environment)
    wanted = [one for one in requirements if one.extras and _applies(one, markers)]
    found = {one.name: one for one in _read(environment.venv)} if wanted else {}
    return tuple(problem for requirement in wanted for problem in _extras(requirement, found))


def _read(venv: Path) -> Iterator[_Installed]:
    for distribution in packages.distributions(venv):
        metadata = packages.metadata(distribution)
        if metadata["Name"]:
            yield _Installed(
                canonicalize_name(metadata["Name"]),
                metadata["Version"] or "",
                tuple(_requirements(metadata.get_all("Requires-Dist") or distribution.requires)),
                frozenset(map(canonicalize_name, metadata.get_all("Provides-Extra") or ())),
            )


def _requirements(texts: Iterable[str]) -> Iterator[Requirement]:
    """Return what *texts* demand, but for what is demanded of an extra alone: to parse that is most of the work."""
    for text in texts:
        if _OF_EXTRA.search(text) and " or " not in text:
            continue
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue


def _markers(environment: Environment) -> Mapping[str, str]:
    version = environment.interpreter.version
    return {
        "python_version": environment.interpreter.series,
        "python_full_version": version,
        "implementation_version": version,
        "extra": "",
    }


def _applies(requirement: Requirement, markers: Mapping[str, str]) -> bool:
    try:
        return requirement.marker is None or requirement.marker.evaluate(dict(markers))
    except (UndefinedEnvironmentName, InvalidVersion):
        return False


def _problems_of(one: _Installed, found: Mapping[str, _Installed], markers: Mapping[str, str]) -> Iterator[Problem]:
    for requirement in one.requires:
        if not _applies(requirement, markers):
            continue
        name = canonicalize_name(requirement.name)
        other = found.get(name)
        if other is None or not _fits(requirement, other.version):
            yield Problem(
                kind=Inconsistency.WRONG_VERSION if other else Inconsistency.MISSING,
                distribution=one.name,
                version=one.version,
                requirement=_shown(requirement),
                wanted=name,
                installed=other.version if other else "",
            )


def _fits(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return True


def _extras(requirement: Requirement, found: Mapping[str, _Installed]) -> Iterable[Problem]:
    other = found.get(canonicalize_name(requirement.name))
    for extra in sorted(requirement.extras):
        if other and canonicalize_name(extra) not in other.extras:
            yield Problem(
                kind=Inconsistency.UNKNOWN_EXTRA,
                distribution="",
                version="",
                requirement=_shown(requirement),
                wanted=extra,
                installed=other.version,
                offers=tuple(sorted(other.extras)),
            )


def _shown(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
