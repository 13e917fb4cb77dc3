"""Networks in which the user's processes run."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy_suite.ports.exchange import Address


@dataclass(frozen=True, slots=True)
class Reach:
    """A host that a process wanted to reach. Shape: `port` is 0 where only the name was looked up."""

    host: str
    port: int = 0

    def __str__(self) -> str:
        """Return the address as a person writes it."""
        return f"{self.host}:{self.port}" if self.port else self.host


class Network(Protocol):
    """A network with loopback only, in which processes can be started, or this machine's own.

    Shape: `is_isolated` is false where the system grants no namespace, or the caller allowed the network.
    """

    @property
    def is_isolated(self) -> bool:
        """Whether processes in it can reach nothing but themselves and what is offered."""

    def offer(self, port: int, socket: Path) -> None:
        """Let processes inside reach the unix socket *socket* at 127.0.0.1:*port*."""

    def way_in(self, port: int) -> "Address":
        """Return where the suite reaches 127.0.0.1:*port* of the inside."""

    def reached_for(self) -> Sequence[Reach]:
        """Return what processes inside tried to reach outside, in order, each host once."""


class Networks(Protocol):
    """Makes networks."""

    def open(self, *, isolated: bool) -> AbstractContextManager[Network]:
        """Return a network; one that is asked to be isolated but cannot be says so itself."""

    def prepared(self) -> AbstractContextManager[None]:
        """Begin to make an isolated network, which is what the next one that is asked for gets."""

    @property
    def lacks_isolation(self) -> bool:
        """Whether a network was asked to be isolated, and this machine granted none."""

    def free_port(self, preferred: int) -> int:
        """Return *preferred* if nothing listens there on this machine, else another free TCP port."""
