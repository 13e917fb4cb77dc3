"""The folder of temporary files, or another one where its path is too long for the sockets below it."""

import os
import tempfile
from pathlib import Path
from typing import Final

EVERYBODYS: Final = Path("/tmp")  # noqa: S108  folders in it have random names
_LONGEST_SOCKET: Final = 100  # sun_path holds 104 bytes on macOS, 108 on Linux, the closing zero included


def folder_for_socket(name: str) -> Path:
    """Return where a socket called *name*, the folders between included, can be made."""
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual / name)) <= _LONGEST_SOCKET else EVERYBODYS
