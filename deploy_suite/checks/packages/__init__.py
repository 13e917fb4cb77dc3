"""The packages check: what was installed, judged by what the loader of the target's image will say of it.

Each part is loaded when it is asked for: the start of the service does not wait for it.
"""

from collections.abc import Sequence

from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.environments.plan import Plan
from deploy_suite.model.finding import CheckResult
from deploy_suite.ports import Ports


def check(built: Built, plan: Plan, ports: Ports) -> Findings:
    """Return what is wrong with the packages of *built*, by their files and by what the index says of them."""
    from deploy_suite.checks.packages import checking  # noqa: PLC0415  see above

    return checking.check(built, plan, ports)


def ask(case: Case, plan: Plan, ports: Ports) -> None:
    """Ask the index for what `check` is going to want to know, while the environment is being built."""
    from deploy_suite.checks.packages import withdrawn  # noqa: PLC0415  likewise

    withdrawn.ask(case, plan, ports)


def foretold(told: Findings, case: Case, plan: Plan, ports: Ports) -> Findings:
    """Return *told* of a build that failed, and what would be wrong with its packages by the versions of now."""
    from deploy_suite.checks.packages import checking  # noqa: PLC0415  likewise

    return checking.foretold(told, case, plan, ports)


def unbuilt(case: Case, plan: Plan) -> Findings:
    """Return what fails on the target for its Python, which this machine does not have."""
    from deploy_suite.checks.packages import checking  # noqa: PLC0415  likewise

    return checking.unbuilt(case, plan)


def settled(result: CheckResult, imports: CheckResult) -> CheckResult:
    """Return *result*, of this check, after the entry point was imported."""
    from deploy_suite.checks.packages import settling  # noqa: PLC0415  likewise

    return settling.settled(result, imports)


def named(result: CheckResult, shown: Sequence[CheckResult]) -> list[CheckResult]:
    """Return *shown* with what failed for NumPy's sake under the slug of the package that is built for another one."""
    from deploy_suite.checks.packages import settling  # noqa: PLC0415  likewise

    return settling.named(result, shown)
