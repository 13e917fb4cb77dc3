"""Faults on demand: which call fails, how, how often, and whether it was carried out all the same."""

import socket
import struct
import threading
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("429", "500", "502", "503", "timeout", "reset", "half-closed", "empty", "garbage")

REFUSALS: Final = ("400", "401", "402", "403", "404", "409", "410")


@dataclass(kw_only=True)
class Fault:
    """A fault of one operation ("create-deploy", …, "*" for all).

    Shape: it happens *times* times, -1 for ever, and only while the latest deploy has the status *during* where that is
    given; with `is_carried_out` the call does what it should, and its answer is lost.
    """

    operation: str
    kind: str
    times: int = 1
    during: str = ""
    is_carried_out: bool = False
    retry_after: str = "0"


class Faults:
    """The faults that are to come."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.happened: list[tuple[str, str]] = []

    def add(self, fault: Fault) -> None:
        """Let *fault* happen."""
        if fault.kind not in {*KINDS, *REFUSALS}:
            raise ValueError(f"no kind of fault: {fault.kind}")
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self._faults.clear()

    def take(self, operation: str, status: str) -> Fault | None:
        """Return the fault that is to happen to *operation* now."""
        with self._lock:
            for fault in self._faults:
                if fault.operation in {operation, "*"} and fault.during in {"", status} and fault.times:
                    fault.times -= 1
                    self.happened.append((operation, fault.kind))
                    return fault
        return None


def cut(connection: socket.socket) -> None:
    """Reset *connection*: the other side reads ECONNRESET."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
