"""A folder of sources into the applications that a server could be given, the likeliest first."""

import ast
import itertools
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model import on_disk, syntax_tree
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_objects, module_files, snapshot_files

_SKIPPED: Final = frozenset(
    {
        "test", "tests", "testing", "venv", "env", "virtualenv", "node_modules", "site-packages", "__pycache__",
        "docs", "doc", "examples", "example", "migrations", "alembic", "build", "dist", "benchmarks", "scripts",
    },
)  # fmt: skip
_USUAL: Final = ("main", "app", "wsgi", "asgi", "server", "api", "run", "application", "__init__")
_BOUND: Final = frozenset({"app", "application", "api", "server"})
_HINT: Final = re.compile(
    rb"\b(?:"
    + b"|".join(sorted({name.rpartition(".")[2].encode() for name in (*app_objects.MAKERS, "Dash")}))
    + rb")\s*\(",
)
_LARGEST_BYTES: Final = 1024 * 1024
_IMPORTED: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_MOST_READ: Final = 200  # files; the names that decide are in most of them


@dataclass(frozen=True, slots=True)
class _Candidate:
    file: PurePosixPath
    source: app_objects.Source
    found: app_objects.AppObject

    def rank(self, root: PurePosixPath) -> tuple[object, ...]:
        """Return the order: objects before factories, usual names before others, near the top before deep."""
        depth = len(self.file.relative_to(root).parts)
        stem = self.file.stem
        usual = _USUAL.index(stem) if stem in _USUAL else len(_USUAL)
        plain = self.found.attribute in {"app", "application", "api", "create_app", "make_app"}
        return (self.found.is_factory, stem not in _USUAL, depth, usual, not plain, str(self.file), self.found.line)


def entries(folder: Path, root: PurePosixPath, *, base: PurePosixPath | None = None) -> tuple[EntryPoint, ...]:
    """Return the entry points below *root*, best first. Tests, virtual environments and the like are left out.

    Shape: *base* is the folder to import from wherever a file's own imports leave that open.
    """
    found = [candidate for file in _sources(folder, root) for candidate in _candidates(folder, file)]
    found = found or list(_by_own_factories(folder, root))
    ranked = sorted(found, key=lambda c: c.rank(root))
    return tuple(_entry(folder, root, candidate, base) for candidate in ranked)


def meant(folder: Path, root: PurePosixPath, *, wanted: EntryPoint) -> EntryPoint | None:
    """Return the application that *wanted*, which is not there, most likely stands for; None where that is open.

    It must be importable from where the server looks; of several the one in a file of the same name counts.
    """
    bases = wanted.search_path[:1]
    found = [
        one
        for one in entries(folder, root, base=bases[0] if bases else root)
        if not one.is_factory and one.search_path == bases and not is_hidden(folder, one)
    ]
    if len(found) > 1:
        found = [one for one in found if one.module.rpartition(".")[2] == wanted.module.rpartition(".")[2]]
    return found[0] if len(found) == 1 else None


def is_hidden(folder: Path, entry: EntryPoint) -> bool:
    """Whether a package of the same name beside it is imported in place of the file of *entry*."""
    return entry.file != module_files.find(folder, entry.search_path, module=entry.module)


def hidden(folder: Path, root: PurePosixPath, *, wanted: EntryPoint) -> EntryPoint | None:
    """Return the very application that *wanted* names, in a file that a package of the same name hides."""
    found = (one for one in entries(folder, root, base=root) if one.spec == wanted.spec and is_hidden(folder, one))
    return next((one for one in found if not one.is_factory), None)


def maker(folder: Path, root: PurePosixPath, *, wanted: EntryPoint) -> EntryPoint | None:
    """Return the factory in the very file that *wanted* names, which has no such object; None for none or several."""
    found = [one for one in entries(folder, root) if one.is_factory and one.file == wanted.file]
    return found[0] if len(found) == 1 else None


def outside_package(folder: Path, root: PurePosixPath, *, found: EntryPoint) -> EntryPoint:
    """Return the script in *root* that binds the application, where *found* is *root* itself as a package.

    No server that runs in a package's own folder can import it by its name.
    """
    if found.module != "__init__":
        return found
    for stem in _USUAL[:-1]:
        file = root / f"{stem}.py"
        source = app_objects.read(folder / file)
        for statement in syntax_tree.statements(source.tree.body) if source else ():
            name = next((name for name, _ in syntax_tree.bindings(statement) if name in _BOUND), "")
            if name:
                place = Location(str(file), statement.lineno)
                return replace(found, module=stem, attribute=name, file=file, is_factory=False, location=place)
    return found


def _sources(folder: Path, root: PurePosixPath) -> Iterator[PurePosixPath]:
    for base, folders, files in os.walk(folder / root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and not name.startswith(".") and not on_disk.is_file(Path(base, name, "pyvenv.cfg"))
        )
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith("test_") and not name.endswith("_test.py"):
                yield PurePosixPath(Path(base, name).relative_to(folder).as_posix())


def _candidates(folder: Path, file: PurePosixPath) -> Iterator[_Candidate]:
    path = folder / file
    try:
        is_likely = path.stat().st_size <= _LARGEST_BYTES and _HINT.search(path.read_bytes())
    except OSError:
        return
    source = app_objects.read(path) if is_likely else None
    if source is not None:
        yield from (_Candidate(file, source, found) for found in app_objects.objects(source))


def _by_own_factories(folder: Path, root: PurePosixPath) -> Iterator[_Candidate]:
    """Yield the applications that a usual file has made by a function of another one, with what that asks for."""
    for file in _sources(folder, root):
        source = app_objects.read(folder / file) if file.stem in _USUAL else None
        bases = [base for base in file.parents if base.is_relative_to(root)]
        for statement in syntax_tree.statements(source.tree.body) if source else ():
            for name, value in syntax_tree.bindings(statement):
                made = app_objects.made_by_own(folder, bases, file=file, source=source, value=value) if source else None
                if source and made and name in _BOUND:
                    found = app_objects.AppObject(
                        attribute=name, framework=made, is_factory=False, line=statement.lineno
                    )
                    yield _Candidate(file, source, found)


def _entry(folder: Path, root: PurePosixPath, candidate: _Candidate, wanted: PurePosixPath | None) -> EntryPoint:
    base = _base(folder, root, candidate, wanted)
    relative = candidate.file.relative_to(base).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return EntryPoint(
        module=".".join(parts) or "__init__",
        attribute=candidate.found.attribute,
        framework=candidate.found.framework,
        file=candidate.file,
        search_path=(base,),
        is_factory=candidate.found.is_factory,
        location=Location(str(candidate.file), candidate.found.line),
    )


def _base(folder: Path, root: PurePosixPath, candidate: _Candidate, wanted: PurePosixPath | None) -> PurePosixPath:
    """Return the folder to import from: the one from which most of the file's own imports can be found."""
    package, _ = module_files.package_root(folder, candidate.file)
    above = candidate.file.parents[min(_levels(candidate), len(candidate.file.parents) - 1)]
    package = min(package, above, key=lambda base: len(base.parts))
    outermost = package if package.is_relative_to(root) else root
    bases = [outermost, *(base for base in outermost.parents if base.is_relative_to(root))]
    bases.sort(key=lambda base: base != wanted)
    own = _counts(folder, bases, _absolute(candidate.source.tree))
    if (
        len(set(own)) == 1 and len(bases) > 1
    ):  # a file of relative imports alone leaves it open; those beside it may not
        own = _counts(folder, bases, _named_below(folder, outermost))
    return bases[own.index(max(own))]


def is_named_from(folder: Path, top: PurePosixPath, *, file: PurePosixPath, root: PurePosixPath) -> bool:
    """Whether *file*, in *root*, names the project's own modules as they are found from *top*, and not from *root*."""
    source = app_objects.read(folder / file)
    above, here = _counts(folder, (top, root), _absolute(source.tree)) if source else (0, 0)
    return above > here


def _counts(folder: Path, bases: Sequence[PurePosixPath], imported: Collection[str]) -> list[int]:
    """Return how many of *imported* can be found from each of *bases*."""
    return [sum(_is_there(folder / base, name) for name in imported) for base in bases]


def _absolute(tree: ast.Module) -> set[str]:
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    froms = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level)
    return named | {node.module for node in froms if node.module}


def _named_below(folder: Path, base: PurePosixPath) -> set[str]:
    texts = (snapshot_files.text(folder, file) or "" for file in itertools.islice(_sources(folder, base), _MOST_READ))
    return {name for text in texts for name in _IMPORTED.findall(text)}


def _levels(candidate: _Candidate) -> int:
    """Return how many packages around it the file's imports go up by, with __init__.py or without (PEP 420)."""
    imports = (node for node in ast.walk(candidate.source.tree) if isinstance(node, ast.ImportFrom))
    return max((node.level for node in imports), default=0)


def _is_there(base: Path, module: str) -> bool:
    stem = base.joinpath(*module.split("."))
    return on_disk.is_folder(stem) or on_disk.is_file(stem.with_name(f"{stem.name}.py"))
