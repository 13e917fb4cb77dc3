"""An exception by which the system says that this machine has no more of something → what, and what to do about it."""

import errno
from typing import Final

from deploy_suite.errors import MachineError, out_of_processes

_NO_THREAD: Final = "can't start new thread"  # Python has no type of its own for it
_PROCESSES: Final = out_of_processes()
_MEMORY: Final = MachineError(
    "this machine has no memory left", remedy="free memory, or raise its limit (ulimit -v; in a container: --memory)"
)
_FILES: Final = MachineError(
    "no more files can be opened on this machine at the same time",
    remedy="raise the limit, as with: ulimit -n 1024",
)
_OF_NUMBERS: Final = {
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _PROCESSES,
}


def told(error: Exception) -> MachineError | None:
    """Return what *error* says this machine lacks, None where it says no such thing."""
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return _PROCESSES
    if not isinstance(error, OSError):
        return None
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return MachineError(
            "a disk of this machine is full" + (f": {error.filename} cannot be written" if error.filename else ""),
            remedy="free space (df -h and df -i show where)",
        )
    return _OF_NUMBERS.get(error.errno or 0)
