"""A project's own line that asks a package for what the installed release does not have: no package asks another."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.knowledge import import_names
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location

_LACKS: Final = re.compile(r"^'(?P<kind>\w+)' object has no attribute '(?P<name>\w+)'")
_TAKES_NOT: Final = re.compile(
    r"^(?P<path>[\w.<>]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'(?:\. Did you mean '(?P<other>\w+)')?"
)


def finding(fault: Fault) -> Finding | None:
    """Return what the last line of the traceback, the project's own, asks for in vain."""
    frames = fault.outer.frames
    if not frames or not frames[-1].is_own:
        return None
    place = frames[-1].location
    if lacks := _LACKS.search(fault.outer.message):
        says = f"asks {lacks['kind']} for {lacks['name']}, which it does not have in the release that is installed"
        return _finding(fault, says, place)
    takes_not = _TAKES_NOT.search(fault.outer.message)
    if takes_not is None:
        return None
    called = takes_not["path"].removesuffix(".__init__").split(".")
    package = next(_packages(fault, place, frozenset(called)), "")
    release = f"in {_shown(fault, package)}" if package else "as it is defined"
    other = f"; it takes {takes_not['other']}" if takes_not["other"] else ""
    says = f"gives {called[-1]} the argument {takes_not['name']}, which it does not take {release}{other}"
    return _finding(fault, says, place, package=package, is_pinned=bool(package))


def _finding(fault: Fault, says: str, place: Location, *, package: str = "", is_pinned: bool = True) -> Finding:
    listed = fault.declared.listed(frozenset({package})) if package else None
    where = f" in {listed.location} ({listed.line.shown})" if listed else ""
    pin = f"; or pin{where} the release that had it: `pip freeze` at the desk shows which" if is_pinned else ""
    return failed(
        fault,
        # The log of a start that ends there is read as a conflict, and is then told once with this.
        code="dep-conflict" if package else f"import-failed:{fault.outer.type}",
        message=f"importing the application fails {fault.when}: {place} {says}",
        remedy=f"mend {place}{pin}",
        location=place,
    )


def _packages(fault: Fault, place: Location, called: frozenset[str]) -> Iterator[str]:
    """Yield the installed packages from which the file of *place* imports one of *called*."""
    for found in fault.traced.imports:
        if found.chain.hops and found.chain.last.file == place.file and called & {*found.names, found.name}:
            names = import_names.canonical((found.name, *import_names.distributions(found.module, names=found.names)))
            yield from sorted(names & fault.built.environment.packages.keys())


def _shown(fault: Fault, package: str) -> str:
    return f"{package} {fault.built.environment.packages[package]}"
