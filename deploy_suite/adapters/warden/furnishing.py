"""Leave this process's namespaces for new ones, and furnish these. Source: man 7 namespaces, man 2 mount."""

import fcntl
import os
import socket
import struct
from collections.abc import Sequence

from deploy_suite.adapters.warden.namespaces import FLAGS, checked, libc

_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000  # linux/mount.h
_PROC_FLAGS = 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, linux/if.h


def leave(kinds: Sequence[str]) -> None:
    """Move this process into new namespaces of *kinds*. Raises: OSError when the kernel refuses."""
    uid, gid = os.getuid(), os.getgid()
    flags = 0
    for kind in kinds:
        flags |= FLAGS[kind]
    checked(libc().unshare(flags), f"unshare {'+'.join(kinds)}")
    if "user" in kinds:
        _keep_identity(uid, gid)


def keep_mounts_private() -> None:
    """Keep what is mounted from now on from spreading to the rest of the machine. Raises: OSError."""
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)


def mount_proc() -> None:
    """Show the processes of this namespace at /proc. Raises: OSError."""
    _mount("proc", "/proc", "proc", _PROC_FLAGS)


def cover(target: str, cover_: str) -> None:
    """Let *target* show the content of *cover_*. Raises: OSError."""
    _mount(cover_, target, "", _MS_BIND)


def raise_interface(name: str) -> None:
    """Bring the network interface *name* up. Raises: OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", name.encode(), 0)
        answer = fcntl.ioctl(control, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14x", answer)[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), flags | _IFF_UP))


def _keep_identity(uid: int, gid: int) -> None:
    for name, content in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123  pathlib takes a warden too long to import
            file.write(content)


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    arguments = (text.encode() for text in (source, target, kind))
    checked(libc().mount(*arguments, flags, None), f"mount {target}")
