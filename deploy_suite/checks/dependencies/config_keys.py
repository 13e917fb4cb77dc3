"""A configuration key that a framework misses → the variables that the project takes its value from.

`app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL")`: who sets a variable of the key's name changes
nothing.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.tracing.sources import own_syntax

_READ: Final = re.compile(environment_reads.CALL + r"|environ\[\s*['\"](?P<key>\w+)['\"]")
_ASKING: Final = re.compile(environment_reads.WITHOUT_VALUE)


def behind(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the variables without a default that *texts* make the key *name* of; *name* where they read it, or none.

    Shape: *texts* are the sources of the project.
    """
    if any(name in (match["name"], match["key"]) for text in texts for match in _READ.finditer(text)):
        return (name,)
    found = (read for text in texts if name in text for read in _given(name, text))
    return tuple(dict.fromkeys(found)) or (name,)


def _given(name: str, text: str) -> Iterator[str]:
    tree = own_syntax(text)
    nodes = tuple(ast.walk(tree)) if tree else ()
    values = [value for node in nodes for value in _values(node, name)]
    for value in values:
        words = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
        helds = (held for node in nodes for word in words for held in _values(node, word))
        for one in (value, *helds):
            yield from (match["name"] for match in _ASKING.finditer(ast.unparse(one)))


def _values(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what *node* gives to the key, the name or the argument *name*."""
    match node:
        case ast.Assign(targets=targets, value=value) if any(_is_called(target, name) for target in targets):
            yield value
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_called(target, name):
            yield value
        case ast.keyword(arg=arg, value=value) if arg == name:
            yield value


def _is_called(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Constant) and target.slice.value == name
    return isinstance(target, ast.Name) and target.id == name
