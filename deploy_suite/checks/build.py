"""What building the service's environment shows."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.base import Case, Findings
from deploy_suite.environments import execute_bits
from deploy_suite.model.environment import BuildFailure, Environment
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted

_TRACEBACK: Final = "Traceback (most recent call last)"


def findings(outcome: Environment | BuildFailure, case: Case) -> Findings:
    """Return what was verified, or why the build failed and what would fail next with the index's versions."""
    if isinstance(outcome, BuildFailure):
        from deploy_suite.checks import build_failures  # noqa: PLC0415  a build that goes well needs none of it

        return (*_lent(case), *build_failures.findings(outcome, case))
    return (*_lent(case), *_let_pass(outcome, case), *_passed(outcome))


def _let_pass(environment: Environment, case: Case) -> Findings:
    if environment.lost is None and _TRACEBACK not in environment.log:
        return ()
    if environment.lost is None:
        from deploy_suite.checks import build_went_on  # noqa: PLC0415  see above

        return build_went_on.findings(environment.log, case)
    from deploy_suite.checks import let_pass  # noqa: PLC0415  see above

    return let_pass.findings(environment.lost, environment.log, case)


def _passed(environment: Environment) -> Findings:
    """Return what was verified."""
    how = "is kept from an earlier run" if environment.is_reused else f"was built in {environment.seconds:.1f} s"
    count = len(environment.packages)
    text = f"the environment {how}: Python {environment.interpreter.version}, {counted(count, 'package')}"
    verified = Finding(
        code="build", outcome=Outcome.PASSED, message="; ".join((text, *environment.notes)), evidence=environment.notes
    )
    return (verified,)


def _lent(case: Case) -> Iterator[Finding]:
    """Yield the scripts that were run although the commit gives them no execute bit: the target ends there.

    A command that was assumed proves nothing of that.
    """
    build = case.contract.build
    if build is None or build.location is None:
        return
    for path in execute_bits.missing(case.contract, case.snapshot.folder):
        yield Finding(
            code="entrypoint-not-executable",
            outcome=Outcome.FAILED,
            message=f"{path} has no execute bit in the commit: Permission denied",
            location=build.location,
            remedy=f"git update-index --chmod=+x {path} && git commit, or call it with `bash`",
        )
