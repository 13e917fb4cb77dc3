"""Findings of one kind that differ in their subject alone: the first in full, of the others what differs."""

import re
from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby
from typing import Final

from deploy_suite.model.finding import Finding

FEWEST: Final = 4  # up to three read better each for itself
_REASON: Final = re.compile(r"; ")
_STEP: Final = re.compile(r"[;,] ")
_ASIDE: Final = re.compile(r" ?\([^()]*\)")
_VERSION: Final = re.compile(r"\d+(?:\.\w+)+")
_UNNAMED: Final = "…"


def kind(finding: Finding) -> Hashable:
    """Return what findings of one kind share; None where the code names no subject, or the message does not tell it."""
    if not _subject(finding) or not _word(finding):
        return None
    family = finding.code.partition(":")[0]
    said = tuple(_VERSION.sub(_UNNAMED, text) for text in (_told_of(finding), _unnamed(finding.remedy, finding)))
    return finding.target, finding.service, finding.check, finding.outcome, family, said


def covers(lead: Finding, other: Finding) -> bool:
    """Whether *other*, of the same kind, is as sure as *lead* for all of its reasons, and perhaps for more."""
    return certainty(lead) <= certainty(other)


def certainty(finding: Finding) -> frozenset[str]:
    """Return the parts of how sure *finding* is, without its subject."""
    return frozenset(_unnamed(part, finding) for part in _REASON.split(finding.certainty))


def differing(lead: Finding, others: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each of *others*: its place, its subject, and what *lead* does not say of it.

    Those that lie at one place and differ in their name alone share a line.
    """
    for (place, said), same in groupby(others, key=lambda one: (_place(one), _said(lead, one))):
        yield from [f"{place}{said}"] if said else [f"{place}{', '.join(map(_word, same))}"]


def _place(finding: Finding) -> str:
    return f"{finding.location}: " if finding.location else ""


def _said(lead: Finding, one: Finding) -> str:
    """Return what is to be said of *one*, "" where that is its name alone."""
    own = _own(lead, one)
    if _told_of(one) != _told_of(lead):
        return f"{one.message}: {own}" if own else one.message
    return f"{_word(one)}: {own}" if own else ""


def _own(lead: Finding, one: Finding) -> str:
    """Return those parts of the remedy and of the certainty of *one* that *lead* does not have."""
    known = {_unnamed(part, lead) for part in _STEP.split(lead.remedy)}
    steps = [part for part in _STEP.split(one.remedy) if _unnamed(part, one) not in known]
    reasons = [part for part in _REASON.split(one.certainty) if _unnamed(part, one) not in certainty(lead)]
    return "; ".join(filter(None, (", ".join(steps).replace(f" in {one.location}", ""), *reasons)))


def _told_of(finding: Finding) -> str:
    """Return the message without its subject, the version that stands at it, and what is said in passing."""
    return _ASIDE.sub("", finding.message.replace(_word(finding), _UNNAMED))


def _unnamed(text: str, finding: Finding) -> str:
    """Return *text* without the subject and the place of *finding*."""
    if finding.location is not None:
        text = re.sub(rf"{re.escape(str(finding.location))}(?!\d)", _UNNAMED, text)
    return re.sub(_subject(finding), _UNNAMED, text, flags=re.IGNORECASE)


def _word(finding: Finding) -> str:
    """Return the word of the message that names the subject, with what stands at it, as `numpy==1.26.4`."""
    match = re.search(rf"{_subject(finding)}(?:[=~<>!]=?[\w.*]+)?", finding.message, flags=re.IGNORECASE)
    return match[0] if match else ""


def _subject(finding: Finding) -> str:
    """Return a pattern for the subject that the code names, as the index takes names for equal; "" for none."""
    parameter = finding.code.partition(":")[2]
    words = [re.escape(word) for word in re.split(r"[-_.]+", parameter)]
    return rf"(?<![\w-]){'[-_.]+'.join(words)}(?!\w)" if parameter else ""
