"""A folder of a project → the Python files that are its own: none of an environment that lies in it."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

_MOST_FILES: Final = 3000
_FOREIGN: Final = frozenset(
    {".git", "node_modules", "site-packages", ".venv", "venv", ".nox", ".tox", ".direnv", "__pycache__"}
)
_TOP: Final = PurePosixPath()
_OF_ENVIRONMENT: Final = "pyvenv.cfg"


def python(folder: Path, root: PurePosixPath = _TOP) -> Iterator[PurePosixPath]:
    """Yield the paths below *root*, relative to *folder*, those nearest its top first; not without end.

    A folder that goes while it is read, as one that is no snapshot may, is left out.
    """
    return islice(_below(folder, root), _MOST_FILES)


def settings(folder: Path, root: PurePosixPath = _TOP) -> Iterator[PurePosixPath]:
    """Yield those of `python` that are settings by their names, as Django's are."""
    for file in python(folder, root):
        if "settings" in file.name or file.parent.name == "settings":
            yield file


def _below(folder: Path, root: PurePosixPath) -> Iterator[PurePosixPath]:
    for base, folders, names in os.walk(folder / root):
        if _OF_ENVIRONMENT in names:
            folders.clear()
            continue
        folders[:] = sorted(set(folders) - _FOREIGN)
        inside = PurePosixPath(Path(base).relative_to(folder).as_posix())
        yield from (inside / name for name in sorted(names) if name.endswith(".py"))
