"""Findings about what a service imports: from the snapshot alone, and from really importing it.

Each part is loaded when it is asked for: what only traces needs neither.
"""

from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.ports import Ports


def check(case: Case) -> Findings:
    """Return what the sources tell."""
    from deploy_suite.checks.dependencies import static  # noqa: PLC0415  see above

    return static.check(case)


def confirm(built: Built, ports: Ports) -> Findings:
    """Return what importing the entry point as its server would has shown."""
    from deploy_suite.checks.dependencies import confirmed  # noqa: PLC0415  see above

    return confirmed.confirm(built, ports)
