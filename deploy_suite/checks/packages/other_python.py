"""What the target's own Python cannot take, where this machine has another: told by the index and by the texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.checks import build_conflicts, build_excerpts, clashing
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.packages import refused, removed
from deploy_suite.checks.packages.foresight import Foresight
from deploy_suite.checks.packages.removed import Pythons
from deploy_suite.environments import other_python
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge.clashes import Clash
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.model import python_series
from deploy_suite.model.environment import Refusal
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted

_LINES: Final = 8
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.WARNING})


def findings(
    case: Case,
    plan: Plan,
    *,
    venv: Path | None,
    installed: Mapping[str, str],
    image: Image | None,
    is_like_target: bool,
    told: Sequence[Finding] = (),
) -> Findings:
    """Return what fails on the target for its Python alone; () where this machine has that Python.

    Shape: *venv* is None where nothing could be built; *told* is not said again.
    """
    if not plan.other_python:
        return ()
    glibc = image.glibc if image and not is_like_target else ()
    foreseen = other_python.foreseen(plan, venv=venv, installed=installed, glibc=glibc)
    found = _Foretelling(Foresight(case, plan, foreseen, image=image), told=told)
    return (*found.findings(), *([found.passed()] if venv is not None and found.is_well else ()))


class _Foretelling:
    """Says what was foreseen, nothing twice."""

    def __init__(self, seen: Foresight, *, told: Sequence[Finding]) -> None:
        self._seen = seen
        self._foreseen = seen.foreseen
        self._told = [one for one in told if one.outcome in _TOLD]

    def findings(self) -> Iterator[Finding]:
        """Yield all that is wrong, or could not be asked."""
        resolved = self._foreseen.resolved
        if not resolved.is_answered:
            yield self._unasked()
        clashes = list(self._clashes())
        refusals = [one for one in self._foreseen.refusals if not self._is_told(one, [clash for clash, _ in clashes])]
        yield from (refused.finding(one, refusals, self._seen) for one in refusals)
        yield from (finding for _, finding in clashes)
        conflict = resolved.resolution.conflict
        if conflict and not refusals and not self._seen.plan.resolved.resolution.conflict:
            yield self._at_odds(conflict)
        yield from self._of_standard_library()

    @property
    def is_well(self) -> bool:
        """Whether the index said of all packages that they are to be had as they were here."""
        resolved = self._foreseen.resolved
        is_open = bool(self._foreseen.refusals or self._foreseen.unknown or resolved.resolution.conflict)
        return resolved.is_answered and not is_open

    def _clashes(self) -> Iterator[tuple[Clash, Finding]]:
        """Yield versions that are known not to go with that Python."""
        codes = {one.code for one in self._told}
        found = clashing.of_another_python(
            self._foreseen.versions,
            self._seen.case,
            python=self._foreseen.python,
            here=self._seen.here,
            is_complete=self._foreseen.resolved.is_whole,
        )
        for clash, finding in found:
            if finding.code not in codes:
                yield clash, self._of_python(finding)

    def _is_told(self, refusal: Refusal, clashes: Sequence[Clash]) -> bool:
        """Whether something else says of the same release that it fails."""
        if any(refusal.name in clash.distributions for clash in clashes):
            return True
        place = refusal.location if refusal.location and refusal.location.line else None
        return any(
            one.code.partition(":")[2] == refusal.name or (place is not None and one.location == place)
            for one in self._told
        )

    def _of_standard_library(self) -> Iterator[Finding]:
        if self._seen.traced is None:
            return
        here = python_series.numbers(self._seen.here) if self._seen.here else None
        pythons = Pythons(
            here=here, there=python_series.numbers(self._foreseen.python), stating=self._seen.ways.stating()
        )
        known = {(one.code, one.location) for one in self._told}
        for one in removed.findings(
            self._seen.traced,
            self._seen.case.snapshot.folder,
            pythons,
            versions=self._foreseen.versions,
            is_whole=self._foreseen.resolved.is_whole,
        ):
            if (one.code, one.location) not in known:
                yield replace(self._of_python(one), python=python_series.of(self._seen.here))

    def _of_python(self, finding: Finding) -> Finding:
        """Return *finding* with where the Python comes from, and what is sure of a default."""
        is_sure = finding.outcome is Outcome.FAILED
        certainty = finding.certainty or (self._seen.of_new_services() if is_sure else "")
        return replace(finding, evidence=(*finding.evidence, self._seen.origin()), certainty=certainty)

    def _at_odds(self, account: str) -> Finding:
        if not build_conflicts.is_of_versions(account):
            return self._unasked()  # nobody can say whether a build that failed here fails with that Python
        return Finding(
            code="dependency-resolution-impossible",
            outcome=Outcome.WARNING,
            message=f"no set of versions was found for Python {self._foreseen.series}, which the target uses",
            location=self._seen.plan.recipe.location or self._seen.case.contract.location,
            evidence=(*build_excerpts.lines(account)[:_LINES], self._seen.origin()),
            remedy=self._seen.ways.stating(),
            certainty="likely: it is what uv answers for that Python"
            + (f"; for Python {python_series.of(self._seen.here)} there is a set" if self._seen.here else ""),
        )

    def passed(self) -> Finding:
        """Return that it is well."""
        count = counted(len(self._foreseen.versions), "package")
        return Finding(
            code="packages",
            outcome=Outcome.PASSED,
            message=f"asked for the target's Python {self._foreseen.series}, the index has {count} in a form that was "
            "installed here too",
            evidence=(self._seen.origin(),),
        )

    def _unasked(self) -> Finding:
        return Finding(
            code="cannot-check-here",
            outcome=Outcome.SKIPPED,
            message=f"what Python {self._foreseen.series}, the target's, would install is not known: the package index "
            "gave no answer for it",
            remedy=self._seen.ways.stating(),
            required=False,
        )
