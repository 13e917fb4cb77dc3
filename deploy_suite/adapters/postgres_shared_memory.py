"""The shared memory that a server which was killed leaves to the machine: a few bytes, of which macOS grants 32.

Source: https://www.postgresql.org/docs/18/kernel-resources.html#SYSVIPC-PARAMETERS
"""

import contextlib
import shutil
from pathlib import Path
from typing import Final

_NOTE: Final = "postmaster.pid"
_LINE: Final = 7  # "key id"; https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
_REMOVE: Final = 0  # IPC_RMID of sys/ipc.h, on Linux and macOS


def note(data: Path, folder: Path) -> None:
    """Keep in *folder* what the server on *data* says of its shared memory; *data* may be gone when it is needed."""
    with contextlib.suppress(OSError):
        shutil.copyfile(data / _NOTE, folder / _NOTE)


def free(folder: Path) -> None:
    """Give back the shared memory of ended servers: of the one noted in *folder*, and of those with data in it.

    One that stopped by itself left none, and one that was killed while it started left no note.
    """
    for file in (folder / _NOTE, *folder.glob(f"*/{_NOTE}")):
        _free_named_in(file)


def _free_named_in(file: Path) -> None:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        key, number = map(int, lines[_LINE - 1].split())
    except (OSError, ValueError, IndexError):
        return
    import ctypes  # noqa: PLC0415  only what was killed needs it

    library = ctypes.CDLL(None, use_errno=True)
    if library.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == number:  # a number is given to others again
        library.shmctl(number, _REMOVE, None)
