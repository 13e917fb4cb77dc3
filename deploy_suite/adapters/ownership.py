"""Marks a file, or a folder by a file in it, as held by a living process; the kernel lets go however that ends."""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MARK: Final = "mark"
_NEWBORN_S: Final = 60  # a mark without its lock may belong to a process that is about to take it


@contextmanager
def held(mark: Path) -> Iterator[None]:
    """Hold *mark*, which is made when it is missing."""
    descriptor = os.open(mark, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """Make *folder*, whose mark is held before it can be found by its name, and yield a folder in it."""
    unnamed = unnamed_beside(folder)
    unnamed.mkdir(mode=stat.S_IRWXU)
    with held(unnamed / MARK):
        content = unnamed / "content"
        content.mkdir()
        unnamed.rename(folder)
        yield folder / content.name


def unnamed_beside(folder: Path) -> Path:
    """Return what `made` calls *folder* before its mark is held."""
    return folder.with_name(f".{folder.name}")


def abandoned(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield the folders in *parent* whose names begin with *prefix* and whose mark nobody alive holds."""
    with contextlib.suppress(OSError):
        yield from (folder for folder in parent.glob(f"{prefix}*") if is_abandoned(folder / MARK))


def is_abandoned(mark: Path) -> bool:
    """Whether nobody alive holds *mark*; false too where this cannot be told."""
    try:
        descriptor = os.open(mark, os.O_RDONLY)
    except FileNotFoundError:
        return _is_old(mark.parent)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _is_old(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_mtime > _NEWBORN_S
    return False
