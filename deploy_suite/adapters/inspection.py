"""Look at running processes from outside: their ports, their memory, and what they use of the processor."""

import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

import psutil

from deploy_suite.adapters.process_tree import HAS_PROC
from deploy_suite.ports import Listener

_LISTENING: Final = "0A"  # include/net/tcp_states.h
_TABLES: Final = (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6))
_COUNTS: Final = ("sockstat", "sockstat6")
_IN_USE: Final = 2  # "TCP: inuse 3 orphan 0 …"
_LOOKED_AGAIN_AFTER_S: Final = 0.25
_KIBIBYTE: Final = 1024
_ZOMBIE: Final = b"Z"
# Fields of /proc/PID/stat after the name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
_STATE, _USER_TICKS, _SYSTEM_TICKS = 0, 11, 12


class PortWatch:
    """The TCP ports on which the processes of one tree listen, whichever network namespace they are in.

    To write its tables of connections takes the kernel some 3 ms each, for it goes through all that there could be.
    They are read again when a process opened or closed a socket, when their count changed, or after a while.
    """

    def __init__(self) -> None:
        """Begin with none seen."""
        self._known: tuple[Listener, ...] = ()
        self._state: object = None
        self._looked_s = 0.0

    def listeners(self, pids: Sequence[int]) -> Sequence[Listener]:
        """Return the ports on which the processes *pids* listen now, each once."""
        if not HAS_PROC:
            return tuple(dict.fromkeys(listener for pid in pids for listener in _told_of(pid)))
        sockets = {pid: found for pid in pids if (found := _sockets(pid))}
        state = sockets, [_count(pid, name) for pid in sockets for name in _COUNTS]
        if state != self._state or time.monotonic() - self._looked_s > _LOOKED_AGAIN_AFTER_S:
            self._known = tuple(dict.fromkeys(one for pid in sockets for one in _listeners(pid, sockets[pid])))
            self._state, self._looked_s = state, time.monotonic()
        return self._known


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of the processes *pids*, pages that several of them share counted once in all."""
    return sum(map(_proportional_bytes, pids))


def cpu_s(pids: Iterable[int]) -> float:
    """Return the processor time that the processes *pids* have used, in seconds."""
    return sum(map(_cpu_s, pids))


def queued_s(pids: Iterable[int]) -> float:
    """Return how long the threads of *pids* were ready to run and had to wait, in seconds; 0 but on Linux.

    Source: https://docs.kernel.org/scheduler/sched-stats.html
    """
    return sum(map(_queued_ns, pids)) / 1e9


def alive(pids: Iterable[int]) -> tuple[int, ...]:
    """Return those of *pids* that run; a process that has ended and not been waited for does not."""
    return tuple(pid for pid in pids if _runs(pid))


def _told_of(pid: int) -> Sequence[Listener]:
    with suppress(psutil.Error):
        return [
            Listener(str(each.laddr[0]), int(each.laddr[1]))
            for each in psutil.Process(pid).net_connections(kind="tcp")
            if each.status == psutil.CONN_LISTEN
        ]
    return ()


def _listeners(pid: int, sockets: frozenset[str]) -> Iterator[Listener]:
    for name, family in _TABLES:
        for line in _text(f"/proc/{pid}/net/{name}").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in sockets:
                yield _listener(fields[1], family)


def _count(pid: int, name: str) -> str:
    """Return how many sockets of TCP are in use where the process *pid* is."""
    lines = (line.split() for line in _text(f"/proc/{pid}/net/{name}").splitlines())
    return next((fields[_IN_USE] for fields in lines if fields and fields[0].startswith("TCP")), "")


def _sockets(pid: int) -> frozenset[str]:
    """Return the inode numbers of the sockets that the process *pid* holds open."""
    folder = f"/proc/{pid}/fd"
    try:
        targets = [_target(f"{folder}/{handle}") for handle in os.listdir(folder)]  # noqa: PTH208  asked for often
    except OSError:
        return frozenset()
    return frozenset(target[len("socket:[") : -1] for target in targets if target.startswith("socket:["))


def _target(handle: str) -> str:
    try:
        return os.readlink(handle)  # noqa: PTH115  likewise
    except OSError:
        return ""


def _text(file: str) -> str:
    """Return what the kernel writes into *file*, "" when there is none."""
    with suppress(OSError), open(file, encoding="utf-8", errors="replace") as opened:  # noqa: PTH123  likewise
        return opened.read()
    return ""


def _listener(local: str, family: socket.AddressFamily) -> Listener:
    """Return what the kernel writes as "0100007F:2710": 32-bit words in this machine's byte order, and a port."""
    address, port = local.split(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return Listener(socket.inet_ntop(family, packed), int(port, 16))


def _proportional_bytes(pid: int) -> int:
    for line in _text(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIBIBYTE
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _cpu_s(pid: int) -> float:
    if HAS_PROC:
        fields = _status(pid)
        return sum(int(fields[at]) for at in (_USER_TICKS, _SYSTEM_TICKS) if fields) / os.sysconf("SC_CLK_TCK")
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def _queued_ns(pid: int) -> int:
    waited = 0
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  likewise
            fields = _text(f"/proc/{pid}/task/{thread}/schedstat").split()
            waited += int(fields[1]) if len(fields) > 1 else 0
    return waited


def _runs(pid: int) -> bool:
    if HAS_PROC:
        fields = _status(pid)
        return bool(fields) and fields[_STATE] != _ZOMBIE
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def _status(pid: int) -> list[bytes]:
    """Return the fields of the process after its name, none when it has gone."""
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as status:  # noqa: PTH123  likewise
        return status.read().rpartition(b")")[2].split()
    return []
