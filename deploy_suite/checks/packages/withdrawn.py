"""Pinned releases that the package index has withdrawn ("yanked", with the reason) or no longer lists at all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import keeping
from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.environments import index_query, releases
from deploy_suite.environments.plan import Plan
from deploy_suite.manifests import lock_files
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.ports import Ports

_FOLDER: Final = "releases"
_KEPT_AT_MOST: Final = 200
_SEEDS: Final = frozenset({"pip", "setuptools", "wheel"})
_PARSERS: Final = {
    "poetry.lock": lock_files.parse_poetry,
    "uv.lock": lock_files.parse_uv,
    "Pipfile.lock": lock_files.parse_pipenv,
}
_OTHER_INDEXES: Final = ("--find-links", "-f", "--no-index", "--index", "--default-index", "-i", "--extra-index-url")


@dataclass(frozen=True, slots=True)
class Pin:
    """A release that the project names exactly."""

    name: str
    version: str
    location: Location | None


def findings(case: Case, plan: Plan, installed: Mapping[str, str], ports: Ports) -> Iterator[Finding]:
    """Yield what the index says of the pins among *installed* (canonical names onto versions).

    The index is asked once a day for the same environment. Nothing is said where it cannot be reached, nor of pins that
    another index may hold.
    """
    pins = _asked_about(case, plan, installed)
    offered = _offered(pins, plan, ports) if pins else {}
    for name, pin in pins.items():
        found = _finding(pin, offered[name]) if name in offered else None
        if found:
            yield found


def ask(case: Case, plan: Plan, ports: Ports) -> None:
    """Ask the index about the pins among what is going to be installed, so that its answer is there by then."""
    if pins := _asked_about(case, plan, plan.resolved.resolution.versions):
        _offered(pins, plan, ports)


def _asked_about(case: Case, plan: Plan, versions: Mapping[str, str]) -> Mapping[str, Pin]:
    pins = {pin.name: pin for pin in _pins(case, plan, versions)}
    return {} if not pins or _names_another_index(case, plan) else pins


def _pins(case: Case, plan: Plan, installed: Mapping[str, str]) -> Iterator[Pin]:
    declared = requirements.read(case)
    locks = [install.locks[-1] for install in plan.recipe.installs if install.is_locked and install.locks]
    for lock in dict.fromkeys(locks):
        for name in sorted(_locked(case.snapshot.folder / lock) & installed.keys() - _SEEDS):
            own = declared.listed(frozenset({name}))
            if installed[name]:
                yield Pin(name, installed[name], own.location if own else Location(lock))
    for listed in declared.installed:
        line = listed.line
        exact = [one for one in line.requirement.specifier if one.operator == "=="] if line.requirement else []
        version = installed.get(line.name, "")
        if not line.target and exact and version and any(one.contains(version, prereleases=True) for one in exact):
            yield Pin(line.name, version, line.location)


def _locked(file: Path) -> frozenset[str]:
    """Return what the lock file takes from the index; nothing of one that cannot be read, which others tell."""
    parse = _PARSERS.get(file.name)
    if parse is None:
        return frozenset()
    try:
        return lock_files.of_index(parse(_text(file)))
    except ManifestError:
        return frozenset()


def _names_another_index(case: Case, plan: Plan) -> bool:
    options = [option for install in plan.recipe.installs for option in install.options]
    texts = (_text(case.snapshot.folder / file) for file in plan.recipe.requirement_files)
    return any(option.partition("=")[0] in _OTHER_INDEXES for option in options) or any(
        "index-url" in text or "find-links" in text for text in texts
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _offered(pins: Iterable[str], plan: Plan, ports: Ports) -> Mapping[str, Mapping[str, str]]:
    names = sorted(pins)
    today = ports.clock.utc()[:10]
    name = keeping.digest(names, releases.indexes(plan.workshop), today)
    file = ports.workplace.cache / _FOLDER / f"{name}.json"
    with ports.workplace.locked(f"releases-{name}"):  # whoever asks the same meanwhile gets the same answer
        kept: Mapping[str, Mapping[str, str]] | None = keeping.read(file)
        if kept is not None:
            return kept
        answer = releases.offered(names, plan.workshop)
        if answer:
            keeping.write(file, answer, at_most=_KEPT_AT_MOST)
        return answer


def _finding(pin: Pin, offered: Mapping[str, str]) -> Finding | None:
    known = {version: yanked for text, yanked in offered.items() if (version := _version(text))}
    version = _version(pin.version)
    if version is None or version.local or not known:
        return None
    if version not in known:
        return _gone(pin, newest=max((one for one in known if not one.is_prerelease), default=max(known)))
    offers = [one for one, yanked in known.items() if not yanked and not one.is_prerelease]
    return _yanked(pin, known[version], newest=max(offers, default=None)) if known[version] else None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _yanked(pin: Pin, reason: str, *, newest: Version | None) -> Finding:
    where = f" in {pin.location}" if pin.location else ""
    has_reason = reason.strip() not in {"", index_query.NO_REASON}
    return Finding(
        code=f"yanked-release:{pin.name}",
        # It is installed all the same, and without a reason nobody can tell what would be wrong with it.
        outcome=Outcome.WARNING if has_reason else Outcome.NOTE,
        message=f"{pin.name} {pin.version} was withdrawn from the package index: {' '.join(reason.split())}",
        location=pin.location,
        remedy=f"pin another release of {pin.name}{where}" + (f"; the newest is {newest}" if newest else ""),
        certainty="certain that it was withdrawn; installers still take it where it is pinned exactly",
        reproduce=f"pip download --no-deps {pin.name}=={pin.version}",
    )


def _gone(pin: Pin, *, newest: Version) -> Finding:
    where = f" in {pin.location}" if pin.location else ""
    return Finding(
        code=f"dependency-resolution-impossible:{pin.name}",
        outcome=Outcome.FAILED,
        message=f"the package index no longer has {pin.name} {pin.version}; here it came from a cache",
        location=pin.location,
        remedy=f"pin another release of {pin.name}{where}; the newest is {newest}",
        reproduce=f"pip download --no-cache-dir --no-deps {pin.name}=={pin.version}",
    )
