"""Networks in which the user's processes run: this machine's own, or one with loopback only."""

import contextlib
import errno
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.adapters import namespaces, temporary
from deploy_suite.adapters.supervision import Journal, no_journal
from deploy_suite.errors import MachineError
from deploy_suite.ports import Address, Network, Reach

_LOOPBACK: Final = "127.0.0.1"


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
            holder = namespaces.held(folder, self._journal)
            if holder is None:
                return _Made(OwnNetwork(), stack.pop_all())
            stack.callback(holder.end)
            return _Made(namespaces.IsolatedNetwork(holder, folder), stack.pop_all())

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


@dataclass(frozen=True, slots=True)
class _Made:
    """A network, and what closing `stack` ends of it."""

    network: Network
    stack: contextlib.ExitStack


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
