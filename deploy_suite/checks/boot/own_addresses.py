"""A server that nobody reaches, or that ended over its address → the line of the project that gives it that address."""

import re
from dataclasses import replace
from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.config import binding, code_binding, subject
from deploy_suite.model.finding import Finding

_CODE: Final = "bound-to-wrong-address"
# errno 99 on Linux and 49 on macOS, as the C library words them.
_NO_SUCH_ADDRESS: Final = re.compile(r"Can(?:not|'t) assign requested address|EADDRNOTAVAIL")


def told(stage: Stage, log: str, failure: Finding) -> Finding:
    """Return *failure* at the line that gives the address, with what to write there, where there is such a line."""
    is_over_address = failure.code == "start-exited" and _NO_SUCH_ADDRESS.search(log) is not None
    if failure.code != _CODE and not is_over_address:
        return failure
    about = subject.of(stage.built.case)
    found = (*binding.problems(about), *code_binding.problems(about))
    own = next((one for one in found if one.code == _CODE and one.location), None)
    if own is None:
        return failure
    return replace(
        failure,
        code=_CODE,
        message=f"{failure.message}: {own.message}" if is_over_address else failure.message,
        location=own.location,
        evidence=(*own.evidence, *failure.evidence),
        remedy=own.remedy,
    )
