"""The log of a build that went well → the program of it that did not, which nothing stopped at."""

import re
from dataclasses import replace
from typing import Final

from deploy_suite.checks import build_failures
from deploy_suite.checks.base import Case, Findings
from deploy_suite.knowledge.elsewhere import ELSEWHERE
from deploy_suite.model.finding import Outcome

# What left the program itself, not what it caught and showed: the outermost line is that of a script.
_LEFT: Final = re.compile(
    r"^Traceback \(most recent call last\):\n"
    r"  File \"(?:[^\"\n]*/)?(?:manage\.py|bin/[\w.-]+)\", line \d+, in <module>\n"
    r"(?:(?:[ \t].*)?\n)*"
    r"[A-Za-z_].*$",
    re.MULTILINE,
)


def findings(log: str, case: Case) -> Findings:
    """Return a warning with the cause of the first traceback that a program of the build ended with."""
    left = _LEFT.search(log)
    found = build_failures.of_log(left[0], case) if left else None
    if found is None or found.outcome is not Outcome.FAILED or found.code.partition(":")[0] in ELSEWHERE:
        return ()
    said = found.message.removeprefix("the build failed: ")
    return (
        replace(
            found,
            outcome=Outcome.WARNING,
            message=f"a command of the build failed, and the build went on: {said}",
            certainty="certain that it failed here; what it was to do is left undone",
            mend=None,
        ),
    )
