"""Evidence for several causes → the deepest of them, with what follows from it, best first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.catalogue import Catalogue, Cause, family
from deploy_suite.knowledge.hits import Hit, Hits
from deploy_suite.knowledge.tracebacks import EXCEPTION, Raised

SURE_ENOUGH: Final = 0.4
_RIVAL: Final = 0.85
_OVER_SYMPTOM: Final = 0.4
_AFTER_HEALTH: Final = 0.3
# What is told of a cause when the log goes on to another exception, or the name that it hangs on is known to nobody.
# After an exception a traceback that is cut off is as a rule the same again.
_LESS_SURE: Final = 0.73
# On logs that nobody had seen, what signatures below this weight said was wrong in one of five, above it in one of
# twenty: the former is told as likely, closer together and in the same order.
_TRUSTED: Final = 0.88
# What to do if this or that should happen: such a line tells what may fail, an exception what did.
_ADVICE: Final = re.compile(r"\b(?:[Ii]f (?:you|this|it|that|there)\b|[Ii]n case (?:of|you)\b|[Ss]hould you\b)")
_A_GUESS: Final = 0.6
# A sign as vague as this says no more than that something failed: an exception that nobody knows says more.
_VAGUE: Final = 0.5
_LIKELY: Final = 0.695
# What follows when something of a kind fails, whatever it was: nothing is started from a build that failed, and what
# is not started neither listens nor answers.
_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "repository": ("@symptom",),
    "build": ("@symptom", "@start"),
    "configuration": ("@symptom",),
    "start": ("@symptom",),
    "database": ("@symptom",),
    "server": ("@symptom",),
    "request": (),
    "symptom": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A cause as it will be told. Shape: `is_over` when the log goes on as if it had passed."""

    slug: str
    row: str
    confidence: float
    values: Mapping[str, str]
    evidence: tuple[tuple[int, str], ...]
    explains: tuple[str, ...]
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """The causes, best first, and whether the first is one to rely on."""

    causes: tuple[Ranked, ...]
    is_known: bool


def ranked(hits: Hits, rows: Catalogue) -> Ranking:
    """Return the causes in *hits* with the roots first."""
    found = list(hits.by_slug.values())
    follows = {hit.slug: tuple(_following(hit, found, rows)) for hit in found}
    roots = _roots(found, follows)
    scored = sorted(((_score(hit, hits, rows), -hit.first, hit) for hit in roots), key=lambda s: s[:2], reverse=True)
    causes = tuple(
        Ranked(
            slug=_slug(hit, found, rows),
            row=hit.row,
            confidence=_told(
                _doubted(hit, hits, rows) * (score if place == 0 or score < scored[0][0] * _RIVAL else score * _RIVAL)
            ),
            values=hit.values,
            evidence=tuple(hit.evidence),
            explains=tuple(sorted(_all_following(hit.slug, follows))),
            is_over=_is_over(hit, hits, rows),
        )
        for place, (score, _, hit) in enumerate(scored)
    )
    return Ranking(causes, bool(scored) and round(scored[0][0], 2) >= SURE_ENOUGH)


def _slug(hit: Hit, found: Sequence[Hit], rows: Catalogue) -> str:
    """Return the slug; where it says why a package failed and another line says which, with both."""
    name, _, why = hit.slug.partition(":")
    row = rows.causes.get(name)
    if not why or why != hit.row.partition(":")[2] or row is None or row.parameter != "{package}":
        return hit.slug
    named = [other for other in found if other.row == name and ":" in other.slug]
    if not named:
        return hit.slug
    package = min(named, key=lambda other: (-other.weight, abs(other.first - hit.first))).slug.partition(":")[2]
    return hit.slug if why.startswith(package) else f"{name}:{package}-{why}"


def _following(hit: Hit, found: Sequence[Hit], rows: Catalogue) -> Iterator[str]:
    row = rows.causes[hit.row]
    targets = {*row.explains, *_FOLLOWS[row.kind]}
    for other in found:
        if other.slug != hit.slug and _is_target(rows.causes[other.row], other.slug, targets):
            yield other.slug


def _is_target(row: Cause, slug: str, targets: set[str]) -> bool:
    return bool({slug, family(slug), f"@{row.kind}"} & targets)


def _all_following(slug: str, follows: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = [*follows[slug]]
    while ahead:
        one = ahead.pop()
        if one not in reached and one != slug:
            reached.add(one)
            ahead += follows[one]
    return reached


def _roots(found: Sequence[Hit], follows: Mapping[str, Sequence[str]]) -> list[Hit]:
    explained = {
        other
        for slug in follows
        for other in _all_following(slug, follows)
        if slug not in _all_following(other, follows)
    }
    return [hit for hit in found if hit.slug not in explained]


def _score(hit: Hit, hits: Hits, rows: Catalogue) -> float:
    score = hit.weight
    if _is_over(hit, hits, rows):
        score *= _AFTER_HEALTH
    raised = hits.unexplained
    if (raised and raised.is_exception and _gives_way(hit, raised, rows)) or _only_advises(hit, hits):
        score *= _OVER_SYMPTOM
    return score


def _only_advises(hit: Hit, hits: Hits) -> bool:
    """Whether all that speaks for *hit* is advice which somebody's program gives after an exception."""
    if not all(_ADVICE.search(text) and not EXCEPTION.match(text) for _, text in hit.evidence):
        return False
    raised = hits.unexplained
    others = (other for other in hits.by_slug.values() if other.slug != hit.slug)
    lines = [number for other in others for number, text in other.evidence if EXCEPTION.match(text)]
    lines += [raised.line] if raised and raised.is_whole else []
    return any(number < hit.first for number in lines)


def _gives_way(hit: Hit, raised: Raised, rows: Catalogue) -> bool:
    """Whether *hit* says less of the failure than *raised*: a symptom, a vague sign, or what was only warned of."""
    if rows.causes[hit.row].kind == "symptom" or (raised.is_whole and hit.weight <= _VAGUE):
        return True
    return raised.line > hit.last and _only_warned(hit, rows)


def _doubted(hit: Hit, hits: Hits, rows: Catalogue) -> float:
    """Return what to take of the score of *hit*: how sure it is, not whether it is the best."""
    raised = hits.unexplained
    is_exception = any(EXCEPTION.match(text) for _, text in hit.evidence)
    goes_on = (
        raised is not None and raised.line > hit.last and (raised.is_whole if is_exception else raised.is_exception)
    )
    is_of_start = rows.causes[hit.row].kind not in ("build", "repository", "symptom")
    return _LESS_SURE if (goes_on and is_of_start) or not hit.is_sure else 1.0


def _told(score: float) -> float:
    """Return how sure a score is, as logs that nobody had seen have shown."""
    if not _A_GUESS <= score < _TRUSTED:
        return round(score, 2)
    return round(_A_GUESS + (score - _A_GUESS) * (_LIKELY - _A_GUESS) / (_TRUSTED - _A_GUESS), 2)


def _is_over(hit: Hit, hits: Hits, rows: Catalogue) -> bool:
    """Whether the log goes on without *hit*: what it waited for came, or it only warned and nothing else complains."""
    if hit.is_transient and hits.recovered_line > hit.last:
        return True
    return hits.unexplained is None and hits.healthy_line > hit.last and _only_warned(hit, rows)


def _only_warned(hit: Hit, rows: Catalogue) -> bool:
    return all(rows.warned.search(text) for _, text in hit.evidence)
