"""A report's findings as they are told to a person: gravest first, each cause once."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.report import Report
from deploy_suite.reports import alike

# What is told of a start of which nothing else is known than that it ended.
_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "import-failed": ("start-exited", "workers-restart"),
    "bound-to-wrong-address": ("start-exited",),
    "wrong-root-directory": ("requirements-file-missing", "start-command-wrong-module:manage.py"),
    "module-not-pushed": ("requirements-file-missing",),
}
# What the log of a start alone is read as, where importing shows the line that asks in vain to be the project's own.
_OF_LOG: Final = "dep-conflict"
_ORDER: Final = (Outcome.FAILED, Outcome.SKIPPED, Outcome.WARNING, Outcome.NOTE)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as the first service met it.

    Shape: `also` are the other services of which the same is to be said, `more` the findings that differ in their
    subject alone.
    """

    finding: Finding
    also: tuple[str, ...] = ()
    more: tuple[Finding, ...] = ()

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """The remark that names the other services; none where there are none."""
        return (("also", ", ".join(self.also)),) if self.also else ()

    @property
    def likewise(self) -> tuple[str, ...]:
        """A line for each place of `more`, with what is to be said of that alone."""
        return tuple(alike.differing(self.finding, self.more))


def told(report: Report) -> Iterator[Told]:
    """Yield what is wrong, gravest first; a cause that several checks, services or subjects met is told once."""
    buckets: dict[Hashable, list[Told]] = {}
    for at, one in enumerate(_of_services(report)):
        kind = alike.kind(one.finding)
        buckets.setdefault(at if kind is None else (kind, one.also), []).append(one)
    for bucket in buckets.values():
        yield from _joined(bucket)


def _joined(bucket: Sequence[Told]) -> Iterator[Told]:
    """Yield what is alike but for its subject as one; the one that says least leads, for that holds of all."""
    lead = min(bucket, key=lambda one: len(alike.certainty(one.finding)))
    more = [one for one in bucket if one is not lead and alike.covers(lead.finding, one.finding)]
    if len(more) + 1 < alike.FEWEST:
        yield from bucket
        return
    yield replace(lead, more=tuple(one.finding for one in more))
    yield from (one for one in bucket if one is not lead and one not in more)


def _of_services(report: Report) -> Iterator[Told]:
    """Yield a cause that several services met once."""
    groups: dict[Hashable, list[list[Finding]]] = {}
    for finding in _once(report):
        _join(groups.setdefault(_sameness(finding), []), finding)
    for same in (group for some in groups.values() for group in some):
        services = tuple(dict.fromkeys(finding.service for finding in same))
        yield Told(same[0], services[1:])


def _join(groups: list[list[Finding]], finding: Finding) -> None:
    """Add *finding* to the first of *groups* that has it already, or nothing of its service."""
    for group in groups:
        own = [one for one in group if one.service == finding.service]
        if all(replace(one, reproduce="") == replace(finding, reproduce="") for one in own):
            group.append(finding)
            return
    groups.append([finding])


def _sameness(finding: Finding) -> Hashable:
    """Return what two services' findings must share to be one: the place and the cause, else all that is said.

    The same line of a file that they share may come to each by another way, so what is quoted there may differ.
    """
    words = tuple(_unnamed(text, finding.service) for text in (finding.message, finding.certainty))
    if finding.location is None:
        remedy = _unnamed(finding.remedy, finding.service)
        return replace(finding, service="", reproduce="", message=words[0], certainty=words[1], remedy=remedy)
    said = words[1:] if ":" in finding.code else words
    return finding.target, finding.outcome, finding.code, finding.location, said


def _unnamed(text: str, service: str) -> str:
    """Return *text* without the name of its own *service*."""
    return re.sub(rf"(?<![\w-]){re.escape(service)}(?![\w-])", "…", text) if service else text


def _once(report: Report) -> Iterator[Finding]:
    """Yield the findings gravest first, one that several checks met as the first of them saw it."""
    first: dict[tuple[str, str, str], str] = {}
    closer = frozenset(_closer_causes(report))
    imported = frozenset(_ended_imports(report))
    places = _places(report)
    for outcome in _ORDER:
        for finding in report.findings:
            if finding.outcome is not outcome or finding.is_optional_skip:
                continue
            cause = _cause(finding)
            if outcome is Outcome.FAILED and (cause in closer or (*cause, finding.location) in imported):
                continue
            if first.setdefault(cause, finding.check) == finding.check:
                yield replace(finding, location=finding.location or places.get(cause))


def _cause(finding: Finding) -> tuple[str, str, str]:
    return finding.target, finding.service, finding.code


def _closer_causes(report: Report) -> Iterable[tuple[str, str, str]]:
    """Yield the causes of which a failure tells more: with a parameter, or why the start ended."""
    for finding in report.findings:
        family, _, parameter = finding.code.partition(":")
        if finding.outcome is Outcome.FAILED:
            less = ((family,) if parameter else ()) + _FOLLOWS.get(family, ())
            yield from ((finding.target, finding.service, code) for code in less)


def _ended_imports(report: Report) -> Iterable[tuple[str, str, str, Location]]:
    """Yield what a log would be read as, and where, of the lines at which importing ended for want of no package."""
    for finding in report.findings:
        is_ended = finding.outcome is Outcome.FAILED and finding.code.partition(":")[0] == "import-failed"
        if is_ended and finding.location:
            yield finding.target, finding.service, _OF_LOG, finding.location


def _places(report: Report) -> Mapping[tuple[str, str, str], Location]:
    """Return where each cause lies, for those checks that meet it without seeing the place."""
    places: dict[tuple[str, str, str], Location] = {}
    for finding in report.findings:
        if finding.location:
            places.setdefault(_cause(finding), finding.location)
    return places
