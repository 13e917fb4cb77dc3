"""A module's syntax tree into the names that importing it asks for in vain: read by what certainly runs, not bound."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.model import syntax_tree
from deploy_suite.tracing import bindings

# What the interpreter, `site`, gettext and interactive shells put beside the names that a module binds.
GIVEN: Final = frozenset(
    {
        *dir(builtins),
        *("__file__", "__path__", "__cached__", "__annotations__", "__module__", "__qualname__", "__class__"),
        *("__classdict__", "__conditional_annotations__", "__firstlineno__", "__static_attributes__"),
        *("_", "ngettext", "exit", "quit", "copyright", "credits", "license", "help", "get_ipython"),
        *("reveal_type", "reveal_locals", "WindowsError", "PythonFinalizationError"),
    }
)
_CATCHES: Final = frozenset({"NameError", "Exception", "BaseException"})
_LAZY_ANNOTATIONS: Final = (3, 14)  # https://peps.python.org/pep-0649/
_Scope = frozenset[str]


@dataclass(frozen=True, slots=True)
class Unbound:
    """A name that nothing binds, and the line that asks for it."""

    name: str
    line: int


def names(tree: ast.Module, version: tuple[int, int]) -> Iterator[Unbound]:
    """Yield each name that importing the module asks for and that neither it nor Python has, once.

    Only what certainly runs is read: no branches, loops, short circuits, bodies of functions, nor what is tried under
    an `except` that would catch it. A module that binds names in ways that reading does not tell yields none.
    """
    bound = bindings.names(tree)
    if bound is None:
        return
    is_lazy = version >= _LAZY_ANNOTATIONS or any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and _imports(node, "annotations")
        for node in tree.body
    )
    told: set[str] = set()
    for found in _Reader(is_lazy=is_lazy).statements(tree.body, bound | GIVEN):
        if found.name not in told:
            told.add(found.name)
            yield found


def _imports(node: ast.ImportFrom, name: str) -> bool:
    return any(alias.name == name for alias in node.names)


@dataclass(frozen=True, slots=True)
class _Reader:
    is_lazy: bool

    def statements(self, body: Sequence[ast.stmt], scope: _Scope) -> Iterator[Unbound]:
        for node in body:
            yield from self._statement(node, scope)
            if isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break):
                return

    def _statement(self, node: ast.stmt, scope: _Scope) -> Iterator[Unbound]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _asked((*node.decorator_list, *_defaults(node.args)), scope)
                if not self.is_lazy:
                    yield from _asked(_annotations(node), scope | _type_parameters(node))
            case ast.ClassDef():
                yield from _asked(node.decorator_list, scope)
                inner = scope | _type_parameters(node)
                yield from _asked((*node.bases, *(keyword.value for keyword in node.keywords)), inner)
                yield from self.statements(node.body, inner | bindings.bound_in(node.body))
            case ast.AnnAssign():
                yield from _asked((() if self.is_lazy else (node.annotation,)), scope)
                yield from _asked((node.value,), scope)
            case ast.If() | ast.While():
                yield from _asked((node.test,), scope)
            case ast.For() | ast.AsyncFor():
                yield from _asked((node.iter,), scope)
            case ast.With() | ast.AsyncWith():
                yield from self._with(node, scope)
            case ast.Try() | ast.TryStar():
                yield from self._try(node, scope)
            case ast.Match():
                yield from _asked((node.subject,), scope)
            case ast.Assign() | ast.AugAssign() | ast.Expr() | ast.Assert() | ast.Raise():
                yield from _asked(
                    (getattr(node, "value", None), getattr(node, "test", None), getattr(node, "exc", None)), scope
                )
            case _:
                return

    def _with(self, node: ast.With | ast.AsyncWith, scope: _Scope) -> Iterator[Unbound]:
        managers = [item.context_expr for item in node.items]
        yield from _asked(managers, scope)
        if not any(word in ast.unparse(manager) for manager in managers for word in ("suppress", "raises", "catch")):
            yield from self.statements(node.body, scope)

    def _try(self, node: ast.Try | ast.TryStar, scope: _Scope) -> Iterator[Unbound]:
        if not any(syntax_tree.caught(handler) & _CATCHES for handler in node.handlers):
            yield from self.statements(node.body, scope)
        yield from self.statements(node.finalbody, scope)


def _defaults(arguments: ast.arguments) -> Iterator[ast.expr | None]:
    yield from arguments.defaults
    yield from arguments.kw_defaults


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr | None]:
    arguments = node.args
    each = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    yield from (one.annotation for one in each if one is not None)
    yield node.returns


def _type_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> _Scope:
    return frozenset(parameter.name for parameter in getattr(node, "type_params", ()))


def _asked(nodes: Sequence[ast.expr | None] | Iterator[ast.expr | None], scope: _Scope) -> Iterator[Unbound]:
    """Yield the names outside *scope* that evaluating *nodes* certainly reads."""
    for node in nodes:
        if node is None:
            continue
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in scope:
                yield Unbound(node.id, node.lineno)
        else:
            yield from _asked(_evaluated(node), scope)


def _evaluated(node: ast.expr) -> Iterator[ast.expr | None]:
    """Yield the parts of *node* that its evaluation certainly evaluates."""
    match node:
        case ast.Lambda():
            yield from _defaults(node.args)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield node.generators[0].iter
        case ast.IfExp():
            yield node.test
        case ast.BoolOp():
            yield node.values[0]
        case ast.Compare():
            yield from (node.left, node.comparators[0])
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield child
                elif isinstance(child, ast.keyword):
                    yield child.value
