"""What a service tried to reach outside while it started → the finding that names it."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.environments import start_installs
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Reach

_PACKAGE_INDEX: Final = frozenset({"pypi.org", "files.pythonhosted.org"})


def reached(stage: Stage) -> tuple[Reach, ...]:
    """Return what the service wanted; a pip of its start command asks the index, which is told as that."""
    found = tuple(stage.network.reached_for())
    is_index = any(each.host in _PACKAGE_INDEX for each in found)
    if not is_index or not start_installs.read(stage.contract, stage.built.case.snapshot.folder):
        return found
    return tuple(each for each in found if each.host not in _PACKAGE_INDEX)


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
