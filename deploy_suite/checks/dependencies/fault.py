"""A rehearsed import that failed, with all that judging it takes, and the common forms of what it is judged to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks import generated_values
from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import evidence
from deploy_suite.checks.dependencies.rehearsed_import import Raised, Rehearsed
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.knowledge.elsewhere import ELSEWHERE
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.values import Trace

# Causes that speak of the surroundings, where the rehearsal is not the target.
OF_SURROUNDINGS: Final = ELSEWHERE | {"read-only-filesystem", "out-of-memory", "no-space-left", "port-in-use"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failed import with all that judging it takes."""

    built: Built
    entry: EntryPoint
    traced: Trace
    declared: Declared
    rehearsed: Rehearsed

    @property
    def outer(self) -> Raised:
        """The exception that ended the import."""
        return self.rehearsed.raised[0]

    @property
    def when(self) -> str:
        """The stage in words."""
        return "at the first request (Django imports the URLs then)" if self.rehearsed.stage == "urls" else "at start"


def failed(fault: Fault, *, code: str, message: str, remedy: str, location: Location | None) -> Finding:
    """Return a failure with the traceback's lines as its evidence."""
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message=message,
        location=location,
        evidence=evidence.quoted(fault.outer),
        remedy=remedy,
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )


def needs_real_values(fault: Fault, names: Sequence[str], why: str) -> Finding:
    """Return what is said when made-up values may be the reason."""
    return Finding(
        code="needs-real-values",
        outcome=Outcome.SKIPPED,
        message=f"{why}; here they are made up: {', '.join(names)}",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer),
        remedy="put working values for " + ", ".join(names) + " into .env.preflight (never commit it), and run again",
    )


def as_diagnosed(fault: Fault, root: DiagnosedCause) -> Finding:
    """Return the failure in the words of the causes."""
    told = Finding(
        code=root.slug,
        outcome=Outcome.FAILED,
        message=f"importing the application fails {fault.when}: {root.title}",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer),
        remedy=root.fix.strip(),
        python=root.python,
        certainty=root.why,
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )
    return generated_values.explained(told, fault.built.case.contract)
