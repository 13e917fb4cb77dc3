"""Run the user's commands, each under a warden of its own."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from deploy_suite.adapters import inspection, memory_kills, process_tree
from deploy_suite.adapters.namespaces import holder_of
from deploy_suite.adapters.running import LAST_OUTPUT_S, Supervision, supervised
from deploy_suite.adapters.supervision import Journal, Roster, no_journal
from deploy_suite.adapters.transcript import Transcript
from deploy_suite.model.command import Command, Completed
from deploy_suite.ports import OUTPUT_LIMIT_BYTES, Listener, Network, Process


class WardenedRunner:
    """Runs a command to its end, and ends all that the command leaves behind."""

    def __init__(self, journal: Journal = no_journal, roster: Roster | None = None) -> None:
        """Report the id of each process to *journal*, and enter its warden in *roster*."""
        self._journal = journal
        self._roster = roster or Roster()
        self._killed_before = memory_kills.counted()

    def run(
        self,
        command: Command,
        *,
        timeout_s: float,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
        network: Network | None = None,
    ) -> Completed:
        """Return what became of *command*; its exit ends the processes that it leaves running."""
        began_s = time.monotonic()
        out, err = Transcript(output_limit_bytes), Transcript(output_limit_bytes)
        with supervised(
            command, (out, err), network=network, journal=self._journal, roster=self._roster
        ) as supervision:
            code = supervision.finished(began_s + timeout_s)
        return Completed(code=code, out=out.text(), err=err.text(), seconds=time.monotonic() - began_s)

    def give_up(self) -> None:
        """End all that is on the roster, and start nothing more."""
        self._roster.give_up()

    def memory_kills(self) -> int:
        """See `ports.Runner.memory_kills`."""
        return memory_kills.counted() - self._killed_before


class WardenedLauncher:
    """Starts commands that are to keep running."""

    def __init__(self, journal: Journal = no_journal, roster: Roster | None = None) -> None:
        """Report the id of each process to *journal*, and enter its warden in *roster*."""
        self._journal = journal
        self._roster = roster or Roster()

    def start(
        self,
        command: Command,
        *,
        network: Network | None = None,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
    ) -> AbstractContextManager[Process]:
        """Start *command*, both of its streams in one log; leaving the context ends its whole tree."""
        return self._running(command, network, output_limit_bytes)

    @contextmanager
    def _running(self, command: Command, network: Network | None, limit_bytes: int) -> Iterator[Process]:
        log = Transcript(limit_bytes)
        with supervised(
            command, (log,), network=network, journal=self._journal, roster=self._roster, lingers=True
        ) as supervision:
            reading = threading.Thread(target=supervision.follow, name="log", daemon=True)
            reading.start()
            supervision.begun.wait()
            try:
                supervision.raise_if_hindered()
                yield WardenedProcess(supervision, log, is_inside=holder_of(network) is not None)
            finally:
                supervision.warden.end()
                reading.join(LAST_OUTPUT_S)


class WardenedProcess:
    """A running command and all its descendants."""

    def __init__(self, supervision: Supervision, log: Transcript, *, is_inside: bool) -> None:
        """Look at the command under *supervision*; `is_inside` a namespace the process ids differ."""
        self._supervision = supervision
        self._log = log
        self._is_inside = is_inside
        self._pid = 0 if is_inside else supervision.started_pid
        self._port_watch = inspection.PortWatch()

    @property
    def pid(self) -> int:
        """The process id of the command itself, as this machine sees it; 0 when it never started."""
        if not self._pid and self._supervision.started_pid:
            self._pid = next((pid for pid in self._members() if _id_inside(pid) == self._supervision.started_pid), 0)
        return self._pid

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._supervision.code

    def signal(self, number: int) -> None:
        """Send a signal to the command's process group."""
        self._supervision.warden.tell({"signal": int(number)})

    def kill(self) -> None:
        """End the whole tree at once. Idempotent."""
        self._supervision.warden.end()

    def output(self) -> str:
        """Return the log so far."""
        return self._log.text()

    def listeners(self) -> Sequence[Listener]:
        """Return the TCP ports on which the tree listens."""
        return self._port_watch.listeners(self._members(roughly=True))

    def memory_bytes(self) -> int:
        """Return the proportional set size of the tree."""
        return inspection.memory_bytes(self._members())

    def process_count(self) -> int:
        """Return how many processes of the tree run."""
        return len(inspection.alive(self._members(roughly=True) or self._members()))

    def group_count(self) -> int:
        """Return how many of them are in the command's own process group, which is what a signal reaches."""
        group = self._supervision.started_pid
        return sum(_group_inside(pid) == group for pid in inspection.alive(self._members()))

    def cpu_s(self) -> float:
        """Return the processor time that the running processes of the tree have used, in seconds."""
        return inspection.cpu_s(self._members(roughly=True))

    def queued_s(self) -> float:
        """See `ports.Process.queued_s`."""
        return inspection.queued_s(self._members())

    def _members(self, *, roughly: bool = False) -> tuple[int, ...]:
        warden = self._supervision.warden.pid
        below = process_tree.below(warden, roughly=roughly)
        return tuple(pid for pid, parent in below.items() if not (self._is_inside and parent == warden))


def _id_inside(pid: int, *, of: str = "NSpid:") -> int:
    """Return the id that process *pid* has in its innermost namespace, or its group with NSpgid; 0 when unknown."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:  # noqa: PTH123  read line by line
            return next((int(line.split()[-1]) for line in status if line.startswith(of)), 0)
    except OSError:
        return 0


def _group_inside(pid: int) -> int:
    """Return the process group of *pid* as it is called in its innermost namespace; 0 once it has gone."""
    try:
        return _id_inside(pid, of="NSpgid:") or os.getpgid(pid)
    except ProcessLookupError:
        return 0
