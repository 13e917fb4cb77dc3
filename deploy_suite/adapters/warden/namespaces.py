"""Enter the namespaces of another process. Source: man 7 namespaces."""

import ctypes
import os

FLAGS = {"user": 0x10000000, "net": 0x40000000, "mnt": 0x00020000, "pid": 0x20000000}  # linux/sched.h
_ENTERED_IN_ORDER = ("user", "net", "mnt", "pid")
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that no daemon leaves the tree."""
    if hasattr(libc(), "prctl"):
        libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def enter(pid: int) -> None:
    """Move this process into the namespaces of *pid*; into its process ids only children follow. Raises: OSError."""
    differing = [kind for kind in _ENTERED_IN_ORDER if not _is_shared(pid, kind)]
    handles = [(kind, os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)) for kind in differing]
    for kind, handle in handles:
        checked(libc().setns(handle, FLAGS[kind]), f"setns {kind}")
        os.close(handle)


def _is_shared(pid: int, kind: str) -> bool:
    return os.stat(f"/proc/{pid}/ns/{kind}").st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino  # noqa: PTH116  a magic link


def libc() -> ctypes.CDLL:
    """Return the C library, which keeps the error of its last call."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError, saying *what* was wanted, where *result* is not 0."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
