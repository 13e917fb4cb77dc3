"""A module's text into the folders that running it puts on `sys.path`."""

import ast
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model import syntax_tree
from deploy_suite.project import module_files
from deploy_suite.tracing import bindings, skimming

_ADDS: Final = re.compile(rb"(?:^|[;:])[ \t]*sys\.path\.(?:append|insert)\b", re.MULTILINE)
_MOST_LEVELS: Final = 8
_SCOPE: Final = re.compile(rb"(?:(?:async[ \t]+)?def|class)\b")


def may_change(data: bytes) -> bool:
    """Whether `added` could find any: what a function does counts for nothing."""
    if b"sys.path." not in data:
        return False
    return any(not _is_of_function(data, match.start()) for match in _ADDS.finditer(data))


def _is_of_function(data: bytes, position: int) -> bool:
    """Whether what stands at *position* surely is inside a function or a class."""
    start = skimming.at_margin(data, position)
    return start is not None and _SCOPE.match(data, start) is not None


def added(tree: ast.Module, *, file: str, cwd: str) -> tuple[tuple[str, bool], ...]:
    """Return the folders that the module puts on `sys.path`, each with whether in front.

    Shape: relative to the repository; only those computed from `__file__`, the working folder and literals.
    """
    reader = _Paths(tree, file=file, cwd=cwd)
    found = []
    for node in syntax_tree.statements(tree.body):
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

    def read(self, node: ast.expr) -> PurePosixPath | None:
        """Return the path that *node* stands for, None where it cannot be told or lies outside."""
        path = self._value(node, _MOST_LEVELS)
        return module_files.normal(path) if path is not None else None

    def _value(self, node: ast.expr, deep: int) -> PurePosixPath | None:
        if not deep:
            return None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return self._file
            assigned = bindings.value(self._tree, node.id)
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
            if part.value.startswith("/"):
                return None
            base /= part.value
        return base


def _parent(path: PurePosixPath | None, times: int) -> PurePosixPath | None:
    path = module_files.normal(path) if path is not None else None
    return None if path is None or len(path.parts) < times else PurePosixPath(*path.parts[: len(path.parts) - times])
