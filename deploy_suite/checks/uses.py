"""Where the project's own files use a name of a package, and whether importing them does it already."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy_suite.model import syntax_tree
from deploy_suite.model.location import Location
from deploy_suite.tracing import sources


@dataclass(frozen=True, slots=True)
class Use:
    """One use. Shape: `is_at_import` says that it stands outside all functions, so that importing the file runs it."""

    name: str
    location: Location
    text: str
    is_at_import: bool


def found(names: Sequence[str], files: Sequence[str], *, folder: Path, version: tuple[int, int]) -> Iterator[Use]:
    """Yield the uses of the dotted *names* in *files*, which are relative to *folder*."""
    last = {name.rpartition(".")[2].encode() for name in names}
    for file in files:
        try:
            source = sources.read(folder / file, version)
        except OSError:
            continue
        if any(word in source.data for word in last) and (tree := source.tree):
            lines = source.data.decode("utf-8", errors="replace").splitlines()
            for node, name, is_at_import in _Reader(names).read(tree):
                text = lines[node.lineno - 1].strip() if node.lineno <= len(lines) else ""
                yield Use(name, Location(file, node.lineno), text, is_at_import)


class _Reader(ast.NodeVisitor):
    """Reads one file: what its names stand for, and which of them are looked at."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._stands_for: dict[str, str] = {}
        self._functions = 0
        self._found: list[tuple[ast.expr | ast.stmt, str, bool]] = []

    def read(self, tree: ast.Module) -> Sequence[tuple[ast.expr | ast.stmt, str, bool]]:
        self._stands_for = dict(syntax_tree.imported(tree))
        self.visit(tree)
        return self._found

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self._functions += 1
        self.generic_visit(node)
        self._functions -= 1

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  the names that ast.NodeVisitor calls
    visit_Lambda = visit_FunctionDef  # noqa: N815

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """An import of a module that is itself the name: `from six.moves import urllib`."""
        if node.module in self._names and not node.level:
            self._note(node, node.module)

    def visit_Name(self, node: ast.Name) -> None:
        self._take(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = syntax_tree.dotted(node)
        if name and self._take(node, name):
            return
        self.generic_visit(node)

    def _take(self, node: ast.expr, dotted: str) -> bool:
        first, dot, rest = dotted.partition(".")
        name = f"{self._stands_for.get(first, '')}{dot}{rest}"
        if name not in self._names:
            return False
        self._note(node, name)
        return True

    def _note(self, node: ast.expr | ast.stmt, name: str) -> None:
        self._found.append((node, name, self._functions == 0))


def any_holds(word: str, files: Sequence[str], *, folder: Path) -> bool:
    """Whether one of *files* has *word*, in whatever case."""
    wanted = word.lower().encode()
    return any(wanted in data.lower() for data in _read(files, folder).values())


def _read(files: Sequence[str], folder: Path) -> Mapping[str, bytes]:
    read: dict[str, bytes] = {}
    for file in files:
        try:
            read[file] = (folder / file).read_bytes()
        except OSError:
            continue
    return read
