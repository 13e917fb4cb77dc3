"""What a person calls an entry point into the entry point: `main:app`, `manage.py`, `-m package`, a start command."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, EntryPoint, Framework
from deploy_suite.project import entry_place, entry_points
from deploy_suite.project.entry_place import Place

# Every module has it: what is named without an attribute is imported, and nothing is taken from it.
_NO_ATTRIBUTE: Final = "__name__"


def named(text: str, *, folder: Path, root: PurePosixPath, variables: Mapping[str, str]) -> EntryPoint | None:
    """Return the entry point that *text* names in the folder *root* of the repository *folder*, None without one.

    Shape: a module, `module:attribute`, a Python file, `-m module`, or a whole start command.
    """
    place = Place(folder=folder, cwd=root, variables=variables, location=None)
    if text.startswith("-m "):
        text = f"python {text}"
    if " " in text:
        command = CommandText(text=text, location=Location("the command"))
        return entry_points.from_command(command, folder=folder, root=root, variables=variables)
    found = _file(text, place) if text.endswith(".py") else _module(text, place)
    return found if found is not None and found.file is not None else None


def _file(text: str, place: Place) -> EntryPoint | None:
    entry = entry_place.program(text, place)
    is_django = entry is not None and PurePosixPath(text).name == "manage.py"
    return replace(entry, framework=Framework.DJANGO) if entry and is_django else entry


def _module(text: str, place: Place) -> EntryPoint | None:
    return entry_place.entry(text, place, place.cwd, default=_NO_ATTRIBUTE)
