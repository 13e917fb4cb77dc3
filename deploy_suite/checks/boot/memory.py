"""The memory of a running service against what its plan grants."""

from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.contract import MEBIBYTE
from deploy_suite.model.finding import Finding, Outcome

_TIGHT: Final = 0.8


def judged(stage: Stage, used_bytes: int) -> Finding | None:
    """Return the finding when *used_bytes* leave little or nothing of the plan's memory."""
    granted_bytes = stage.contract.memory_bytes
    if granted_bytes <= 0 or used_bytes <= granted_bytes * _TIGHT:
        return None
    is_over = used_bytes > granted_bytes
    return Finding(
        code="out-of-memory" if is_over else "memory-tight",
        outcome=Outcome.FAILED if is_over else Outcome.WARNING,
        message=f"the service holds {in_mebibytes(used_bytes)} MiB after its start, and the plan {stage.contract.plan} "
        f"grants {in_mebibytes(granted_bytes)}",
        location=stage.contract.location,
        remedy="load less at start (models, data), start fewer workers (WEB_CONCURRENCY), or choose a larger plan",
        certainty="" if is_over else "it was measured once, with hardly any requests served",
    )


def in_mebibytes(size_bytes: int) -> int:
    """Return *size_bytes* in whole MiB, rounded up."""
    return -(-size_bytes // MEBIBYTE)
