"""Marks a file as held by a living process; the kernel lets go of it however the process ends."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
