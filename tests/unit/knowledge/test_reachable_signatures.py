"""A line is looked at only where it holds a literal of `find`: each alternative of a pattern must let one stand."""

import re
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from deploy_suite.knowledge.catalogue import Cause, Signature, catalogue

_MOST_TEXTS = 400
_CATEGORIES = {
    kinds.CATEGORY_DIGIT: "1",
    kinds.CATEGORY_NOT_DIGIT: "x",
    kinds.CATEGORY_WORD: "w",
    kinds.CATEGORY_NOT_WORD: "-",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_NOT_SPACE: "x",
}
SIGNATURES = [
    pytest.param(cause, signature, id=f"{cause.slug}-{number}")
    for cause in catalogue().causes.values()
    for number, signature in enumerate(cause.signatures)
]


@pytest.mark.parametrize(("cause", "signature"), SIGNATURES)
def test_each_alternative_of_a_pattern_is_let_through_by_a_literal(cause: Cause, signature: Signature) -> None:
    shut_out = [
        texts[0]
        for alternative in _alternatives(parser.parse(signature.pattern.pattern))
        if (texts := [text for text in _texts(alternative, {}) if signature.pattern.search(text)])
        and not any(literal in text for text in texts for literal in signature.find)
    ]

    assert shut_out == [], cause.slug


def _alternatives(parsed: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Yield what stands between the bars of *parsed*, a pattern or its only group."""
    nodes = [node for node in parsed if node[0] is not kinds.AT]
    if len(nodes) == 1 and nodes[0][0] is kinds.BRANCH:
        yield from nodes[0][1][1]
    elif len(nodes) == 1 and nodes[0][0] is kinds.SUBPATTERN:
        yield from _alternatives(nodes[0][1][3])
    else:
        yield nodes


def _texts(nodes: Iterable[Any], groups: dict[int, str]) -> list[str]:
    """Return texts that *nodes* match, as a rule: what stands around them is not asked."""
    found = [""]
    for node in nodes:
        found = [begun + more for begun in found for more in _of(node, groups)]
        if len(found) > _MOST_TEXTS:
            found = found[:: len(found) // _MOST_TEXTS + 1]
    return found


def _of(node: tuple[Any, Any], groups: dict[int, str]) -> list[str]:
    kind, value = node
    if kind is kinds.LITERAL:
        return [chr(value)]
    if kind in (kinds.ANY, kinds.NOT_LITERAL):
        return ["x"]
    if kind is kinds.IN:
        return _characters(value)
    if kind is kinds.BRANCH:
        return [text for branch in value[1] for text in _texts(branch, groups)]
    if kind is kinds.SUBPATTERN:
        texts = _texts(value[3], groups)
        groups[value[0]] = texts[0]
        return texts
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        fewest, _, repeated = value
        texts = _texts(repeated, groups)
        return [text * fewest for text in texts] if fewest else ["", *texts]
    return [groups.get(value, "")] if kind is kinds.GROUPREF else [""]


def _characters(items: Sequence[tuple[Any, Any]]) -> list[str]:
    if items[0][0] is kinds.NEGATE:
        allowed = re.compile("[^" + "".join(_spelt(item) for item in items[1:]) + "]")
        return [next(one for one in 'xZ9 -/~\u00ff".' if allowed.match(one))]
    return [_spelt_out(item) for item in items][:3]


def _spelt_out(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is kinds.CATEGORY:
        return _CATEGORIES[value]
    return chr(value[0] if kind is kinds.RANGE else value)


def _spelt(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is kinds.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if kind is kinds.CATEGORY:
        return {"1": r"\d", "w": r"\w", " ": r"\s", "-": r"\W"}.get(_CATEGORIES[value], r"\S")
    return re.escape(chr(value))
