"""What the body of a migration's function amounts to, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def body(path: str, name: str) -> str:
    """Return "present", "empty" (`pass`), "refuses" (`raise`) or "missing" for the function *name* of the file."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return "present"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _kind([each for each in node.body if not _says_nothing(each)])
    return "missing"


def _kind(statements: Sequence[ast.stmt]) -> str:
    if not statements:
        return "empty"
    return "refuses" if isinstance(statements[0], ast.Raise) else "present"


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None
    return isinstance(statement, ast.Expr) and type(statement.value).__name__ in ("Constant", "Str", "Ellipsis")
