"""Findings about what a service imports: from the snapshot alone, and from really importing it.

Each part is loaded when it is asked for: what only traces needs neither.
"""

from collections.abc import Callable

from deploy_suite.checks.base import Built, Case, Findings, Started
from deploy_suite.ports import Ports


def check(case: Case) -> Findings:
    """Return what the sources tell."""
    from deploy_suite.checks.dependencies import static  # noqa: PLC0415  see above

    return static.check(case)


def is_shown_by_answer(case: Case) -> bool:
    """Whether the first answer of the service can show that its entry point imports."""
    from deploy_suite.checks.dependencies import started_import  # noqa: PLC0415  see above

    return started_import.is_possible(case)


def confirm(
    built: Built, ports: Ports, *, started: Started | None = None, staged: Callable[[], Built] | None = None
) -> Findings:
    """Return what importing the entry point shows: as its server would, unless *started* shows it already.

    Shape: *staged* returns *built* with databases for that import, made only when they are needed.
    """
    from deploy_suite.checks.dependencies import confirmed  # noqa: PLC0415  see above

    return confirmed.confirm(built, ports, started=started, staged=staged)
