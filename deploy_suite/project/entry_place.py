"""Where a command runs, and the entry point that a spec names there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from deploy_suite.model import on_disk
from deploy_suite.model.location import Location
from deploy_suite.model.own_place import SOURCE_ON_TARGET
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.project import app_objects, module_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command runs: the repository's top on disk, the working folder in it, the variables that it sees."""

    folder: Path
    cwd: PurePosixPath
    variables: Mapping[str, str]
    location: Location | None

    def path(self, text: str) -> PurePosixPath | None:
        """Return the repository-relative path of *text* as the command sees it; None when it lies outside."""
        written = PurePosixPath(text.replace("${PWD}", "$PWD").replace("$PWD", "."))
        if written.is_relative_to(SOURCE_ON_TARGET):
            return module_files.normal(written.relative_to(SOURCE_ON_TARGET))
        if written.is_absolute() or "$" in text:
            return None
        return module_files.normal(self.cwd / written)

    def moved(self, text: str) -> "Place":
        """Return the place after `cd text`; a folder outside the repository changes nothing."""
        path = self.path(text) if text else None
        return self if path is None else replace(self, cwd=path)

    def has(self, path: PurePosixPath) -> bool:
        """Whether *path* is a file of the repository."""
        return on_disk.is_file(self.folder / path)

    def search_path(self, *first: PurePosixPath | None) -> tuple[PurePosixPath, ...]:
        """Return *first* and then what PYTHONPATH names."""
        extra = filter(None, self.variables.get("PYTHONPATH", "").split(":"))
        return module_files.unique((*first, *(self.path(text) for text in extra)))


def entry(
    spec: str,
    place: Place,
    *first: PurePosixPath | None,
    default: str = "app",
    is_factory: bool = False,
) -> EntryPoint | None:
    """Return the entry that `module:attribute` or `module:factory(…)` names."""
    module, _, expression = spec.partition(":")
    attribute, call, arguments = (expression or default).partition("(")
    if not module or "$" in spec or "/" in module:
        return None
    return _located(
        EntryPoint(
            module=module,
            attribute=attribute.strip(),
            search_path=place.search_path(*first),
            is_factory=is_factory or bool(call),
            arguments=arguments.strip().removesuffix(")").strip(),
            working_folder=place.cwd,
            location=place.location,
        ),
        place.folder,
        place.cwd,
    )


def _located(entry: EntryPoint, folder: Path, cwd: PurePosixPath) -> EntryPoint:
    """Return *entry* with its file and framework; a package that the build installs from `src/` is found there."""
    file = module_files.find(folder, entry.search_path, module=entry.module)
    installed = cwd / "src"
    if file is None and (file := module_files.find(folder, (installed,), module=entry.module)) is not None:
        entry = replace(entry, search_path=(*entry.search_path, installed))
    if file is None:
        return replace(entry, framework=_django_or_other(entry.module))
    kind = app_objects.framework(folder, entry.search_path, file=file, attribute=entry.attribute)
    return replace(entry, file=file, framework=kind)


def _django_or_other(module: str) -> Framework:
    return Framework.DJANGO if module.endswith((".wsgi", ".asgi")) else Framework.OTHER


def program(word: str, place: Place) -> EntryPoint | None:
    """Return the entry of a file that Python runs: its folder is importable, and it has no attribute."""
    path = place.path(word)
    if path is None or PurePosixPath(word).suffix != ".py":
        return None
    file = path if place.has(path) else None
    found = place.search_path(path.parent)
    return EntryPoint(
        module=path.stem,
        attribute="",
        framework=app_objects.framework(place.folder, found, file=file, attribute="app") if file else Framework.OTHER,
        file=file,
        search_path=found,
        working_folder=place.cwd,
        location=place.location,
    )
