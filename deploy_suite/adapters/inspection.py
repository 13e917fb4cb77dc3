"""Look at running processes from outside: their ports and their memory."""

import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from deploy_suite.ports import Listener

_PROC: Final = Path("/proc")
_LISTENING: Final = "0A"  # include/net/tcp_states.h
_KIBIBYTE: Final = 1024


def listeners(processes: Iterable[psutil.Process]) -> Sequence[Listener]:
    """Return the TCP ports on which *processes* listen, each once, whichever network namespace they are in."""
    found: dict[Listener, None] = {}
    for process in processes:
        for listener in _listeners_of(process):
            found[listener] = None
    return tuple(found)


def memory_bytes(processes: Iterable[psutil.Process]) -> int:
    """Return the memory of *processes*, pages that several of them share counted once in all."""
    return sum(_proportional_bytes(process) for process in processes)


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time that *processes* have used, in seconds."""
    return sum(_cpu_s(process) for process in processes)


def queued_s(processes: Iterable[psutil.Process]) -> float:
    """Return how long the threads of *processes* were ready to run and had to wait, in seconds; 0 but on Linux.

    Source: https://docs.kernel.org/scheduler/sched-stats.html
    """
    return sum(map(_queued_ns, processes)) / 1e9


def alive(processes: Iterable[psutil.Process]) -> tuple[psutil.Process, ...]:
    """Return those of *processes* that run; one that has ended and not been waited for does not."""
    return tuple(process for process in processes if _runs(process))


def _listeners_of(process: psutil.Process) -> Iterable[Listener]:
    if (_PROC / str(process.pid) / "net").exists():
        return _listeners_by_proc(process.pid)
    try:
        return [
            Listener(str(each.laddr[0]), int(each.laddr[1]))
            for each in process.net_connections(kind="tcp")
            if each.status == psutil.CONN_LISTEN
        ]
    except psutil.Error:
        return ()


def _listeners_by_proc(pid: int) -> Iterable[Listener]:
    sockets = _sockets(pid)
    if not sockets:
        return
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in _lines(_PROC / str(pid) / "net" / name):
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in sockets:
                yield _listener(fields[1], family)


def _sockets(pid: int) -> frozenset[str]:
    """Return the inode numbers of the sockets that *pid* holds open."""
    try:
        targets = [_target(handle) for handle in (_PROC / str(pid) / "fd").iterdir()]
    except OSError:
        return frozenset()
    return frozenset(target[len("socket:[") : -1] for target in targets if target.startswith("socket:["))


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except OSError:
        return ""


def _lines(table: Path) -> Sequence[str]:
    try:
        return table.read_text().splitlines()[1:]
    except OSError:
        return ()


def _listener(local: str, family: socket.AddressFamily) -> Listener:
    """Return what the kernel writes as "0100007F:2710": 32-bit words in this machine's byte order, and a port."""
    address, port = local.split(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return Listener(socket.inet_ntop(family, packed), int(port, 16))


def _proportional_bytes(process: psutil.Process) -> int:
    for line in _lines(_PROC / str(process.pid) / "smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIBIBYTE
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _queued_ns(process: psutil.Process) -> int:
    waited = 0
    for file in (_PROC / str(process.pid) / "task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # a thread that has ended meanwhile
            waited += int(file.read_text().split()[1])
    return waited


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
