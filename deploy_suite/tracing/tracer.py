"""An entry point into the trace of what starting it imports, read from the sources without running them."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from deploy_suite.model import python_series
from deploy_suite.model.location import Location
from deploy_suite.model.project import Companion, EntryPoint, Framework
from deploy_suite.tracing import factories, standard_library
from deploy_suite.tracing.finder import Finder
from deploy_suite.tracing.layout import Layout, Module
from deploy_suite.tracing.statements import Imported
from deploy_suite.tracing.values import Chain, Hop, ImportKind, OwnModule, Trace
from deploy_suite.tracing.walk import Step, Walk


def trace(
    entry: EntryPoint,
    *,
    folder: Path,
    python: str,
    known: frozenset[str] = frozenset(),
    variables: Mapping[str, str] | None = None,
    reads_all: bool = True,
) -> Trace:
    """Return what starting *entry* imports, eagerly or otherwise.

    Shape: *folder* is the repository's top on disk; *python* the target's version, "3.12" or longer; *known* the
    top-level names that distributions provide, so that a folder `alembic/` of migrations is not taken for the package;
    of *variables* only DJANGO_SETTINGS_MODULE matters. With *reads_all* each file on the way is parsed as a whole, to
    find what the target's Python cannot read.
    Source: the import system, https://docs.python.org/3/reference/import.html
    """
    with _uncollected():
        return _traced(entry, folder=folder, python=python, known=known, variables=variables or {}, reads_all=reads_all)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no garbage collector look through the syntax trees, which have no circles: it takes a sixth of a trace."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _traced(
    entry: EntryPoint,
    *,
    folder: Path,
    python: str,
    known: frozenset[str],
    variables: Mapping[str, str],
    reads_all: bool,
) -> Trace:
    walk = Walk(finder=_finder(entry, folder=folder, version=python_series.numbers(python), known=known))
    for companion in entry.companions:
        _accompany(walk, entry, companion)
    for module in _first(walk, entry):
        walk.drive(walk.enter(module, Chain()))
    factories.follow(walk, entry)
    settings = ""
    if entry.framework is Framework.DJANGO:
        from deploy_suite.tracing import django_start  # noqa: PLC0415  half of the start of a trace without Django

        settings = django_start.follow(walk, variables)
    walk.finish()
    unfit = dict(walk.judged()) if reads_all else {}
    return Trace(
        entry=entry,
        imports=tuple(walk.met.imports.values()),
        missing=tuple(walk.met.missing.values()),
        syntax_problems=tuple(problem for problem in unfit.values() if problem is not None),
        unfit=tuple(unfit),
        shadows=tuple(walk.met.shadows.values()),
        modules=tuple(
            OwnModule(name=module.name, file=file, kind=walk.levels[file], chain=walk.chains[file])
            for file, module in walk.modules.items()
        ),
        settings_module=settings,
        changes_path=any(b"sys.path" in source.data for source in walk.read.values()),
    )


def _finder(entry: EntryPoint, *, folder: Path, version: tuple[int, int], known: frozenset[str]) -> Finder:
    return Finder(
        layout=Layout(folder),
        version=version,
        bases=tuple(_text(path) for path in entry.search_path),
        standard=standard_library.names(version),
        known=known,
    )


def _accompany(walk: Walk, entry: EntryPoint, companion: Companion) -> None:
    """Follow what the server imports beside the application."""
    place = entry.location or Location(entry.spec)
    if companion.file is not None:
        chain = Chain((Hop(place.file, place.line, companion.label),))
        walk.drive(walk.enter(Module(name=companion.file.stem, file=str(companion.file)), chain))
        return
    imported = Imported(companion.module, place.line, ImportKind.EAGER, label=companion.label)
    walk.drive(walk.follow(Step(Module(name="", file=place.file), imported, Chain())))


def _text(path: PurePosixPath) -> str:
    return "" if path == PurePosixPath() else str(path)


def _first(walk: Walk, entry: EntryPoint) -> Iterator[Module]:
    """Return the modules that the server itself imports: the packages, then the module; or the program."""
    if not entry.attribute and entry.file is not None:
        package = entry.module.rpartition(".")[0] if entry.module.endswith(".__main__") else ""
        yield Module(name=f"{package}.__main__" if package else "__main__", file=str(entry.file))
        return
    yield from walk.finder.way(entry.module)
