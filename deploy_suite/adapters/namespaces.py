"""Linux namespaces with loopback only, in which the user's processes run, and the process that holds them."""

import contextlib
import itertools
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy_suite.adapters.supervision import Journal, Warden
from deploy_suite.adapters.warden.wire import Unpacker
from deploy_suite.errors import MachineError
from deploy_suite.ports import Address, Network, Reach

_LOOPBACK: Final = "127.0.0.1"
_READY_WITHIN_S: Final = 10.0
_BLOCK_BYTES: Final = 65536
_AS_ROOT: Final = (("net", "mnt", "pid"), ("net", "mnt"))
_AS_ANYONE: Final = (("user", "net", "mnt", "pid"), ("user", "net", "mnt"))
_NSSWITCH: Final = Path("/etc/nsswitch.conf")


def held(folder: Path, journal: Journal) -> "Holder | None":
    """Return a holder of the strictest namespaces that the system grants, None when it grants none."""
    covers = _covers(folder)
    for kinds in (_AS_ROOT if os.geteuid() == 0 else ()) + _AS_ANYONE:
        holder = Holder(kinds, covers)
        journal(holder.warden.pid)
        if holder.is_ready():
            return holder
        holder.end()
    return None


class IsolatedNetwork:
    """Namespaces of the Linux kernel with loopback only."""

    def __init__(self, holder: "Holder", folder: Path) -> None:
        """Use the namespaces of *holder*; keep sockets in *folder*."""
        self._holder = holder
        self._folder = folder
        self._ways_in: dict[int, Address] = {}
        self._lock = threading.Lock()

    @property
    def is_isolated(self) -> bool:
        """Always."""
        return True

    @property
    def holder(self) -> int:
        """The process whose namespaces these are."""
        return self._holder.pid

    def offer(self, port: int, socket: Path) -> None:
        """Let processes inside reach the unix socket *socket* at 127.0.0.1:*port*. Raises: MachineError."""
        self._holder.ask({"let_out": port, "socket": str(socket)})

    def way_in(self, port: int) -> Address:
        """Return where the suite reaches 127.0.0.1:*port* of the inside. Raises: MachineError."""
        with self._lock:
            if port not in self._ways_in:
                door = self._folder / f"{port}.sock"
                self._holder.ask({"let_in": port, "socket": str(door)})
                self._ways_in[port] = Address(_LOOPBACK, port, door)
            return self._ways_in[port]

    def reached_for(self) -> Sequence[Reach]:
        """Return what processes inside tried to reach outside, in order, each host once."""
        return tuple(self._holder.reached)


class Holder:
    """The suite's side of a network warden."""

    def __init__(self, kinds: Sequence[str], covers: Mapping[str, str]) -> None:
        """Begin to make namespaces of these *kinds*; inside, files of *covers* stand in for those of this machine."""
        self.warden = Warden("network")
        self.pid = 0
        self.reached: list[Reach] = []
        self._numbers = itertools.count(1)
        self._answers: dict[int, str] = {}
        self._news = threading.Condition()
        self._state = ""
        self.warden.tell({"kinds": kinds, "covers": covers})
        self._listening = threading.Thread(target=self._listen, name="network", daemon=True)
        self._listening.start()

    def is_ready(self) -> bool:
        """Return whether the namespaces stand, waiting for it."""
        with self._news:
            self._news.wait_for(self._is_settled, _READY_WITHIN_S)
            return self._state == "ready" and self.pid != 0

    def _is_settled(self) -> bool:
        """Return whether both have spoken: the process inside says that it is ready, the one outside which it is."""
        return self._state in {"failed", "gone"} or (self._state == "ready" and self.pid != 0)

    def ask(self, message: Mapping[str, object]) -> None:
        """Have *message* obeyed. Raises: MachineError."""
        number = next(self._numbers)
        self.warden.tell({**message, "number": number})
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._state == "gone", _READY_WITHIN_S)
            failure = self._answers.get(number, "no answer came")
        if failure:
            raise MachineError(f"the isolated network cannot be furnished: {failure}")

    def end(self) -> None:
        """End the namespaces with all that runs in them."""
        self.warden.end()
        self._listening.join(_READY_WITHIN_S)
        self.warden.release()

    def _listen(self) -> None:
        events = Unpacker()
        while block := os.read(self.warden.events, _BLOCK_BYTES):
            with self._news:
                for event in events.fed(block):
                    self._note(event)
                self._news.notify_all()
        with self._news:
            self._state = "gone"
            self._news.notify_all()

    def _note(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"holder": pid}:
                self.pid = pid
            case {"ready": _}:
                self._state = "ready"
            case {"failed": _, "doing": doing, "number": number}:
                self._answers[number] = doing
                self._state = self._state or "failed"
            case {"done": number}:
                self._answers[number] = ""
            case {"reached": host, "port": port}:
                self.reached.append(Reach(host, port))
            case _:
                pass


def holder_of(network: Network | None) -> int | None:
    """Return the process whose namespaces make up *network*, None for this machine's own."""
    return network.holder if isinstance(network, IsolatedNetwork) else None


def _covers(folder: Path) -> Mapping[str, str]:
    """Return the files that stand in, inside, for those of this machine: names are looked up by ourselves alone."""
    contents = {
        "/etc/resolv.conf": f"nameserver {_LOOPBACK}\noptions attempts:1 timeout:2\n",
        "/etc/hosts": f"{_LOOPBACK} localhost {socket.gethostname()}\n::1 localhost ip6-localhost\n",
        str(_NSSWITCH): _switch(),
    }
    covers = {}
    for target, content in contents.items():
        file = folder / Path(target).name
        file.write_text(content, encoding="utf-8")
        file.chmod(0o644)
        covers[target] = str(file)
    return covers


def _switch() -> str:
    """Return this machine's order of look-ups, without the services that would answer from outside."""
    with contextlib.suppress(OSError):
        lines = _NSSWITCH.read_text(encoding="utf-8").splitlines()
        return "".join(f"{line}\n" for line in lines if not line.startswith("hosts:")) + "hosts: files dns\n"
    return "hosts: files dns\n"
