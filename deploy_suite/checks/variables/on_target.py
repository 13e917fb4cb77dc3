"""The names of the variables that a service really has, against those that its manifest and its code want."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.variables import needed, stated, unread
from deploy_suite.tracing.variables.values import VariableRead


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs; names, never values.

    Shape: `missing` are wanted by the manifest or by every start and not set on the service itself, each with who says
    so; `extra` are set there, and neither the manifest nor any file of the commit has their names.
    """

    missing: tuple[tuple[str, str], ...]
    extra: tuple[str, ...]


def compared(case: Case, there: Iterable[str]) -> Compared:
    """Return how the names that are *there* differ from those that are wanted."""
    names = frozenset(there)
    return Compared(missing=tuple(_missing(case, names)), extra=tuple(_extra(case, names)))


def _missing(case: Case, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    told = set()
    for one in case.contract.variables:
        if one.location and not one.is_platform and one.name not in names:
            told.add(one.name)
            yield one.name, f"{one.location} states it"
    platform = {one.name for one in case.contract.variables if one.is_platform}
    present = names | platform | stated.in_the_commit(case)
    for read in _required(case):
        if not read.is_met_by(present) and not told & set(read.names):
            told.update(read.names)
            yield " or ".join(read.names), f"{read.location} asks for it at every start, without a default"


def _required(case: Case) -> tuple[VariableRead, ...]:
    entry = case.contract.entry
    if entry is None or entry.file is None:
        return ()
    traced = subject.trace(case, entry, known=subject.known_of(requirements.read(case).names))
    reads = needed.asked(case, entry, traced)
    return tuple(one for one in reads.required if needed.is_at_start(one) and not one.is_met_by(reads.given))


def _extra(case: Case, names: frozenset[str]) -> list[str]:
    stated_names = {one.name for one in case.contract.variables}
    left = [
        name
        for name in sorted(names - stated_names)
        if not unread.is_of_others(name) and not stated.OF_TOOLS.match(name)
    ]
    return unread.unnamed(left, case.snapshot.folder, with_rest=True) if left else []
