"""What lies at a path, for any text that somebody wrote as one.

`pathlib` answers so from Python 3.14 on; before, it raises for a name that is too long, holds NUL, or lies in a folder
that may not be entered.
"""

import glob
import os.path
from pathlib import Path


def is_file(path: Path | str) -> bool:
    """Whether there is a file *path* that can be seen."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder *path* that can be seen."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: Path | str) -> bool:
    """Whether anything lies at *path* that can be seen."""
    return os.path.exists(path)  # noqa: PTH110


def folders(path: Path) -> list[str]:
    """Return the names of the folders in *path*, in order; hidden ones left out."""
    return sorted(one.name for one in path.iterdir() if is_folder(one) and not one.name.startswith("."))


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return what lies below *folder* and matches *pattern*, in order; hidden files too."""
    try:
        found = glob.glob(pattern, root_dir=folder, include_hidden=True)  # noqa: PTH207  Path.glob raises as the rest
    except ValueError:
        return []
    return sorted(folder / name for name in found)
