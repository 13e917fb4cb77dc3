"""What a module of the project takes by name from others of it: `from app.models import User`."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy_suite.model import on_disk
from deploy_suite.tracing.values import OwnModule


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One name that is imported from the module in *file*, and the line of the import."""

    name: str
    module: str
    file: str
    line: int


def taken(tree: ast.Module, module: OwnModule, files: Mapping[str, str]) -> Iterator[Taken]:
    """Yield the names that the statements at the module's margin import from modules in *files*, by their names."""
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        source = _source(node, module)
        file = files.get(source, "")
        if file.endswith(".py") and file != module.file:
            for alias in node.names:
                if alias.name != "*":
                    yield Taken(name=alias.name, module=source, file=file, line=node.lineno)


def _source(node: ast.ImportFrom, module: OwnModule) -> str:
    """Return the full name of the module that *node* imports from, "" where it leads out of the project."""
    if not node.level:
        return node.module or ""
    is_package = PurePosixPath(module.file).name == "__init__.py"
    parts = module.name.split(".") if is_package else module.name.split(".")[:-1]
    up = node.level - 1
    if up > len(parts) or module.name == "__main__":
        return ""
    kept = parts[: len(parts) - up]
    return ".".join((*kept, *([node.module] if node.module else [])))


def has(one: Taken, names: frozenset[str], *, folder: Path) -> bool:
    """Whether the module has the name: bound in it, given to every module, or a module of the package."""
    if one.name in names or (one.name.startswith("__") and one.name.endswith("__")):
        return True
    inside = folder / PurePosixPath(one.file).parent
    is_package = PurePosixPath(one.file).name == "__init__.py"
    return is_package and any(on_disk.is_there(inside / f"{one.name}{ending}") for ending in (".py", ""))
