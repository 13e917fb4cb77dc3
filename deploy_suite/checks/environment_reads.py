"""How code reads a variable, as the text of a pattern, and what it gives the value to, from where others take it."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from deploy_suite.model import syntax_tree
from deploy_suite.tracing.sources import own_syntax

# `os.getenv("NAME"`, `environ.get("NAME"`: the beginning of a call, whatever follows.
CALL: Final = r"(?:os\.)?(?:getenv|environ\.get)\(\s*['\"](?P<name>[A-Za-z_]\w*)['\"]"
WITHOUT_DEFAULT: Final = CALL + r"\s*\)"
# … or with one that is as good as none.
WITHOUT_VALUE: Final = CALL + r"\s*(?:,\s*(?:['\"]{2}|None)\s*)?\)"
_WORD: Final = re.compile(r"\w+")
_KEYED: Final = re.compile(r".*\['(?P<key>\w+)'\]", re.DOTALL)


class Given(NamedTuple):
    """A value that is given to a name. Shape: `text` has both; `place` is written as `ast.unparse` does."""

    text: str
    place: str
    value: str


def behind(names: Collection[str], texts: Sequence[str], *, steps: int = 1) -> Iterator[Given]:
    """Yield what *texts*, sources, give to *names*, and to the names in those values, as many *steps* back.

    A name is that of a variable, an argument or a key (`config["NAME"]`), or a whole place (`self.name`).
    """
    known, new = set[str](), set(names)
    for _ in range(steps):
        known |= new
        found = [
            (Given(text, place, ast.get_source_segment(text, value) or ""), value)
            for text in texts
            if any(word in text for name in new for word in _WORD.findall(name))
            for place, value in _given(text)
            if place in new or ((keyed := _KEYED.fullmatch(place)) and keyed["key"] in new)
        ]
        yield from (given for given, _ in found)
        new = {word for _, value in found for word in _named(value)} - known


def _given(text: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the places to which *text* gives values, in its order."""
    tree = own_syntax(text)
    giving = (ast.Assign, ast.AnnAssign, ast.keyword)
    nodes = [node for node in ast.walk(tree) if isinstance(node, giving)] if tree else []
    for node in sorted(nodes, key=attrgetter("lineno")):
        yield from ((ast.unparse(target), value) for target, value in syntax_tree.assignments(node))
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value


def _named(value: ast.expr) -> Iterator[str]:
    for part in ast.walk(value):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
