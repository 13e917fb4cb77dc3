"""The file system in memory, where a machine has one with room: files come and go there ten times as fast."""

import os
from pathlib import Path
from typing import Final

# Folders in it have random names and are closed to others for writing.
PLACE: Final = Path("/dev/shm")  # noqa: S108
_LEFT_FREE_BYTES: Final = 1024 * 1024 * 1024


def folder(size_bytes: int = 0) -> Path | None:
    """Return a place for *size_bytes* more in memory, None where that would leave less than 1 GiB of it free."""
    try:
        room = os.statvfs(PLACE)
    except OSError:
        return None
    runs_programs = not room.f_flag & getattr(os, "ST_NOEXEC", 0)  # in it lie environments, and PostgreSQL itself
    has_room = room.f_bavail * room.f_frsize - size_bytes >= _LEFT_FREE_BYTES
    return PLACE if has_room and runs_programs and os.access(PLACE, os.W_OK) else None
