"""A slug → what there is to say about the cause, for a person."""

import difflib
import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.catalogue import Catalogue, Cause, catalogue, family

_MOST_NEAR: Final = 4
_TELLING: Final = 4
_CAUGHT = "Caught before the deploy by: nox -s preflight (check: {})"
_NOT_CAUGHT = "No preflight check sees it: it strikes outside the project."


def explain(slug: str, *, rows: Catalogue | None = None) -> str | None:
    """Return the text about *slug* (with or without a parameter), or None when there is no such cause."""
    row = (rows or catalogue()).row(slug)
    return "\n".join(_paragraphs(row, slug)) if row else None


def near(slug: str, *, rows: Catalogue | None = None) -> tuple[str, ...]:
    """Return the slugs that may be meant by *slug*, which is none: those that hold it, else those spelled alike."""
    known = sorted((rows or catalogue()).causes)
    name = family(slug.strip().lower().replace("_", "-"))
    holding = [one for one in known if len(name) >= _TELLING and name in one]
    return tuple((holding or difflib.get_close_matches(name, known, n=_MOST_NEAR))[:_MOST_NEAR])


def listing(*, rows: Catalogue | None = None) -> str:
    """Return all slugs with their titles, one a line, by name."""
    causes = sorted((rows or catalogue()).causes.values(), key=lambda cause: cause.slug)
    width = max((len(cause.slug) for cause in causes), default=0)
    return "\n".join(f"{cause.slug:<{width}}  {_named(cause.title)}" for cause in causes)


def _paragraphs(row: Cause, slug: str) -> Iterator[str]:
    parameter = slug.partition(":")[2]
    yield f"{slug if family(slug) == row.family else row.slug}: {_named(row.title, parameter)}"
    yield ""
    yield f"Why: {_named(row.why, parameter)}"
    yield ""
    yield "Fix:"
    yield from (f"    {line}" for line in _named(row.fix, parameter).splitlines())
    yield ""
    yield _CAUGHT.format(row.caught_by) if row.caught_by else _NOT_CAUGHT
    if row.mistaken_for:
        yield "Often mistaken for: " + ", ".join(row.mistaken_for)
    if row.platforms != ("any",):
        yield "Seen on: " + ", ".join(row.platforms)
    yield "Sources: " + "\n         ".join(row.sources)


def _named(text: str, parameter: str = "") -> str:
    """Return *text* with its placeholders readable; the parameter stands for the name that the slug carries."""
    for name in ("package", "module", "name", "variable"):
        text = text.replace(f"{{{name}}}", parameter or name.upper())
    return re.sub(r"\{([a-z_]+)\}", lambda found: found[1].upper(), text)
