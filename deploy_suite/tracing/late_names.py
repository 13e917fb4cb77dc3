"""A module's source into the names that its functions ask for in vain: nothing that reading shows could bind them.

What importing the module asks for is `unbound`'s; a name in the body of a function is missed by the first call only.
"""

import ast
import io
import re
import symtable
import tokenize
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from deploy_suite.model import syntax_tree
from deploy_suite.tracing import bindings
from deploy_suite.tracing.sources import Source
from deploy_suite.tracing.unbound import GIVEN

# What may bind names of a module without showing them.
_STAR: Final = re.compile(rb"\bimport[ \t]*\*")
_OPENS: Final = frozenset({"globals", "exec", "__path__"})
_OPENS_AT_MARGIN: Final = frozenset({"vars", "locals", "eval"})
# How the standard library puts members of an Enum beside it: https://docs.python.org/3/library/enum.html#enum.global_enum
_SPREADS: Final = re.compile(rb"\bglobal_enum\b|\._convert_?\(")
_REACHES_IN: Final = (b"builtins", b"setattr", b"modules[", b"__dict__", b"vars(")
# What debugging tools put among the builtins, each by a call of its own that need not stand in this file.
_INSTALLED: Final = frozenset({"ic", "snoop", "pp", "spy", "debug", "display", "spark", "dbutils", "__builtins__"})
_ASKS_FIRST: Final = ("version", "PY2", "PY3", "py2", "py3", "dir(", "locals(", "vars(", "TYPE_CHECKING")
_BROAD: Final = frozenset({"Exception", "BaseException", ""})
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break


class Late(NamedTuple):
    """A name that nothing binds, and the line of a function that asks for it.

    Shape: `is_caught` where a handler around it takes any exception, so that the function goes on without.
    """

    name: str
    line: int
    is_caught: bool


def names(source: Source) -> tuple[Late, ...]:
    """Return each name that a function asks for and that neither its module nor Python has, once, by lines.

    A module that binds names in ways that reading does not tell has none, and no name counts that an `except
    NameError` awaits, a test of versions or names guards, an annotation holds, or that stands behind the end of its
    block.
    """
    suspects = _suspects(source.data)
    tree = source.tree if suspects else None
    if tree is None or source.fault is not None:
        return ()
    found: dict[str, Late] = {}
    for late in sorted(_Reader().body(tree.body, suspects, is_late=False), key=lambda one: (one.is_caught, one.line)):
        found.setdefault(late.name, late)
    return tuple(sorted(found.values(), key=lambda one: one.line))


def may_reach_in(data: bytes, name: str) -> bool:
    """Whether another file with the text *data* may put *name* into a module, or among the builtins."""
    word = name.encode()
    if word not in data:
        return False
    is_spelled = any(quote + word + quote in data for quote in (b"'", b'"'))
    return b"." + word in data or (is_spelled and any(way in data for way in _REACHES_IN))


def _suspects(data: bytes) -> frozenset[str]:
    """Return the names that some function looks for among the module's own, and that are not there.

    The interpreter's own table of symbols tells, in a fraction of the time that a tree of objects takes.
    """
    if _STAR.search(data) or _SPREADS.search(data):
        return frozenset()
    try:
        top = symtable.symtable(data.decode(_encoding(data)), "<source>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    own = frozenset(top.get_identifiers())
    if _OPENS & own or _OPENS_AT_MARGIN & own:
        return frozenset()
    functions = tuple(_functions(top))
    asked = frozenset(name for one in functions for name in one.get_globals())
    if _OPENS & asked:
        return frozenset()
    asked -= GIVEN | _INSTALLED
    shared = {name for one in functions for name in asked & set(one.get_globals()) if _is_declared(one, name)}
    return frozenset(name for name in asked - shared if name not in own or not _is_bound(top.lookup(name)))


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _functions(table: symtable.SymbolTable) -> Iterator[symtable.Function]:
    for child in table.get_children():
        if isinstance(child, symtable.Function):
            yield child
        yield from _functions(child)


def _is_declared(table: symtable.Function, name: str) -> bool:
    return table.lookup(name).is_declared_global()


def _is_bound(symbol: symtable.Symbol) -> bool:
    return (
        symbol.is_assigned()
        or symbol.is_imported()
        or symbol.is_namespace()
        or symbol.is_annotated()
        or symbol.is_declared_global()
    )


class _Reader:
    """Finds where names that are suspected are asked for, inside functions alone."""

    def body(
        self, body: Sequence[ast.stmt], wanted: frozenset[str], *, is_late: bool, is_caught: bool = False
    ) -> Iterator[Late]:
        """Yield what the statements ask for, as far as they can be come to."""
        for node in body:
            yield from self._node(node, wanted, is_late=is_late, is_caught=is_caught)
            if isinstance(node, _ENDS):
                return

    def _node(self, node: ast.AST, wanted: frozenset[str], *, is_late: bool, is_caught: bool) -> Iterator[Late]:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                if is_late and name in wanted:
                    yield Late(name, node.lineno, is_caught)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from self._function(node, wanted, is_late=is_late, is_caught=is_caught)
            case ast.AnnAssign():
                if node.value is not None:
                    yield from self._node(node.value, wanted, is_late=is_late, is_caught=is_caught)
            case ast.If(test=ast.Constant(value=value)) | ast.While(test=ast.Constant(value=value)):
                yield from self.body(node.body if value else node.orelse, wanted, is_late=is_late, is_caught=is_caught)
            case ast.If() | ast.IfExp() | ast.While() if _asks_first(node.test):
                return
            case ast.ClassDef():
                yield from self._class(node, wanted, is_late=is_late, is_caught=is_caught)
            case ast.Try() | ast.TryStar():
                yield from self._try(node, wanted, is_late=is_late, is_caught=is_caught)
            case ast.With() | ast.AsyncWith() if "suppress" in "".join(map(ast.unparse, node.items)):
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = wanted - {
                    part.id for one in node.generators for part in ast.walk(one.target) if isinstance(part, ast.Name)
                }
                yield from self._parts(node, inner, is_late=is_late, is_caught=is_caught)
            case _:
                yield from self._parts(node, wanted, is_late=is_late, is_caught=is_caught)

    def _parts(self, node: ast.AST, wanted: frozenset[str], *, is_late: bool, is_caught: bool) -> Iterator[Late]:
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield from self.body(value, wanted, is_late=is_late, is_caught=is_caught)
            else:
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, ast.AST):
                        yield from self._node(part, wanted, is_late=is_late, is_caught=is_caught)

    def _class(self, node: ast.ClassDef, wanted: frozenset[str], *, is_late: bool, is_caught: bool) -> Iterator[Late]:
        """Yield what a class in a function asks for; its own names are its statements', and not its methods'."""
        outside = wanted - bindings.bound_in(node.body)
        for part in (*node.decorator_list, *node.bases, *(one.value for one in node.keywords)):
            yield from self._node(part, wanted, is_late=is_late, is_caught=is_caught)
        for statement in node.body:
            seen = wanted if isinstance(statement, _Scope) else outside
            yield from self._node(statement, seen, is_late=is_late, is_caught=is_caught)

    def _function(self, node: _Scope, wanted: frozenset[str], *, is_late: bool, is_caught: bool) -> Iterator[Late]:
        """Yield what a call of the function asks for, whoever catches that, and what making the function does."""
        for part in (*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                yield from self._node(part, wanted, is_late=is_late, is_caught=is_caught)
        given = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        own = bindings.bound_in([node.body] if isinstance(node, ast.Lambda) else node.body)  # type: ignore[list-item]
        own |= {name for one in ast.walk(node) if (name := _captured(one))}
        inner = wanted - given - own
        if not inner:
            return
        body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        yield from self.body(body, inner, is_late=True)

    def _try(
        self, node: ast.Try | ast.TryStar, wanted: frozenset[str], *, is_late: bool, is_caught: bool
    ) -> Iterator[Late]:
        kinds = {kind for handler in node.handlers for kind in syntax_tree.caught(handler)}
        awaited = frozenset(name for one in node.body if (name := _asked_for(one))) if kinds & _BROAD else frozenset()
        if "NameError" not in kinds:
            caught = is_caught or bool(kinds & _BROAD)
            yield from self.body(node.body, wanted - awaited, is_late=is_late, is_caught=caught)
        for handler in node.handlers:
            yield from self.body(handler.body, wanted, is_late=is_late, is_caught=is_caught)
        yield from self.body(node.orelse, wanted, is_late=is_late, is_caught=is_caught)
        yield from self.body(node.finalbody, wanted, is_late=is_late, is_caught=is_caught)


def _captured(node: ast.AST) -> str:
    """Return the name that a pattern or a type parameter binds, "" for anything else."""
    match node:
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return name
        case _ if type(node).__name__ in {"TypeVar", "ParamSpec", "TypeVarTuple"}:
            return str(getattr(node, "name", ""))
        case _:
            return ""


def _asked_for(node: ast.stmt) -> str:
    """Return the name of which the statement only asks whether there is one."""
    return node.value.id if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) else ""


def _asks_first(test: ast.expr) -> bool:
    """Whether a branch on *test* may never be taken on the target: it looks at versions, or at the names there are."""
    shown = ast.unparse(test)
    return any(word in shown for word in _ASKS_FIRST)
