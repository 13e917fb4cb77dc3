"""What a service tried to reach outside while it started → the finding that names it."""

from collections.abc import Sequence

from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Reach


def finding(reached: Sequence[Reach], *, has_failed: bool) -> Finding | None:
    """Return the warning about *reached*, None when that is empty."""
    if not reached:
        return None
    hosts = ", ".join(f"{each.host}:{each.port}" if each.port else each.host for each in reached)
    consequence = "if that is why it failed" if has_failed else "if what it does there matters"
    return Finding(
        code="network-at-start",
        outcome=Outcome.WARNING,
        message=f"while it started, the service tried to reach {hosts}; a preflight lets nothing out",
        remedy=f"{consequence}, {NETWORK_REMEDY}",
        certainty="seen: the look-ups and connections themselves"
        + ("" if has_failed else "; it started without them, and on the target they make it wait"),
    )
