"""A slug → what there is to say about the cause, for a person."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from deploy_suite.knowledge.catalogue import Cause, catalogue, family
from deploy_suite.knowledge.statements import Statement, statements

_MOST_NEAR: Final = 4
_TELLING: Final = 4
_CAUGHT = "Caught before the deploy by: nox -s preflight (check: {})"
_NOT_CAUGHT = "No preflight check sees it: it strikes outside the project."
_NO_CAUSES: Final = "What checks say that went well, or that did not run:"


def explain(slug: str) -> str | None:
    """Return the text about *slug* (with or without a parameter), or None when nothing is called so."""
    row = catalogue().row(slug)
    if row:
        return "\n".join(_paragraphs(row, slug))
    said = statements().get(slug)
    return "\n".join(_of_statement(said)) if said else None


def near(slug: str) -> tuple[str, ...]:
    """Return the slugs that may be meant by *slug*, which is none: those that hold it, else those spelled alike."""
    known = sorted({*catalogue().causes, *statements()})
    name = family(slug.strip().lower().replace("_", "-"))
    holding = [one for one in known if len(name) >= _TELLING and name in one]
    return tuple((holding or difflib.get_close_matches(name, known, n=_MOST_NEAR))[:_MOST_NEAR])


def listing() -> str:
    """Return all slugs with their titles, one a line, by name; those that name no cause stand below."""
    causes = {cause.slug: cause.title for cause in catalogue().causes.values()}
    others = {said.slug: said.title for said in statements().values()}
    width = max(map(len, (*causes, *others)), default=0)
    return "\n".join((*_lines(causes, width), "", _NO_CAUSES, *_lines(others, width)))


def _lines(titles: Mapping[str, str], width: int) -> Iterator[str]:
    yield from (f"{slug:<{width}}  {_named(title)}" for slug, title in sorted(titles.items()))


def _of_statement(said: Statement) -> Iterator[str]:
    yield from (f"{said.slug}: {said.title}", "", f"Meaning: {said.why}", "")
    if said.fix:
        yield from ("Fix:", f"    {said.fix}", "")
    yield f"Said by: nox -s preflight (check: {said.check})"


def _paragraphs(row: Cause, slug: str) -> Iterator[str]:
    # What a row's own slug carries says which row it is, and names nothing in its texts.
    parameter = "" if slug == row.slug else slug.partition(":")[2]
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
