"""When an import runs → how gravely what is wrong with it is told, and how sure that is."""

from deploy_suite.model.finding import Outcome
from deploy_suite.tracing.values import ImportKind


def outcome(kind: ImportKind) -> Outcome:
    """Return FAILED for what every start meets, WARNING for the rest."""
    return Outcome.FAILED if kind is ImportKind.EAGER else Outcome.WARNING


def certainty(kind: ImportKind, *, runs: str = "the function that imports it") -> str:
    """Return how sure it is that a fault is met when *runs* does, "" for what every start meets."""
    return "" if kind is ImportKind.EAGER else f"certain, but met only when {runs} runs"
