"""The files that a start executes into the variables that they cannot do without."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing import sources
from deploy_suite.tracing.sources import Source
from deploy_suite.tracing.values import ImportKind
from deploy_suite.tracing.variables import settings_classes
from deploy_suite.tracing.variables.origins import Names, Origin
from deploy_suite.tracing.variables.reader import FileReader
from deploy_suite.tracing.variables.settings_classes import SettingsClass
from deploy_suite.tracing.variables.values import FileReads, Making, Reads, VariableRead

# A file without any of these asks for nothing: most files need not be parsed.
_HINT: Final = re.compile(rb"environ|getenv|decouple|starlette\.config|BaseSettings|Settings\b|[Ss]ettings\(")
_MOST_ROUNDS: Final = 4


@dataclass(slots=True)
class _File:
    """One file on its way. Shape: `functions` are those of its functions, `defined`, that run with the start."""

    file: str
    source: Source
    names: Names = field(default_factory=Names)
    functions: set[str] = field(default_factory=set)
    defined: frozenset[str] = frozenset()
    found: FileReads = field(default_factory=FileReads)

    @property
    def module(self) -> str:
        """The last part of the module's name."""
        path = PurePosixPath(self.file)
        return path.parent.name if path.name == "__init__.py" else path.stem


def read(files: Sequence[str], *, folder: Path, version: tuple[int, int], entry: EntryPoint) -> Reads:
    """Return what *files*, which every start executes, ask for in vain where it is not set.

    Shape: *files* are relative to *folder*, in the order of their execution.
    """
    chosen = list(_files(files, folder, version, entry))
    exported: dict[tuple[str, str], Origin] = {}
    # The importing file comes first, so that what it imports is known in the second round.
    for _ in range(2):
        for file in chosen:
            file.names = Names(exported)
            file.names.read(file.source.tree or ast.Module([], []))
            exported |= {(file.module, name): origin for name, origin in file.names.shared().items()}
    _follow_calls(chosen, entry, version)
    known = _classes(chosen)
    required = [one for file in chosen for one in file.found.required]
    makings: list[Making] = [one for file in chosen for one in file.found.makings]
    required += settings_classes.required(makings, known)
    return Reads(
        required=tuple(_certain_first(required)),
        given=frozenset(name for file in chosen for name in file.found.given),
    )


def _files(files: Sequence[str], folder: Path, version: tuple[int, int], entry: EntryPoint) -> Iterator[_File]:
    for file in files:
        try:
            source = sources.read(folder / file, version)
        except OSError:
            continue
        if _HINT.search(source.data) or file == str(entry.file):
            yield _File(file, source, defined=frozenset(_functions(source.tree)))


def _functions(tree: ast.Module | None) -> Iterator[str]:
    """Yield the functions of the module's level whose bodies run when they are called."""
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and not any(
            isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node)
        ):
            yield node.name


def _follow_calls(chosen: Sequence[_File], entry: EntryPoint, version: tuple[int, int]) -> None:
    """Read each file, again as long as one calls a function that runs with the start and was not known to."""
    for file in chosen:
        if file.file == str(entry.file) and entry.is_factory:
            file.functions.add(entry.attribute)
    for _ in range(_MOST_ROUNDS):
        for file in chosen:
            file.found = _one(file, entry, version)
        if not _new_calls(chosen):
            return


def _one(file: _File, entry: EntryPoint, version: tuple[int, int]) -> FileReads:
    reader = FileReader(
        file=file.file,
        names=file.names,
        version=version,
        is_program=not entry.attribute and file.file == str(entry.file),
        eager_functions=frozenset(file.functions),
    )
    if tree := file.source.tree:
        reader.read(tree.body, ImportKind.EAGER)
    return reader.found


def _new_calls(chosen: Sequence[_File]) -> bool:
    is_new = False
    for caller in chosen:
        for name in caller.found.called:
            origin = caller.names.known.get(name)
            module = origin.dotted.split(".")[-2:-1] if origin else [caller.module]
            for file in chosen:
                is_meant = file is caller if origin is None else [file.module] == module
                if is_meant and name in file.defined - file.functions:
                    file.functions.add(name)
                    is_new = True
    return is_new


def _classes(chosen: Sequence[_File]) -> Mapping[str, SettingsClass | None]:
    found: dict[str, SettingsClass | None] = {}
    for file in chosen:
        tree = file.source.tree
        for one in settings_classes.classes(tree, file.names, file.file) if tree else ():
            found[one.name] = None if one.name in found else one
    return found


def _certain_first(required: Sequence[VariableRead]) -> list[VariableRead]:
    first: dict[tuple[str, ...], VariableRead] = {}
    for one in sorted(required, key=lambda one: one.kind):
        first.setdefault(one.names, one)
    return list(first.values())
