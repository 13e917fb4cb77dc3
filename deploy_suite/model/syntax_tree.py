"""Python's own parser, one thread at a time, and what all readers of its trees ask of them.

Python 3.11 counts the depth of a tree that it makes for all threads together: where collecting garbage lets another in
meanwhile, the parser ends in a SystemError. Source: https://github.com/python/cpython/issues/106905
"""

import ast
import threading
from collections.abc import Iterator, Sequence
from typing import Final

_PARSING: Final = threading.RLock()


def parse(source: str | bytes, *, version: tuple[int, int] | None = None) -> ast.Module:
    """Return the tree of *source*, read as Python *version* does as far as this one knows how.

    Raises: SyntaxError, ValueError, RecursionError, MemoryError, as `ast.parse`.
    """
    with _PARSING:
        return ast.parse(source, feature_version=version)


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run with the module, those inside `if`, `try`, `with` and loops included."""
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


def assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what *node* itself assigns to, each with the value."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case _:
            pass


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the plain names that *node* itself assigns to, each with the value."""
    return ((target.id, value) for target, value in assignments(node) if isinstance(target, ast.Name))


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that imports anywhere in *tree* bind, each with what it stands for (".a.b" for relative ones)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            dotted = module if module.endswith(".") else f"{module}."
            yield from ((alias.asname or alias.name, dotted + alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (first, first)


def dotted(node: ast.expr) -> str:
    """Return "a.b.c" for such an expression, "" for any other."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def last_name(node: ast.AST | None) -> str:
    """Return "c" for `a.b.c` and for `c`, "" for any other expression."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.AST | None) -> str | None:
    """Return the text of a literal, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def caught(handler: ast.ExceptHandler) -> frozenset[str]:
    """Return the names of the exceptions that *handler* takes, "" for what is no name."""
    if handler.type is None:
        return frozenset({"BaseException"})
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(map(last_name, parts))
