"""Networks in which the user's processes run: this machine's own, or one with loopback only."""

import contextlib
import errno
import itertools
import os
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy_suite.adapters import temporary
from deploy_suite.adapters.supervision import Journal, Warden, no_journal
from deploy_suite.adapters.warden.wire import Unpacker
from deploy_suite.errors import MachineError
from deploy_suite.ports import Address, Network, Reach

_LOOPBACK: Final = "127.0.0.1"
_READY_WITHIN_S: Final = 10.0
_BLOCK_BYTES: Final = 65536
_AS_ROOT: Final = (("net", "mnt", "pid"), ("net", "mnt"))
_AS_ANYONE: Final = (("user", "net", "mnt", "pid"), ("user", "net", "mnt"))
_NSSWITCH: Final = Path("/etc/nsswitch.conf")


class LocalNetworks:
    """Makes networks on this machine."""

    def __init__(
        self, journal: Journal = no_journal, *, record_folder: Callable[[Path], None] = lambda _: None
    ) -> None:
        """Report each process to *journal* and each folder to *record_folder*, for the case that this run is killed."""
        self._journal = journal
        self._record_folder = record_folder
        self._lock = threading.Lock()
        self._spare: Future[_Made] | None = None
        self._was_refused = False

    def open(self, *, isolated: bool) -> AbstractContextManager[Network]:
        """Return a network; one that is asked to be isolated but cannot be says so itself."""
        return self._opened(isolated=isolated)

    @property
    def lacks_isolation(self) -> bool:
        """See `ports.Networks.lacks_isolation`."""
        return self._was_refused

    def free_port(self, preferred: int) -> int:
        """Return *preferred* if nothing listens there on this machine, else another free TCP port."""
        return preferred if _is_free(preferred) else _any_free_port()

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """See `ports.Networks.prepared`."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            self._spare = pool.submit(self._made)
            try:
                yield
            finally:
                if spare := self._taken():
                    spare.result().stack.close()

    def _taken(self) -> "Future[_Made] | None":
        with self._lock:
            spare, self._spare = self._spare, None
            return spare

    @contextmanager
    def _opened(self, *, isolated: bool) -> Iterator[Network]:
        if not isolated:
            yield OwnNetwork()
            return
        spare = self._taken()
        made = spare.result() if spare else self._made()
        if not made.network.is_isolated:
            self._was_refused = True
        with made.stack:
            yield made.network

    def _made(self) -> "_Made":
        """Return an isolated network, or this machine's own where it grants none."""
        if sys.platform != "linux":
            return _Made(OwnNetwork(), contextlib.ExitStack())
        with contextlib.ExitStack() as stack:
            folder = self._folder()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            holder = self._held(folder)
            if holder is None:
                return _Made(OwnNetwork(), stack.pop_all())
            stack.callback(holder.end)
            return _Made(IsolatedNetwork(holder, folder), stack.pop_all())

    def _folder(self) -> Path:
        """Return a new folder with a path that is short enough for sockets. Raises: MachineError."""
        name = f"deploy-network-{secrets.token_hex(6)}"
        folder = temporary.folder_for_socket(f"{name}/65535.sock") / name
        self._record_folder(folder)
        try:
            folder.mkdir(mode=0o755)
        except OSError as error:
            raise MachineError(f"cannot make {folder}: {error.strerror}", remedy="free space there") from error
        return folder

    def _held(self, folder: Path) -> "_Holder | None":
        """Return a holder of the strictest namespaces that the system grants, None when it grants none."""
        covers = _covers(folder)
        for kinds in (_AS_ROOT if os.geteuid() == 0 else ()) + _AS_ANYONE:
            holder = _Holder(kinds, covers)
            self._journal(holder.warden.pid)
            if holder.is_ready():
                return holder
            holder.end()
        return None


class OwnNetwork:
    """This machine's own network."""

    @property
    def is_isolated(self) -> bool:
        """Never."""
        return False

    def offer(self, port: int, socket: Path) -> None:
        """Do nothing: whoever answers at *socket* answers at the port too."""

    def way_in(self, port: int) -> Address:
        """Return the port itself."""
        return Address(_LOOPBACK, port)

    def reached_for(self) -> Sequence[Reach]:
        """Return nothing: here it is not seen."""
        return ()


class IsolatedNetwork:
    """Namespaces of the Linux kernel with loopback only."""

    def __init__(self, holder: "_Holder", folder: Path) -> None:
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


@dataclass(frozen=True, slots=True)
class _Made:
    """A network, and what closing `stack` ends of it."""

    network: Network
    stack: contextlib.ExitStack


class _Holder:
    """The suite's side of a network warden."""

    def __init__(self, kinds: Sequence[str], covers: Mapping[str, str]) -> None:
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


def _is_free(port: int) -> bool:
    return all(_can_bind(family, port) for family in (socket.AF_INET, socket.AF_INET6))


def _can_bind(family: socket.AddressFamily, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(("", port))
            door.listen(1)
    except OSError as error:
        return error.errno not in {errno.EADDRINUSE, errno.EACCES}
    return True


def _any_free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.bind(("", 0))
        return int(door.getsockname()[1])
