"""The lock of a service on this machine: one release at a time, from its first step to its last."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deploy_suite.errors import MachineError
from deploy_suite.ports import Ports
from deploy_suite.releases.history import history
from deploy_suite.releases.journal import Place

_HOLDER: Final = "holder.json"


class BusyError(MachineError):
    """Another process of this machine is at work on the same service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock. Shape: `since` is ISO 8601, UTC; `step` the last step of its release, "" before the first."""

    pid: int
    since: str
    command: str
    step: str = ""
    release: str = ""

    @property
    def in_words(self) -> str:
        """Who it is and what it does."""
        doing = f"last step: {self.step} of {self.release}" if self.step else "nothing is begun yet"
        return f"`{self.command}` of process {self.pid} since {self.since}; {doing}"


@contextmanager
def held(place: Place, ports: Ports, *, command: str) -> Iterator[None]:
    """Hold the service at *place*; a process that dies lets go of it. Raises: BusyError."""
    with ports.ledger.locked_at_once(place.path) as is_held:
        if not is_held:
            found = _told(place, ports)
            who = found.in_words if found else "another process"
            raise BusyError(
                f"this service is being deployed from this machine already: {who}",
                remedy="wait until it is over (deploy-suite status shows how it stands)"
                + (f", or stop it: kill -INT {found.pid}; the next command goes on from there" if found else ""),
            )
        about = {"pid": os.getpid(), "since": ports.clock.utc(), "command": command}
        ports.ledger.write(f"{place.path}/{_HOLDER}", json.dumps(about))
        yield


def holder(place: Place, ports: Ports) -> Holder | None:
    """Return who holds the service now, None where nobody does."""
    if not ports.ledger.names(place.path):
        return None
    with ports.ledger.locked_at_once(place.path) as is_free:
        return None if is_free else _told(place, ports)


def _told(place: Place, ports: Ports) -> Holder | None:
    try:
        about = json.loads(ports.ledger.read(f"{place.path}/{_HOLDER}"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(about, Mapping):
        return None
    since = str(about.get("since", ""))
    under_way = [one for one in history(place, ports).unfinished if not _is_before(one.entries[-1].time, since)]
    last = under_way[-1] if under_way else None
    return Holder(
        pid=pid if isinstance(pid := about.get("pid"), int) else 0,
        since=since,
        command=str(about.get("command", "")),
        step=last.entries[-1].step.value if last else "",
        release=last.release if last else "",
    )


def _is_before(time: datetime, since: str) -> bool:
    try:
        return time < datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return False
