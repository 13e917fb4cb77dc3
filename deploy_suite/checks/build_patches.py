"""A build that refuses the Python of this machine for its patch alone: the target has another one."""

import re
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.manifests import poetry_constraint
from deploy_suite.model.finding import Finding, Outcome

_FAMILY: Final = "python-version-unsupported"
_EXACT: Final = re.compile(r"\d+\.\d+\.\d+")


def of_this_machine(cause: DiagnosedCause, case: Case) -> Finding | None:
    """Return what is said where the target's patch is one that the build takes, None where the target fails too.

    Where the target picks the patch it is the newest, which no patch of this machine is newer than.
    """
    used, wanted, target = cause.values.get("python", ""), cause.values.get("wanted", ""), case.contract.python
    if cause.family != _FAMILY or not _EXACT.fullmatch(used) or not used.startswith(f"{target.series}."):
        return None
    accepted = poetry_constraint.specifiers(wanted)
    patch = target.version if _EXACT.fullmatch(target.version) else f"{target.series}.99"
    if accepted is None or accepted.contains(used) or not accepted.contains(patch):
        return None
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"the build takes Python {wanted} and not {used}, which this machine has; the target has "
        f"{target.version} ({target.origin})",
        location=target.location,
        evidence=tuple(one.text for one in cause.evidence),
        remedy=f"install Python {target.version} on this machine (pyenv, uv python install), and run again",
    )
