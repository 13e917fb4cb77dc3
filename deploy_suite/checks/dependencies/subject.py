"""A case into the trace of its entry point."""

from collections.abc import Mapping

from deploy_suite.checks.base import Case
from deploy_suite.knowledge import import_names
from deploy_suite.model.contract import Literal
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing import tracer
from deploy_suite.tracing.values import Trace


def trace(
    case: Case,
    entry: EntryPoint,
    *,
    known: frozenset[str],
    reads_all: bool = True,
    variables: Mapping[str, str] | None = None,
) -> Trace:
    """Return the trace of *entry* for the Python of the contract; *known* are names that distributions provide.

    Shape: *variables* are those that its process sees, by default the manifest's.
    """
    return tracer.trace(
        entry,
        folder=case.snapshot.folder,
        python=case.python,
        known=known | import_names.top_levels(),
        variables=literals(case) if variables is None else variables,
        reads_all=reads_all,
    )


def literals(case: Case) -> Mapping[str, str]:
    """Return the variables whose values the manifest tells."""
    return {
        variable.name: variable.source.value.revealed()
        for variable in case.contract.variables
        if isinstance(variable.source, Literal)
    }


def known_of(names: frozenset[str]) -> frozenset[str]:
    """Return the import names that distributions called *names* most likely have."""
    return frozenset(name.replace("-", "_") for name in names)
