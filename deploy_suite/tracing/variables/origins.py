"""The names of a module into what they stand for: os.environ, and the readers of configuration libraries."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.model import syntax_tree
from deploy_suite.model.syntax_tree import text_of

# What calling one of these makes; the brackets keep what was made apart from the modules of the same names.
_MAKERS: Final[Mapping[str, str]] = {
    "environ.Env": "<environ>",
    "environ.FileAwareEnv": "<environ>",
    "environs.Env": "<environs>",
    "decouple.AutoConfig": "<decouple>",
    "starlette.config.Config": "<starlette>",
}
# Readers that are made already.
_MADE: Final[Mapping[str, str]] = {"decouple.config": "<decouple>", "environs.env": "<environs>"}
READERS: Final = frozenset(_MAKERS.values())
_OF_PYTHON: Final = frozenset({"os.environ", "os.getenv", "os.environ.get"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name comes from.

    Shape: `dotted` is the full name of what it is ("os.environ"), or the kind of a reader that was made ("decouple");
    `defaults` are the variables for which the making of a reader gave a default.
    """

    dotted: str
    defaults: frozenset[str] = frozenset()
    prefix: str = ""


Exports = Mapping[tuple[str, str], Origin]


@dataclass(slots=True)
class Names:
    """The names of one module. Shape: `exported` are those of other files, by the last part of their module."""

    exported: Exports = field(default_factory=dict)
    known: dict[str, Origin] = field(default_factory=dict)

    def read(self, tree: ast.Module) -> None:
        """Take up the imports and the plain assignments of *tree*, wherever they stand."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.known[name] = Origin(alias.name if alias.asname else name)
            elif isinstance(node, ast.ImportFrom):
                self._from(node)
        for node in ast.walk(tree):
            self.known |= {name: made for name, value in syntax_tree.bindings(node) if (made := self.made(value))}

    def _from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            dotted = f"{module}.{alias.name}"
            own = self.exported.get((module.rpartition(".")[2], alias.name))
            known = Origin(_MADE.get(dotted, dotted))
            self.known[alias.asname or alias.name] = own if own and dotted not in _MADE else known

    def shared(self) -> Mapping[str, Origin]:
        """Return those names that other files may import to ask for variables."""
        return {
            name: origin
            for name, origin in self.known.items()
            if origin.dotted in READERS or origin.dotted in _OF_PYTHON
        }

    def made(self, value: ast.expr) -> Origin | None:
        """Return what *value* is, where that is os.environ, a function of it, or a reader."""
        if isinstance(value, ast.Call):
            dotted = self.dotted(value.func)
            return _made(dotted, value) if dotted in _MAKERS else None
        dotted = self.dotted(value)
        return Origin(dotted) if dotted in _OF_PYTHON else None

    def dotted(self, node: ast.expr) -> str:
        """Return the full name of what *node* is, "" where it is nothing that a name leads to."""
        origin = self.origin(node)
        return origin.dotted if origin else ""

    def origin(self, node: ast.expr) -> Origin | None:
        """Return where *node* comes from."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            inner = self.origin(node.value)
            dotted = f"{inner.dotted}.{node.attr}" if inner else ""
            return Origin(_MADE.get(dotted, dotted), inner.defaults, inner.prefix) if inner else None
        return None


def _made(dotted: str, call: ast.Call) -> Origin | None:
    kind = _MAKERS[dotted]
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in keywords:
        return None
    prefix = keywords.pop("env_prefix", keywords.pop("prefix", None))
    if prefix is not None and text_of(prefix) is None:
        return None
    has_default = (name for name, value in keywords.items() if name and isinstance(value, ast.Tuple))
    return Origin(kind, frozenset(has_default), text_of(prefix) or "" if prefix is not None else "")
