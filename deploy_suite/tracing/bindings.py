"""A syntax tree into the names that its module has and the functions in it."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy_suite.model import on_disk, syntax_tree

_BOUND: Final = re.compile(
    rb"^(?:(?:class|(?:async[ \t]+)?def)[ \t]+(?P<defined>\w+)|(?P<assigned>[A-Za-z_]\w*)[ \t]*(?::|=[^=]))",
    re.MULTILINE | re.ASCII,
)
# No other statement assigns; what stands in front of a target and behind it are targets too.
_TARGETS: Final = rb"(?!(?:def|class|for|while|with|if|elif|return|import|from|async)\b)[^#]*\b%s\b[^#\"'+*/-]*[:=]"
_LONGEST_LINE: Final = 500
_OPENS: Final = frozenset({"globals", "vars", "locals", "exec", "eval", "setattr", "__getattr__", "extend_path"})


def names(tree: ast.Module) -> frozenset[str] | None:
    """Return the names bound at the module's level, None where they cannot be told without running it."""
    shared: set[str] = set()
    for node in ast.walk(tree):
        name = getattr(node, "id", None) or getattr(node, "name", None) or getattr(node, "attr", None)
        if name in _OPENS or isinstance(node, ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            return None
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, ast.Global):
            shared.update(node.names)
    bound = bound_in(tree.body) | shared
    return None if "__path__" in bound else bound


def bound_in(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names that *body*, of a module or a class, binds in its own scope: none of its functions' own."""
    bound: set[str] = set()
    for node in _of_scope(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return frozenset(bound)


def is_module(tree: ast.Module, name: str, *, beside: Path) -> bool:
    """Whether all that binds *name* is an import of the module of that name in the folder *beside*."""
    binding = [node for node in tree.body if name in bound_in([node])]
    is_imported = all(
        isinstance(node, ast.Import) and any(alias.name == name and not alias.asname for alias in node.names)
        for node in binding
    )
    return bool(binding) and is_imported and on_disk.is_file(beside / f"{name}.py")


def _of_scope(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes below *body*, without what lies in scopes of its own."""
    open_nodes = list(body)
    while open_nodes:
        node = open_nodes.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            open_nodes += [*node.decorator_list, node.args]
        elif isinstance(node, ast.ClassDef):
            open_nodes += [*node.decorator_list, *node.bases, *node.keywords]
        elif not isinstance(node, ast.Lambda):
            open_nodes += ast.iter_child_nodes(node)


def plainly_bound(data: bytes) -> frozenset[str]:
    """Return names that the text itself shows to be bound at the margin; there may be others."""
    return frozenset(match[match.lastgroup or 0].decode() for match in _BOUND.finditer(data))


def may_assign(data: bytes, name: str) -> bool:
    """Whether the text has a line in which something like an assignment follows *name*."""
    word, position = name.encode(), 0
    while (start := data.find(word, position)) >= 0:
        end = data.find(b"\n", start)
        position = len(data) if end < 0 else end
        if (b"=" in data[start:position] or b":" in data[start:position]) and _is_target(data, start, position, word):
            return True
    return False


def _is_target(data: bytes, start: int, end: int, word: bytes) -> bool:
    """Whether the line of the *word* at *start*, which ends at *end*, may assign to it."""
    line = data[data.rfind(b"\n", 0, start) + 1 : end].strip()
    if len(line) > _LONGEST_LINE or b";" in line or b": " in line:
        return True
    return re.match(_TARGETS % word, line) is not None


def function(tree: ast.Module, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the function *name* of the module."""
    found = (
        node
        for node in syntax_tree.statements(tree.body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    )
    return next(found, None)


def value(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what the module assigns to *name* last."""
    found: ast.expr | None = None
    for node in syntax_tree.statements(tree.body):
        for target, given in syntax_tree.assignments(node):
            found = given if name in _plain(target) else found
    return found


def assigned(tree: ast.Module) -> frozenset[str]:
    """Return the names to which the module assigns at its level."""
    return frozenset(
        name
        for node in syntax_tree.statements(tree.body)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in _plain(target)
    )


def _plain(target: ast.expr) -> frozenset[str]:
    """Return the plain names in *target*, a tuple of them or one alone."""
    return frozenset(part.id for part in getattr(target, "elts", None) or [target] if isinstance(part, ast.Name))


def called(nodes: Sequence[ast.AST]) -> tuple[str, ...]:
    """Return the plain names that are called in *nodes*, in order."""
    calls = (node for start in nodes for node in ast.walk(start) if isinstance(node, ast.Call))
    return tuple(dict.fromkeys(call.func.id for call in calls if isinstance(call.func, ast.Name)))
