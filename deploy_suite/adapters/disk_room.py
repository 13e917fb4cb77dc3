"""An error for want of room → which of the places that a run writes to is meant, and what there is to do."""

import contextlib
import errno
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Final

from deploy_suite.adapters import memory
from deploy_suite.errors import MachineError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LITTLE_BYTES: Final = 256 * 1024
_FEW_FILES: Final = 16


def is_lacking(error: OSError) -> bool:
    """Whether a disk was full; shutil tells of all that it could not copy in one error, each reason as text."""
    if not isinstance(error, shutil.Error):
        return error.errno in _FULL
    reasons = (str(reason) for *_, reason in error.args[0]) if isinstance(error.args[0], list) else ()
    return any(f"[Errno {number}]" in reason for reason in reasons for number in _FULL)


def lacking(error: OSError, root: Path, *, variable: str) -> MachineError:
    """Return what is said where a run that keeps what it needs below *root*, which *variable* names, met *error*."""
    folder = _place(error, root)
    lack, look = (
        ("can hold no more files", f" (see: df -i {shlex.quote(str(folder))})")
        if _lacks_files(folder)
        else ("is full", "")
    )
    other = "TMPDIR" if folder == _temporary() else variable
    return MachineError(
        f"the disk that holds {folder} {lack}",
        remedy=f"free space there{look}, or set {other} to a folder on a larger disk",
    )


def _place(error: OSError, root: Path) -> Path:
    """Return the place that *error* names, else the first in which nothing more has room."""
    places = (root, *filter(None, (_temporary(),)), memory.PLACE)
    if isinstance(error.filename, str | os.PathLike):
        named = Path(error.filename)
        return next((place for place in places if named.is_relative_to(place)), root)
    return next((place for place in places if _lacks_bytes(place) or _lacks_files(place)), root)


def _temporary() -> Path | None:
    with contextlib.suppress(OSError):  # none may be fit for use
        return Path(tempfile.gettempdir())
    return None


def _lacks_bytes(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize < _LITTLE_BYTES
    return False


def _lacks_files(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        room = os.statvfs(folder)
        return bool(room.f_files) and room.f_favail < _FEW_FILES  # some file systems count none
    return False
