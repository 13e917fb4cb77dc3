"""A resolver's account of versions that do not fit → the finding with the lines that it speaks of."""

import re
from typing import Final

from packaging.utils import canonicalize_name, canonicalize_version

from deploy_suite.checks import build_excerpts, build_refusals
from deploy_suite.checks.base import Case
from deploy_suite.environments.recipe import Recipe
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.environment import BuildFailure
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.mend import Mend

_SHOWN_LINES: Final = 8
# A resolver also gives up over a package whose metadata it cannot read.
_OF_VERSIONS: Final = re.compile(
    r"[Nn]o solution|unsatisfiable|\b[Bb]ecause\b|conflict|ResolutionImpossible|solving failed"
)


def is_of_versions(account: str) -> bool:
    """Whether *account* is about versions at all."""
    return bool(_OF_VERSIONS.search(account))


def may_be_cause(cause: DiagnosedCause | None) -> bool:
    """Whether the log shows no *cause*, or versions as the cause."""
    return cause is None or cause.family in {"dependency-resolution-impossible", "dep-conflict"}


def finding(failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    """Return the resolver's own account with the lines that it speaks of."""
    account = failure.resolution.conflict if failure.resolution else ""
    words: set[str] = {canonicalize_name(word) for word in re.findall(r"\w[\w.-]*", account)}
    twice = _pinned_twice(recipe)
    twice = twice if words.intersection(twice) else ()
    words.update(twice)  # a resolver tells only the first of them
    lines = [line for line in recipe.lines if line.name in words]
    return Finding(
        code="dependency-resolution-impossible",
        outcome=Outcome.FAILED,
        message=f"no set of versions fits all requirements{_among([line.name for line in lines])}",
        location=lines[0].location if lines else recipe.location or build_refusals.place(case),
        evidence=(
            *(f"{line.location}: {line.text}" for line in lines[:_SHOWN_LINES]),
            *build_excerpts.lines(account)[:_SHOWN_LINES],
        ),
        remedy=f"keep one of the lines for {', '.join(twice)}"
        if twice
        else "loosen or change the versions that are quoted, so that one of them admits what the other demands",
        reproduce=build_refusals.command(failure, case),
        mend=_once(next(line for line in lines if line.name == twice[0])) if twice else None,
    )


def _once(line: RequirementLine) -> Mend | None:
    """Return how a copy keeps of all lines for one package only *line*."""
    place = line.location
    if not place.line or not place.file.endswith(".txt"):
        return None
    says = f"{line.name} is required once, by {place}"
    return Mend(file=place.file, line=place.line, text=line.shown, says=says, is_faithful=False)


def _pinned_twice(recipe: Recipe) -> tuple[str, ...]:
    """Return the names that are pinned to different versions under the same conditions."""
    pins: dict[tuple[str, str], set[str]] = {}
    for line in recipe.lines:
        if line.requirement is None:
            continue
        pinned = [one.version for one in line.requirement.specifier if one.operator == "=="]
        about = (line.name, str(line.requirement.marker or ""))
        pins.setdefault(about, set()).update(canonicalize_version(one) for one in pinned if not one.endswith(".*"))
    return tuple(dict.fromkeys(name for (name, _), versions in pins.items() if len(versions) > 1))


def _among(names: list[str]) -> str:
    return f": {', '.join(dict.fromkeys(names))}" if names else ""
