"""Expressions of Python source into the values they have under the contract's variables."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from deploy_suite.model import syntax_tree
from deploy_suite.project import app_objects
from deploy_suite.project.app_objects import Source

_DEEPEST: Final = 20
_READERS: Final = frozenset({"os.getenv", "os.environ.get", "environ.get", "getenv"})
_MAPPINGS: Final = frozenset({"os.environ", "environ"})
_CASTS: Final = frozenset({"int", "str"})


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression comes to. Shape: `is_certain` is false where a variable that nobody sets is defaulted."""

    text: str
    is_certain: bool = True


class Variables(Protocol):
    """What is known of the process's variables."""

    def literal(self, name: str) -> str | None:
        """Return the value of *name* where it is known."""

    def has_variable(self, name: str) -> bool:
        """Whether the process has *name* at all."""


def assigned(nodes: Iterable[ast.AST]) -> Mapping[str, ast.expr | None]:
    """Return what *nodes* bind each name to, None for one that is bound more than once."""
    found: dict[str, ast.expr | None] = {}
    for node in nodes:
        for name, value in syntax_tree.bindings(node):
            found[name] = None if name in found else value
    return found


def evaluate(
    node: ast.expr | None,
    source: Source,
    variables: Variables,
    *,
    names: Mapping[str, ast.expr | None],
    levels: int = 0,
) -> Value | None:
    """Return the value of *node* as text, None where reading does not tell."""
    if node is None or levels > _DEEPEST:
        return None

    def inner(part: ast.expr | None) -> Value | None:
        return evaluate(part, source, variables, names=names, levels=levels + 1)

    match node:
        case ast.Constant(value=None):
            return Value("")
        case ast.Constant(value=bool() | int() | str()):
            return Value(str(node.value))
        case ast.Name(id=name):
            return inner(names.get(name))
        case ast.JoinedStr(values=parts):
            return _joined([inner(part) for part in parts])
        case ast.FormattedValue(value=part):
            return inner(part)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _first([inner(part) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([inner(left), inner(right)])
        case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))) if (
            app_objects.dotted(source, mapping) in _MAPPINGS
        ):
            return _variable(name, None, variables)
        case ast.Call(func=function, args=arguments):
            return _called(app_objects.dotted(source, function), node, arguments, variables, inner)
        case _:
            return None


class _Evaluate(Protocol):
    def __call__(self, part: ast.expr | None) -> Value | None: ...


def _called(
    name: str,
    call: ast.Call,
    arguments: Sequence[ast.expr],
    variables: Variables,
    inner: _Evaluate,
) -> Value | None:
    if name in _CASTS and len(arguments) == 1:
        return inner(arguments[0])
    if name in _READERS and arguments and isinstance(arguments[0], ast.Constant):
        keyword = next((one.value for one in call.keywords if one.arg == "default"), None)
        default = arguments[1] if len(arguments) > 1 else keyword
        return _variable(str(arguments[0].value), inner(default) if default else Value(""), variables)
    return None


def _variable(name: str, default: Value | None, variables: Variables) -> Value | None:
    known = variables.literal(name)
    if known is not None:
        return Value(known)
    if variables.has_variable(name) or default is None:
        return None
    return Value(default.text, is_certain=False)


def _joined(parts: Sequence[Value | None]) -> Value | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return Value("".join(part.text for part in known), is_certain=all(part.is_certain for part in known))


def _first(parts: Sequence[Value | None]) -> Value | None:
    """Return the first that is not empty, as `or` does; one that is unknown ends the search."""
    for part in parts:
        if part is None or part.text not in {"", "0", "False"}:
            return part
    return parts[-1] if parts else None
