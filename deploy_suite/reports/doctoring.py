"""What was found on this machine → a table for a person, or JSON for a program."""

import json
from collections.abc import Iterator, Sequence

from deploy_suite.model.finding import Outcome
from deploy_suite.releases.doctoring import Item
from deploy_suite.reports.text import MARK

SCHEMA = 1


def render_text(items: Sequence[Item]) -> str:
    """Return a table, each fault with its remedy below."""
    return "\n".join(_lines(items)) + "\n"


def render_json(items: Sequence[Item]) -> str:
    """Return one JSON document. Shape: {"schema": 1, "healthy", "items": [{"name", "outcome", "text", "remedy"}]}."""
    rows = [{"name": one.name, "outcome": one.outcome.value, "text": one.text, "remedy": one.remedy} for one in items]
    document = {"schema": SCHEMA, "healthy": is_healthy(items), "items": rows}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def is_healthy(items: Sequence[Item]) -> bool:
    """Whether nothing is missing that is needed."""
    return all(one.outcome is not Outcome.FAILED for one in items)


def _lines(items: Sequence[Item]) -> Iterator[str]:
    width = max(len(one.name) for one in items)
    for one in items:
        yield f"  {MARK[one.outcome]}  {one.name:<{width}}  {one.text}"
        if one.remedy and one.outcome is not Outcome.PASSED:
            yield f"    fix: {one.remedy}"
