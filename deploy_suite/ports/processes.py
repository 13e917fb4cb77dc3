"""Commands and the processes that they become."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from deploy_suite.model.command import Command, Completed
from deploy_suite.ports.networks import Network

OUTPUT_LIMIT_BYTES: Final = 4 * 1024 * 1024


class Runner(Protocol):
    """Runs a command to its end.

    The process gets a session of its own. When the time is up, or the suite is interrupted or killed, the whole tree
    of processes ends, daemons that left the session included.
    """

    def run(
        self,
        command: Command,
        *,
        timeout_s: float,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
        network: Network | None = None,
    ) -> Completed:
        """Return what became of *command*; only a suite that cannot run anything raises (MachineError)."""

    def give_up(self) -> None:
        """End all that is run or launched, whichever thread waits for it, and start nothing more: the run is over."""

    def memory_kills(self) -> int:
        """Return how many processes the kernel has killed for want of memory since the run began."""


@dataclass(frozen=True, slots=True)
class Listener:
    """An open TCP port of a process. Shape: `address` is "0.0.0.0", "127.0.0.1", "::" and so on."""

    address: str
    port: int


class Process(Protocol):
    """A running command and all its descendants."""

    @property
    def pid(self) -> int:
        """The process id of the command itself, as this machine sees it."""

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def signal(self, number: int) -> None:
        """Send a signal to the command's process group."""

    def kill(self) -> None:
        """End the whole tree at once. Idempotent."""

    def output(self) -> str:
        """Return the log so far: head and tail of at most the limit, the middle cut out of a longer one."""

    def listeners(self) -> Sequence[Listener]:
        """Return the TCP ports on which the tree listens."""

    def memory_bytes(self) -> int:
        """Return the proportional set size of the tree (resident where the system has no such figure)."""

    def process_count(self) -> int:
        """Return how many processes the tree has."""

    def group_count(self) -> int:
        """Return how many of them are in the command's own process group, which is what a signal reaches."""

    def cpu_s(self) -> float:
        """Return the processor time that the running processes of the tree have used, in seconds."""

    def queued_s(self) -> float:
        """Return how long the threads of the tree that run now have waited for a processor, 0 where nobody tells."""


class Launcher(Protocol):
    """Starts a command that is to keep running."""

    def start(
        self,
        command: Command,
        *,
        network: Network | None = None,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
    ) -> AbstractContextManager[Process]:
        """Start *command*; leaving the context ends its whole tree, and so does the death of the suite."""
