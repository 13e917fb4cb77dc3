"""Copies of a snapshot, and of the tree that a build made of it."""

import shutil
from pathlib import Path, PurePosixPath
from typing import Final

_CACHES: Final = shutil.ignore_patterns(".npm", ".cache", ".config", "node-gyp", ".yarn")


def copied(source: Path, target: Path) -> Path:
    """Copy the tree *source* to *target*; nothing written to one shows in the other.

    A service in a root directory has the files around it too: Render's pages contradict each other on that, and what
    would fail for want of them proves nothing.
    Source: https://render.com/docs/monorepo-support (they are not there), and
    https://render.com/tutorials/advanced-blueprint-patterns/monorepos-and-build-filters (a build has the whole of it)
    """
    shutil.copytree(source, target, symlinks=True)
    return target


def copied_home(source: Path, target: Path) -> Path:
    """Copy the home folder of a build without what programs only cached there."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=_CACHES)
    else:
        target.mkdir(parents=True)
    return target


def linked_venv(top: Path, root: PurePosixPath, venv: Path) -> str:
    """Put `.venv` into the repository's top and the service's folder; return a note where one was in the way."""
    note = ""
    for folder in dict.fromkeys((top, top / root)):
        link = folder / ".venv"
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            note = f"the repository holds {link.relative_to(top)}; the target makes its environment in that place"
            shutil.rmtree(link) if link.is_dir() else link.unlink()
        if folder.is_dir():
            link.symlink_to(venv)
    return note
