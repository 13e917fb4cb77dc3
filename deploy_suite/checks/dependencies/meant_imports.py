"""A name that a file of the project uses and never imports → the import that its other files have for it."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import sources


@dataclass(frozen=True, slots=True)
class Meant:
    """An import that is missing. Shape: `statement` is it, `example` the place of one that another file has."""

    name: str
    statement: str
    example: Location


def find(name: str, file: str, files: Sequence[str], folder: Path) -> Meant | None:
    """Return what brings *name* to those of *files* that import it, the same folder's first; None where they differ."""
    found = [one for other in files if other != file for one in _imports(name, other, folder)]
    beside = [one for one in found if PurePosixPath(one.example.file).parent == PurePosixPath(file).parent]
    chosen = beside or found
    return chosen[0] if len({one.statement for one in chosen}) == 1 else None


def remedy(meant: Sequence[Meant], file: str) -> str:
    """Return what to write into *file*, with where it stands elsewhere."""
    told = (f"`{one.statement}`, as {one.example} has it" for one in meant)
    return f"add to {file}: {'; '.join(told)}"


def mend(meant: Sequence[Meant], file: str, folder: Path) -> Mend | None:
    """Return *file* with the imports in front of its first one, None where it has none."""
    tree = _tree(file, folder)
    body = tree.body if tree else []
    first = next(
        (node for node in body if isinstance(node, ast.Import | ast.ImportFrom) and not _is_future(node)), None
    )
    if first is None or not meant:
        return None
    names = ", ".join(one.name for one in meant)
    text = "".join(f"{one.statement}; " for one in meant)
    says = f"{names} {'is' if len(meant) == 1 else 'are'} imported in {file}"
    return Mend(file=file, line=first.lineno, text=text, says=says, is_in_front=True)


def _imports(name: str, file: str, folder: Path) -> Iterator[Meant]:
    tree = _tree(file, folder, holding=name)
    for node in tree.body if tree else ():
        start = _start(node)
        for alias in getattr(node, "names", ()) if start else ():
            if (alias.asname or alias.name) == name:
                yield Meant(name, f"{start}{ast.unparse(alias)}", Location(file, node.lineno))


def _start(node: ast.stmt) -> str:
    """Return how an import begins that means the same in every file, "" for any other statement."""
    if isinstance(node, ast.Import):
        return "import "
    return f"from {node.module} import " if isinstance(node, ast.ImportFrom) and not node.level else ""


def _is_future(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _tree(file: str, folder: Path, *, holding: str = "") -> ast.Module | None:
    text = snapshot_files.text(folder, PurePosixPath(file)) or ""
    return sources.own_syntax(text) if holding in text else None
