"""Ask the Linux kernel for namespaces, and enter those of another process. Source: man 7 namespaces."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

_NAMESPACES = {"user": 0x10000000, "net": 0x40000000, "mnt": 0x00020000, "pid": 0x20000000}  # linux/sched.h
_ENTERED_IN_ORDER = ("user", "net", "mnt", "pid")
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000  # linux/mount.h
_PROC_FLAGS = 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, linux/if.h


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that no daemon leaves the tree."""
    if hasattr(_libc(), "prctl"):
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leave(kinds: Sequence[str]) -> None:
    """Move this process into new namespaces of *kinds*. Raises: OSError when the kernel refuses."""
    uid, gid = os.getuid(), os.getgid()
    flags = 0
    for kind in kinds:
        flags |= _NAMESPACES[kind]
    _checked(_libc().unshare(flags), f"unshare {'+'.join(kinds)}")
    if "user" in kinds:
        _keep_identity(uid, gid)


def enter(pid: int) -> None:
    """Move this process into the namespaces of *pid*; into its process ids only children follow. Raises: OSError."""
    differing = [kind for kind in _ENTERED_IN_ORDER if not _is_shared(pid, kind)]
    handles = [(kind, os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)) for kind in differing]
    for kind, handle in handles:
        _checked(_libc().setns(handle, _NAMESPACES[kind]), f"setns {kind}")
        os.close(handle)


def keep_mounts_private() -> None:
    """Keep what is mounted from now on from spreading to the rest of the machine. Raises: OSError."""
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)


def mount_proc() -> None:
    """Show the processes of this namespace at /proc. Raises: OSError."""
    _mount("proc", "/proc", "proc", _PROC_FLAGS)


def cover(target: Path, cover_: Path) -> None:
    """Let *target* show the content of *cover_*. Raises: OSError."""
    _mount(str(cover_), str(target), "", _MS_BIND)


def raise_interface(name: str) -> None:
    """Bring the network interface *name* up. Raises: OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", name.encode(), 0)
        answer = fcntl.ioctl(control, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14x", answer)[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), flags | _IFF_UP))


def _keep_identity(uid: int, gid: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _is_shared(pid: int, kind: str) -> bool:
    return os.stat(f"/proc/{pid}/ns/{kind}").st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino  # noqa: PTH116  a magic link


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    arguments = (text.encode() for text in (source, target, kind))
    _checked(_libc().mount(*arguments, flags, None), f"mount {target}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
