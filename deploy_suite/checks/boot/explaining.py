"""What failed in a start → its root cause. What diagnoses logs is loaded once something has failed."""

from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.finding import Finding

NETWORK_REMEDY: Final = "let it reach the network: nox -s preflight -- --network"


def explained(stage: Stage, log: str, failure: Finding) -> Finding:
    """Return *failure* with the root cause that *log* shows, its place in the project's code, and the evidence.

    Shape: SKIPPED when what failed is only that this is not the target: a host outside that was out of reach, or a
    value that had to be made up.
    """
    from deploy_suite.checks.boot import explanations  # noqa: PLC0415  see above

    return explanations.explained(stage, log, failure)


def may_be_of_here(stage: Stage, log: str) -> bool:
    """Whether something of this machine, and not of the project, may have caused what *log* shows."""
    from deploy_suite.checks.boot import excuses  # noqa: PLC0415  see above
    from deploy_suite.knowledge.diagnosis import diagnose  # noqa: PLC0415

    return excuses.surroundings(stage, log, diagnose(log).root) is not None


def family(log: str) -> str:
    """Return the family of the root cause in *log*, "" where it shows none."""
    from deploy_suite.knowledge.diagnosis import diagnose  # noqa: PLC0415  see above

    root = diagnose(log).root
    return root.family if root else ""


def evidence(log: str) -> tuple[str, ...]:
    """Return the lines of *log* that show causes of failures."""
    from deploy_suite.knowledge.diagnosis import diagnose  # noqa: PLC0415  see above

    return tuple(line.text for cause in diagnose(log).causes for line in cause.evidence)


def wants_other_services(stage: Stage) -> tuple[str, ...]:
    """Return the variables that hold the made-up address of another service."""
    from deploy_suite.checks.boot import excuses  # noqa: PLC0415  see above

    return excuses.wants_other_services(stage)
