"""Findings about installed packages that do not fit together, and extras that do not exist."""

from collections.abc import Iterator

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.environments import consistency
from deploy_suite.environments.consistency import Inconsistency, Problem
from deploy_suite.model.finding import Finding, Outcome


def findings(built: Built, declared: Declared) -> Iterator[Finding]:
    """Return what `pip check` would say, with the requirement lines, and the extras that no package has."""
    requirements = [listed.line.requirement for listed in declared.installed if listed.line.requirement]
    for problem in (
        *consistency.problems(built.environment),
        *consistency.unknown_extras(built.environment, requirements),
    ):
        if problem.kind is Inconsistency.UNKNOWN_EXTRA:
            yield _extra(problem, declared)
        else:
            yield _conflict(problem, declared)


def _conflict(problem: Problem, declared: Declared) -> Finding:
    lines = [
        listed for name in (problem.wanted, problem.distribution) if (listed := declared.listed(frozenset({name})))
    ]
    pair = f"{problem.distribution}-{problem.wanted}"
    return Finding(
        code=f"dep-conflict:{pair}",
        outcome=Outcome.WARNING,
        message=str(problem),
        location=lines[0].location if lines else None,
        evidence=tuple(f"{listed.location}: {listed.line.text}" for listed in lines),
        remedy=(
            f"change {lines[0].location} so that {problem.requirement} holds"
            if lines
            else f"pin {problem.wanted} so that {problem.requirement} holds: {declared.add(problem.requirement)}"
        ),
        certainty="pip installs it so and the import went its way; what of it breaks shows only when it is used",
        reproduce="python -m pip check",
    )


def _extra(problem: Problem, declared: Declared) -> Finding:
    name, _, _ = problem.requirement.partition("[")
    listed = next(
        (one for one in declared.installed if one.line.requirement and one.line.requirement.name == name), None
    )
    return Finding(
        code=f"unknown-extra:{name}[{problem.wanted}]",
        outcome=Outcome.WARNING,
        message=str(problem),
        location=listed.location if listed else None,
        evidence=(f"{listed.location}: {listed.line.text}",) if listed else (),
        remedy=f"remove [{problem.wanted}], and require by its own name what it was to bring",
        certainty="pip only warns of it and builds on; what the extra was to bring is not installed",
    )
