"""The name of a module → where else in a snapshot it lies, and the folder from which it would import."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

_SKIPPED: Final = frozenset({"node_modules", "venv", ".venv", "env", ".git", "site-packages"})


@dataclass(frozen=True, slots=True)
class ModulePlace:
    """Shape: `file` is the module's and `folder` the one that it imports from, both relative to the repository."""

    file: PurePosixPath
    folder: PurePosixPath


def nearest(top: Path, module: str) -> ModulePlace | None:
    """Return where the snapshot in *top* has *module*, the nearest to the top."""
    parts = module.split(".")
    tails = ("/".join(parts) + ".py", "/".join((*parts, "__init__.py")))
    found: list[PurePosixPath] = []
    for base, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            path = PurePosixPath(Path(base, name).relative_to(top).as_posix())
            if any(f"/{path}".endswith(f"/{tail}") for tail in tails):
                found.append(path)
    if not found:
        return None
    file = min(found, key=lambda one: (len(one.parts), str(one)))
    depth = len(parts) + (file.name == "__init__.py")
    return ModulePlace(file, PurePosixPath(*file.parts[: len(file.parts) - depth]))
