"""What a start cannot do without, read in the sources, into findings about what nothing states."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.variables import stated
from deploy_suite.model import python_series
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.values import ImportKind, Trace
from deploy_suite.tracing.variables import collect
from deploy_suite.tracing.variables.values import Reads, VariableRead

CODE: Final = "missing-env-var"
_MOST_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """A variable that is read without a default on the way, and the check that would end on it."""

    read: VariableRead
    check: str


def findings(case: Case, entry: EntryPoint, traced: Trace) -> Iterator[Finding]:
    """Return one finding for each variable that every start asks for in vain, and a note about those asked for later.

    A service whose variables no file states is never accused: they are on the target's own page, and a note lists them.
    """
    reads = asked(case, entry, traced)
    if not reads.required:
        return
    present = stated.present(case) | reads.given
    absent = [one for one in reads.required if not one.is_met_by(present)]
    at_start = [one for one in absent if is_at_start(one)]
    later = [one for one in absent if one.kind is ImportKind.DEFERRED]
    manifests = stated.files(case.contract)
    if not manifests:
        yield from _to_be_set(at_start)
        return
    yield from (_missing(one, case.contract, manifests[0]) for one in at_start)
    yield from _asked_later(later, manifests[0])


def asked(case: Case, entry: EntryPoint, traced: Trace) -> Reads:
    """Return what the files that every start executes ask for."""
    eager = [module.file for module in traced.modules if module.kind is ImportKind.EAGER]
    version = python_series.numbers(case.python)
    return collect.read(eager, folder=case.snapshot.folder, version=version, entry=entry)


def is_at_start(one: VariableRead) -> bool:
    """Whether every start comes past *one*."""
    return one.kind is ImportKind.EAGER


def _missing(one: VariableRead, contract: Contract, manifest: str) -> Finding:
    name = one.names[0]
    others = f" (or {' or '.join(one.names[1:])})" if len(one.names) > 1 else ""
    return Finding(
        code=f"{CODE}:{name}",
        outcome=Outcome.FAILED,
        message=f"the application needs the variable {name}{others} to start, and {manifest} does not state it",
        location=one.location,
        evidence=(f"{one.location}: asked for by {one.way}, without a default",),
        remedy=f"add `- key: {name}` with `sync: false`, a value or `fromDatabase` to the envVars of "
        f"{contract.service} in {manifest}, or give it a default at {one.location}",
    )


def _to_be_set(reads: Sequence[VariableRead]) -> Iterator[Finding]:
    if reads:
        those = "them" if "," in _names(reads) else "it"
        yield Finding(
            code=CODE,
            outcome=Outcome.NOTE,
            message=f"every start needs {_names(reads)}, and no file states {those}: set {those} on the target itself",
            location=reads[0].location,
            evidence=_shown(reads),
            remedy=f"see that the target's own page has {those}, or state {those} in a render.yaml",
        )


def _asked_later(reads: Sequence[VariableRead], manifest: str) -> Iterator[Finding]:
    if reads:
        yield Finding(
            code=CODE,
            outcome=Outcome.NOTE,
            message=f"functions ask for {_names(reads)}, which {manifest} does not state",
            location=reads[0].location,
            evidence=_shown(reads),
            remedy=f"state what they need in {manifest}, or give it a default",
        )


def _names(reads: Sequence[VariableRead]) -> str:
    return ", ".join(dict.fromkeys(one.names[0] for one in reads))


def _shown(reads: Sequence[VariableRead]) -> tuple[str, ...]:
    lines = [f"{one.location}: {' or '.join(one.names)}, by {one.way}" for one in reads]
    more = len(lines) - _MOST_SHOWN
    return (*lines[:_MOST_SHOWN], *((f"and {more} more",) if more > 0 else ()))
