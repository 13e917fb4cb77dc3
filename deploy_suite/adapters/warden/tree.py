"""Find and end everything that was started below this process."""

import os
import signal
import time
from collections.abc import Iterable, Mapping

_END_WITHIN_S = 10.0
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05
_INIT = 1

_led: set[int] = set()


def take_orphans_of(group: int) -> None:
    """Count orphans of the process *group* as children of this process, also where the system does not (macOS)."""
    _led.add(group)


def descendants() -> set[int]:
    """Return the processes below this one, those that nobody has waited for included."""
    return set(below(os.getpid()))


def below(pid: int) -> dict[int, int]:
    """Return the processes below *pid*, each with its parent."""
    parents = _parents()
    found: dict[int, int] = {}
    latest = {pid}
    while latest := {each for each, parent in parents.items() if parent in latest} - found.keys():
        found |= {each: parents[each] for each in latest}
    return found


def groups(pids: Iterable[int]) -> set[int]:
    """Return the process groups that *pids* form."""
    return {group for group in map(_group, pids) if group is not None}


def end(*, within_s: float = _END_WITHIN_S) -> bool:
    """Kill everything below this process and wait for it; whether all of it has gone.

    Parents come first: a shell whose child is killed would write so into the log.
    """
    deadline = time.monotonic() + within_s
    pause_s = _FIRST_PAUSE_S
    while remaining := below(os.getpid()):
        for pid in remaining:
            _kill(pid)
        reap()
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
    return True


def reap() -> dict[int, int]:
    """Return the exit codes of the children that have ended, negative for a signal."""
    codes: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return codes
        if pid == 0:
            return codes
        codes[pid] = os.waitstatus_to_exitcode(status)


def _parents() -> Mapping[int, int]:
    """Return the parent of each process of this machine."""
    if not os.path.exists("/proc/self/stat"):  # noqa: PTH110  pathlib takes as long to import as all else here
        return _parents_by_ps()
    return {
        int(entry): parent
        for entry in os.listdir("/proc")  # noqa: PTH208  called often: names are enough
        if entry.isdigit() and (parent := _parent(entry)) is not None
    }


def _parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123  called for every process of the machine
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _parents_by_ps() -> Mapping[int, int]:
    import subprocess  # noqa: PLC0415  Linux lists its processes itself, and each warden would wait for the import

    columns = ["ps", "-axo", "pid=,ppid=,pgid=,stat="]
    with subprocess.Popen(columns, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as ps:
        listing, _ = ps.communicate()
    rows = [line.split() for line in listing.splitlines()]
    # It lists itself, a child of this process that has ended by now.
    parents = {int(row[0]): int(row[1]) for row in rows if int(row[1]) and int(row[0]) != ps.pid}
    return parents | dict.fromkeys(_orphans(rows, parents), os.getpid())


def _orphans(rows: Iterable[list[bytes]], parents: Mapping[int, int]) -> list[int]:
    """Return the orphans of the groups that are led from here; a leader of another parent has the number anew."""
    own = {group for group in _led if parents.get(group, os.getpid()) == os.getpid()}
    return [
        int(pid)
        for pid, parent, group, state in rows
        if int(parent) == _INIT and int(group) in own and not state.startswith(b"Z")
    ]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
