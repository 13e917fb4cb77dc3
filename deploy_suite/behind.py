"""A rehearsal that failed → what it would fail on next, met in a copy in which the faults are mended.

Whoever mends one fault and pushes learns of the next one only then. Most faults that hide others say themselves what
mends them: a version that the index has, a package to require, a file that lies elsewhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite import mending, unstated
from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from deploy_suite.rehearsal import Rehearsal

_MOST_ROUNDS: Final = 4
_LONGEST_S: Final = 180.0
_LEAST_S: Final = 60.0
_MOST_SAID: Final = 3
_NOT_RUN: Final = "not-run"
_SCRIPTS: Final = (".sh", ".bash")
_OF_PATHS: Final = frozenset(
    {"command-file-missing", "requirements-file-missing", "start-command-wrong-module", "wrong-root-directory"}
)
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.WARNING})
_OF_MANY: Final = frozenset({"too-new", "too-old"})  # parameters that several packages of one project share


def seen(
    results: Sequence[CheckResult], contract: Contract, *, project: Project, preferences: Preferences, ports: Ports
) -> tuple[list[CheckResult], bool]:
    """Return *results* with what lies behind their failures, as far as a few quick rounds show it.

    Shape: False beside it where an interruption came between; what was known by then is returned all the same.
    """
    told = list(results)
    try:
        for one in _rounds(results, contract, project=project, preferences=preferences, ports=ports):
            told = one
    except KeyboardInterrupt:
        return told, False
    return told, True


def _rounds(
    results: Sequence[CheckResult], contract: Contract, *, project: Project, preferences: Preferences, ports: Ports
) -> Iterator[list[CheckResult]]:
    """Yield all that is known after each round."""
    told, last = list(results), list(results)
    mends, wrong = tuple[Mend, ...](), tuple[Mend, ...]()
    mended, copy = mending.meant(contract, project.snapshot), project
    ends_s = ports.clock.now_s() + _budget_s(results)
    for at in range(_MOST_ROUNDS):
        left_s = ends_s - ports.clock.now_s()
        if left_s <= 0 or not any(one.outcome.is_no_pass for one in last):
            break
        case = Case(snapshot=copy.snapshot, contract=mended, state=project.state, preferences=preferences)
        new = tuple(one for one in mending.found(last, case) if one not in (*mends, *wrong))
        is_open = bool(new) and not preferences.python
        python = mending.for_python(new, ports.interpreters.installed(), asked_for=case.python) if is_open else ""
        preferences = replace(preferences, python=python or preferences.python)
        new = _with_python(new, python)
        if (not new and (at or mended is contract)) or (_seconds(last) > _LONGEST_S and not python):
            break
        ports.progress.waiting(
            f"looking behind what failed, once {'; '.join(one.says for one in new) or 'the start command is corrected'}"
        )
        folder = ports.workplace.folder_for(None)  # the run removes it, and so does the next one after a kill
        copy = replace(project, snapshot=mending.applied((*mends, *new), project.snapshot, folder))
        shortened = replace(preferences, build_timeout_s=min(left_s, preferences.build_timeout_s or left_s))
        met = Rehearsal(mended, project=copy, preferences=shortened, ports=ports, is_mended=True).results()
        if invented := mending.invented(new, met):
            wrong, told = (*wrong, *invented), mending.committed(told, invented)
        else:
            mends, last = (*mends, *new), met
            told = joined(told, last, mends)
        yield told


def _budget_s(results: Sequence[CheckResult]) -> float:
    """Return how long to look behind *results*: whoever waits has the first answer, so about as long again at most."""
    return min(_LONGEST_S, max(_LEAST_S, _seconds(results)))


def _with_python(mends: Sequence[Mend], series: str) -> tuple[Mend, ...]:
    """Return *mends* with Python *series* in place of those that it makes needless, and those that change something."""
    if not series:
        return tuple(one for one in mends if one.file)
    other = Mend(file="", says=f"Python is {series}", is_faithful=False)
    return (*(one for one in mends if not one.pythons), other)


def _seconds(results: Sequence[CheckResult]) -> float:
    return sum(one.seconds for one in results)


def joined(told: Sequence[CheckResult], last: Sequence[CheckResult], mends: Sequence[Mend]) -> list[CheckResult]:
    """Return *told* with what *last* has beside it; a check that now ran is no longer said to be left out."""
    known = {(one.code, one.location) for result in told for one in result.findings}
    # Where something was guessed, what is new is a warning too, and adds nothing to one of the same name.
    counted = {Outcome.FAILED} if all(one.is_faithful for one in mends) else _TOLD
    grave = [one for result in told for one in result.findings if one.outcome in counted]
    met_before = _Known(any=known, grave={(one.code, one.location) for one in grave})
    sure = {one.code for one in grave}
    news = _once({one.check: _new(one, met_before, sure, mends) for one in last})
    now_sure = {one.code for found in news.values() for one in found if one.outcome is Outcome.FAILED}
    met = [one for found in news.values() for one in found]
    ran = {one.check: one for one in last if all(finding.code != _NOT_RUN for finding in one.findings)}
    shown = []
    for result in told:
        kept = (one for one in result.findings if not _is_replaced(one, now_sure) and not unstated.is_listed(one, met))
        kept = (one for one in kept if one.code != _NOT_RUN or result.check not in ran)
        findings = (*kept, *news.get(result.check, ()))
        if not findings and result.check in ran:
            findings = tuple(_passed(one) for one in ran[result.check].findings if one.outcome is Outcome.PASSED)
        shown.append(replace(result, findings=findings or result.findings))
    return shown


def _once(news: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Return *news* without a later check's warning of a line of which an earlier one's warns already."""
    kept: dict[str, tuple[Finding, ...]] = {}
    places: set[Location] = set()
    for check, found in news.items():
        kept[check] = tuple(one for one in found if one.outcome is not Outcome.WARNING or one.location not in places)
        places |= {one.location for one in found if one.location and one.location.line}
    return kept


def _is_replaced(finding: Finding, sure: set[str]) -> bool:
    """Whether a failure now says for certain what *finding* warns of."""
    return finding.outcome is Outcome.WARNING and ":" in finding.code and finding.code in sure


def _passed(finding: Finding) -> Finding:
    return replace(finding, message=f"in a mended copy: {finding.message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Names and places of what has been told: of all of it, and of what makes a failure superfluous."""

    any: set[tuple[str, Location | None]]
    grave: set[tuple[str, Location | None]]

    def has(self, finding: Finding) -> bool:
        """Whether *finding* says no more than what was told: a failure says more than a warning."""
        is_told = (finding.code, finding.location) in (self.grave if finding.outcome is Outcome.FAILED else self.any)
        return is_told or (_is_of_paths(finding.code) and self._leads_astray(finding.location))

    def _leads_astray(self, place: Location | None) -> bool:
        """Whether a path at *place* was told to lead to nothing: what the command then ends with says the same."""
        return any(place is not None and where == place and _is_of_paths(code) for code, where in self.grave)

    def add(self, finding: Finding) -> None:
        """Take *finding* for told."""
        self.any.add((finding.code, finding.location))
        if finding.outcome is Outcome.FAILED:
            self.grave.add((finding.code, finding.location))


def _new(result: CheckResult, known: _Known, sure: set[str], mends: Sequence[Mend]) -> tuple[Finding, ...]:
    told = _TOLD if all(one.is_faithful for one in mends) else {Outcome.FAILED}
    found = [_in_own_paths(one, mends) for one in result.findings if one.outcome in told]
    found = [one for one in found if not known.has(one) and not _is_told(one, sure)]
    found = [one for one in found if not _is_made_here(one, mends)]
    for one in found:
        known.add(one)
    return tuple(_behind(one, mends) for one in found)


def _is_made_here(finding: Finding, mends: Sequence[Mend]) -> bool:
    """Whether *finding* is about what only the copy has: a version chosen here for the one asked for, or the folder.

    A script that was laid where it is looked for may be meant to run where it lay: which paths it finds is open.
    """
    place = finding.location
    if _is_of_paths(finding.code) and any(one.twin.endswith(_SCRIPTS) for one in mends):
        return True
    changed = {(one.file, one.line) for one in mends if one.line and one.text and not one.is_faithful}
    return place is not None and (place.file, place.line) in changed


def _is_of_paths(code: str) -> bool:
    return code.partition(":")[0] in _OF_PATHS


def _is_told(finding: Finding, sure: set[str]) -> bool:
    """Whether a failure of the same name says the same: the name says of what it is, or nobody knows the place."""
    parameter = finding.code.partition(":")[2]
    is_named = bool(parameter) and parameter not in _OF_MANY
    return finding.code in sure and (is_named or finding.location is None)


def _behind(finding: Finding, mends: Sequence[Mend]) -> Finding:
    """Return *finding* with when it is met, less sure where another version took the place of the one asked for."""
    if finding.outcome is not Outcome.FAILED:
        return finding
    guessed = [one for one in mends if not one.is_faithful]
    once = "; ".join(one.says for one in (guessed or mends)[:_MOST_SAID]) or "the start command is corrected"
    if guessed:
        return replace(finding, outcome=Outcome.WARNING, certainty=f"likely: met once {once}")
    return replace(finding, certainty="; ".join(filter(None, (finding.certainty.rstrip("."), f"met once {once}"))))


def _in_own_paths(finding: Finding, mends: Sequence[Mend]) -> Finding:
    """Return *finding* with the paths that the project has for what was laid where it is looked for."""
    for mend in mends:
        if mend.twin:
            finding = _moved(finding, mend)
    return finding


def _moved(finding: Finding, mend: Mend) -> Finding:
    is_top = mend.twin == "."
    path = re.compile(rf"(?<![\w./-]){re.escape(mend.file)}(?:/|(?![\w/-]))")

    def own(text: str) -> str:
        return path.sub(lambda found: "" if is_top else mend.twin + found[0][len(mend.file) :], text)

    place = finding.location
    return replace(
        finding,
        message=own(finding.message),
        location=replace(place, file=own(place.file)) if place else None,
        evidence=tuple(map(own, finding.evidence)),
        remedy=own(finding.remedy),
        reproduce=own(finding.reproduce),
    )
