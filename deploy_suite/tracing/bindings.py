"""A syntax tree into the names that its module has, the functions in it and the folders it makes importable."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.tracing import skimming

_BOUND: Final = re.compile(
    rb"^(?:(?:class|(?:async[ \t]+)?def)[ \t]+(?P<defined>\w+)|(?P<assigned>[A-Za-z_]\w*)[ \t]*(?::|=[^=]))",
    re.MULTILINE | re.ASCII,
)
_ADDS: Final = re.compile(rb"(?:^|[;:])[ \t]*sys\.path\.(?:append|insert)\b", re.MULTILINE)
_SCOPE: Final = re.compile(rb"(?:(?:async[ \t]+)?def|class)\b")
# No other statement assigns; what stands in front of a target and behind it are targets too.
_TARGETS: Final = rb"(?!(?:def|class|for|while|with|if|elif|return|import|from|async)\b)[^#]*\b%s\b[^#\"'+*/-]*[:=]"
_LONGEST_LINE: Final = 500
_OPENS: Final = frozenset({"globals", "vars", "locals", "exec", "eval", "setattr", "__getattr__", "extend_path"})


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Return the statements that run with the module, those inside `if`, `try`, `with` and loops included."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.TryStar | ast.With | ast.For | ast.While):
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from statements(case.body)


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
    return bool(binding) and is_imported and (beside / f"{name}.py").is_file()


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
        for node in statements(tree.body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    )
    return next(found, None)


def value(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what the module assigns to *name* last."""
    found: ast.expr | None = None
    for node in statements(tree.body):
        if isinstance(node, ast.Assign) and name in _targets(node):
            found = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            found = node.value or found
    return found


def assigned(tree: ast.Module) -> frozenset[str]:
    """Return the names to which the module assigns at its level."""
    return frozenset(
        name
        for node in statements(tree.body)
        for name in (
            _targets(node)
            if isinstance(node, ast.Assign)
            else [node.target.id]
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            else ()
        )
    )


def _targets(node: ast.Assign) -> frozenset[str]:
    """Return the plain names that are assigned to, those in tuples included."""
    flat = (part for target in node.targets for part in (getattr(target, "elts", None) or [target]))
    return frozenset(part.id for part in flat if isinstance(part, ast.Name))


def called(nodes: Sequence[ast.AST]) -> tuple[str, ...]:
    """Return the plain names that are called in *nodes*, in order."""
    calls = (node for start in nodes for node in ast.walk(start) if isinstance(node, ast.Call))
    return tuple(dict.fromkeys(call.func.id for call in calls if isinstance(call.func, ast.Name)))


def may_add_folders(data: bytes) -> bool:
    """Whether `added_folders` could find any: what a function does counts for nothing."""
    if b"sys.path." not in data:
        return False
    return any(not _is_of_function(data, match.start()) for match in _ADDS.finditer(data))


def _is_of_function(data: bytes, position: int) -> bool:
    """Whether what stands at *position* surely is inside a function or a class."""
    start = skimming.at_margin(data, position)
    return start is not None and _SCOPE.match(data, start) is not None


def added_folders(tree: ast.Module, *, file: str, cwd: str) -> tuple[tuple[str, bool], ...]:
    """Return the folders that the module puts on `sys.path`, each with whether in front.

    Shape: relative to the repository; only those computed from `__file__`, the working folder and literals.
    """
    reader = _Paths(tree, file=file, cwd=cwd)
    found = []
    for node in statements(tree.body):
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("sys.path."):
            continue
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method in {"append", "insert"} and call.args:
            path = reader.read(call.args[-1])
            if path is not None:
                found.append((str(path), method == "insert"))
    return tuple(found)


class _Paths:
    """Evaluates the path expressions that projects write, on repository-relative paths."""

    def __init__(self, tree: ast.Module, *, file: str, cwd: str) -> None:
        self._tree = tree
        self._file = PurePosixPath(file)
        self._cwd = PurePosixPath(cwd)

    def read(self, node: ast.expr, *, deep: int = 8) -> PurePosixPath | None:
        """Return the path that *node* stands for, None where it cannot be told or lies outside."""
        path = self._value(node, deep)
        return _normal(path) if path is not None else None

    def _value(self, node: ast.expr, deep: int) -> PurePosixPath | None:
        if not deep:
            return None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return self._file
            assigned = value(self._tree, node.id)
            return self._value(assigned, deep - 1) if assigned is not None else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return None if node.value.startswith("/") else self._cwd / node.value
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return _parent(self._value(node.value, deep - 1), 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._join(self._value(node.left, deep - 1), [node.right])
        if isinstance(node, ast.Subscript):
            return self._ancestor(node, deep)
        return self._call(node, deep) if isinstance(node, ast.Call) else None

    def _ancestor(self, node: ast.Subscript, deep: int) -> PurePosixPath | None:
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        is_parents = isinstance(node.value, ast.Attribute) and node.value.attr == "parents"
        if not is_parents or not isinstance(index, int) or not isinstance(node.value, ast.Attribute):
            return None
        return _parent(self._value(node.value.value, deep - 1), index + 1)

    def _call(self, node: ast.Call, deep: int) -> PurePosixPath | None:
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in {"getcwd", "cwd"}:
            return self._cwd
        if name in {"resolve", "absolute", "as_posix"} and isinstance(node.func, ast.Attribute):
            return self._value(node.func.value, deep - 1)
        if not node.args:
            return None
        first = self._value(node.args[0], deep - 1)
        if name == "dirname":
            return _parent(first, 1)
        if name in {"join", "Path", "PurePath"}:
            return self._join(first, node.args[1:])
        return first if name in {"abspath", "realpath", "normpath", "str", "fspath"} else None

    @staticmethod
    def _join(base: PurePosixPath | None, parts: Sequence[ast.expr]) -> PurePosixPath | None:
        for part in parts:
            if base is None or not isinstance(part, ast.Constant) or not isinstance(part.value, str):
                return None
            base /= part.value
        return base


def _parent(path: PurePosixPath | None, times: int) -> PurePosixPath | None:
    path = _normal(path) if path is not None else None
    return None if path is None or len(path.parts) < times else PurePosixPath(*path.parts[: len(path.parts) - times])


def _normal(path: PurePosixPath) -> PurePosixPath | None:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)
