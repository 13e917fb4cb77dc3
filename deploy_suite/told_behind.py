"""What was found first and what a mended copy then met → one account of both: each cause once, as sure as it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from deploy_suite import unstated
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend

_MOST_SAID: Final = 3
_BUILD: Final = "environment"
_NOT_RUN: Final = "not-run"
_SCRIPTS: Final = (".sh", ".bash")
_OF_PATHS: Final = frozenset(
    {"command-file-missing", "requirements-file-missing", "start-command-wrong-module", "wrong-root-directory"}
)
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.WARNING})
_FAILED: Final = frozenset({Outcome.FAILED})
_OF_MANY: Final = frozenset({"too-new", "too-old"})  # parameters that several packages of one project share


def joined(told: Sequence[CheckResult], last: Sequence[CheckResult], mends: Sequence[Mend]) -> list[CheckResult]:
    """Return *told* with what *last* has beside it; a check that now ran is no longer said to be left out."""
    known = _Known.of(told, is_faithful=_are_faithful(mends))
    was_built = any(one.check == _BUILD and not any(each.outcome.is_no_pass for each in one.findings) for one in told)
    news = _once(
        {one.check: _new(one, known, mends, is_of_additions=was_built and one.check == _BUILD) for one in last}
    )
    ran = {one.check: one for one in last if all(finding.code != _NOT_RUN for finding in one.findings)}
    met = [one for found in news.values() for one in found]
    return [_with_new(one, news.get(one.check, ()), met, ran=ran.get(one.check)) for one in told]


def _are_faithful(mends: Sequence[Mend]) -> bool:
    return all(one.is_faithful for one in mends)


def _with_new(
    result: CheckResult, new: Sequence[Finding], met: Sequence[Finding], *, ran: CheckResult | None
) -> CheckResult:
    """Return *result* with its *new* findings, and without those to which what any check has *met* says more.

    Shape: *ran* is the same check in the copy, None where it did not run there either.
    """
    now_sure = {one.code for one in met if one.outcome is Outcome.FAILED}
    kept = [
        one
        for one in result.findings
        if not (_is_replaced(one, now_sure) or unstated.is_listed(one, met) or (ran and one.code == _NOT_RUN))
    ]
    findings = (*kept, *new)
    if not findings and ran:
        findings = tuple(_passed(one) for one in ran.findings if one.outcome is Outcome.PASSED)
    return replace(result, findings=findings or result.findings)


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
    """Names and places of what has been told: of all of it, and of what makes a failure superfluous.

    Shape: `sure` are the names of the latter before anything was met in the copy.
    """

    any: set[tuple[str, Location | None]]
    grave: set[tuple[str, Location | None]]
    sure: frozenset[str]

    @classmethod
    def of(cls, told: Sequence[CheckResult], *, is_faithful: bool) -> Self:
        """Return what *told* says. Where something was guessed, what is new is a warning, and one warning is enough."""
        findings = [one for result in told for one in result.findings]
        grave = [one for one in findings if one.outcome in (_FAILED if is_faithful else _TOLD)]
        return cls(
            any={(one.code, one.location) for one in findings},
            grave={(one.code, one.location) for one in grave},
            sure=frozenset(one.code for one in grave),
        )

    def has(self, finding: Finding) -> bool:
        """Whether *finding* says no more than what was told: a failure says more than a warning."""
        is_told = (finding.code, finding.location) in (self.grave if finding.outcome is Outcome.FAILED else self.any)
        leads_astray = _is_of_paths(finding.code) and self._leads_astray(finding.location)
        return is_told or leads_astray or self._has_same_name(finding)

    def _leads_astray(self, place: Location | None) -> bool:
        """Whether a path at *place* was told to lead to nothing: what the command then ends with says the same."""
        return any(place is not None and where == place and _is_of_paths(code) for code, where in self.grave)

    def _has_same_name(self, finding: Finding) -> bool:
        """Whether a failure of the same name says the same: the name says of what it is, or nobody knows the place."""
        parameter = finding.code.partition(":")[2]
        is_named = bool(parameter) and parameter not in _OF_MANY
        return finding.code in self.sure and (is_named or finding.location is None)

    def add(self, finding: Finding) -> None:
        """Take *finding* for told."""
        self.any.add((finding.code, finding.location))
        if finding.outcome is Outcome.FAILED:
            self.grave.add((finding.code, finding.location))


def _new(result: CheckResult, known: _Known, mends: Sequence[Mend], *, is_of_additions: bool) -> tuple[Finding, ...]:
    """Return what *result* says and *known* does not, and add it there: a later check need not say it again."""
    counted = _TOLD if _are_faithful(mends) else _FAILED
    found = [_in_own_paths(one, mends) for one in result.findings if one.outcome in counted]
    found = [one for one in found if not known.has(one) and not _is_made_here(one, mends)]
    for one in found:
        known.add(one)
    return tuple(_behind(one, mends, is_of_additions=is_of_additions) for one in found)


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


def _behind(finding: Finding, mends: Sequence[Mend], *, is_of_additions: bool) -> Finding:
    """Return *finding* with when it is met, less sure where another version took the place of the one asked for.

    What was built before, and with additions is not, may be built with other releases of these.
    """
    if finding.outcome is not Outcome.FAILED:
        return finding
    guessed = [one for one in mends if not one.is_faithful]
    once = "; ".join(one.says for one in (guessed or mends)[:_MOST_SAID]) or "the start command is corrected"
    if guessed:
        return replace(finding, outcome=Outcome.WARNING, certainty=f"likely: met once {once}")
    if is_of_additions:
        certainty = f"uncertain: met once {once}, where another release of it may be built"
        return replace(finding, outcome=Outcome.WARNING, certainty=certainty)
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
