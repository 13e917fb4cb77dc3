"""The snapshot's folders into modules: which file an import of the project's own would run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy_suite.model import on_disk

_COMPILED = (".so", ".pyd", ".pyx", ".pyc")


class Module(NamedTuple):
    """A module of the project.

    Shape: `file` is "" for a namespace package; `folders` are those of a package, empty for a plain module. Paths are
    relative to the repository. `is_source` is false for compiled extensions.
    """

    name: str
    file: str
    folders: tuple[str, ...] = ()
    is_source: bool = True

    @property
    def package(self) -> str:
        """The package against which relative imports in it count."""
        return self.name if self.folders else self.name.rpartition(".")[0]


class Layout:
    """Looks names up as Linux does, in exact case, also where this machine's file system is not that strict."""

    def __init__(self, folder: Path) -> None:
        """Look up in *folder*, the repository's top."""
        self.folder = folder
        self._listings: dict[str, dict[str, bool]] = {}
        self._found: dict[tuple[tuple[str, ...], str, str], Module | None] = {}

    def listing(self, relative: str) -> dict[str, bool]:
        """Return the names in a folder, each with whether it is a folder itself; empty when there is none."""
        if relative not in self._listings:
            try:
                with os.scandir(self.folder / relative) as entries:
                    self._listings[relative] = {entry.name: _is_folder(entry) for entry in entries if _is_there(entry)}
            except (OSError, ValueError):
                self._listings[relative] = {}
        return self._listings[relative]

    def find(self, bases: tuple[str, ...], *, part: str, prefix: str) -> Module | None:
        """Return the module *part* in the first of *bases* that has it; a namespace package only when none has more."""
        asked = (bases, part, prefix)  # four times on average
        if asked not in self._found:
            self._found[asked] = self._looked_up(bases, part, prefix)
        return self._found[asked]

    def _looked_up(self, bases: tuple[str, ...], part: str, prefix: str) -> Module | None:
        name = f"{prefix}.{part}" if prefix else part
        spaces = []
        for base in bases:
            names = self.listing(base)
            if names.get(part) and self.listing(inner := joined(base, part)).get("__init__.py") is False:
                return Module(name=name, file=f"{inner}/__init__.py", folders=(inner,))
            if names.get(f"{part}.py") is False:
                return Module(name=name, file=joined(base, f"{part}.py"))
            if any(entry.split(".")[0] == part and entry.endswith(_COMPILED) for entry in names):
                return Module(name=name, file=joined(base, part), is_source=False)
            if names.get(part):
                spaces.append(joined(base, part))
        return Module(name=name, file="", folders=tuple(spaces)) if spaces else None

    def variant(self, bases: Sequence[str], part: str) -> str:
        """Return the file or folder that is *part* in another case, "" when there is none."""
        wanted = {part.lower(), f"{part}.py".lower()}
        for base in bases:
            for name, is_folder in self.listing(base).items():
                if name.lower() in wanted and name not in {part, f"{part}.py"} and is_folder != name.endswith(".py"):
                    return joined(base, name)
        return ""

    def holds_sources(self, relative: str, *, deep: int = 5) -> bool:
        """Whether a folder without `__init__.py` has Python files of its own, here or further down."""
        names = self.listing(relative)
        if any(name.endswith(".py") for name in names):
            return True
        inner = (joined(relative, name) for name, is_folder in names.items() if is_folder)
        return deep > 0 and any(self.holds_sources(folder, deep=deep - 1) for folder in inner)


def joined(base: str, name: str) -> str:
    """Return the path of *name* in *base*, which is "" or "." for the top."""
    return name if base in {"", "."} else f"{base}/{name}"


def _is_there(entry: os.DirEntry[str]) -> bool:
    return not entry.is_symlink() or on_disk.is_there(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return on_disk.is_folder(entry.path) if entry.is_symlink() else entry.is_dir()
