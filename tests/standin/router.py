"""The public port of a service: a reverse proxy that passes each request to the instance that is live.

One request a connection, as HTTP/1.1 allows: so each one reaches the instance that is live at its moment, and a
WebSocket stays with the one it began with, as on the platform.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from typing import Final

_CONNECTION: Final = re.compile(rb"\r\n(?:connection|keep-alive|x-forwarded-\w+):[^\r]*", re.IGNORECASE)
_UPGRADE: Final = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_BAD_GATEWAY: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 12\r\nConnection: close\r\n\r\nBad Gateway\n"
_HEAD: Final = 65536


class Router:
    """Passes what comes to `port` on to `backend`, a port of this machine; answers 502 without one."""

    def __init__(self, port: int = 0) -> None:
        """Listen at once, on *port* or one that the system chooses."""
        self.backend = 0
        self._door = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = int(self._door.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and cut what is open."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with self._known(client), contextlib.suppress(OSError):
            head, rest = _head(client)
            if not head:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.backend), timeout=5) if self.backend else None
            except OSError:
                server = None
            if server is None:
                client.sendall(_BAD_GATEWAY)
                return
            with self._known(server):
                server.settimeout(None)
                server.sendall(_forwarded(head) + rest)
                back = threading.Thread(target=_pump, args=(client, server), daemon=True)
                back.start()
                _pump(server, client)
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                back.join()

    @contextlib.contextmanager
    def _known(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    read = b""
    while b"\r\n\r\n" not in read and len(read) < _HEAD:
        block = client.recv(65536)
        if not block:
            return b"", b""
        read += block
    head, _, rest = read.partition(b"\r\n\r\n")
    return head, rest


def _forwarded(head: bytes) -> bytes:
    if _UPGRADE.search(head):
        return head + b"\r\n\r\n"
    more = b"\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n\r\n"
    return _CONNECTION.sub(b"", head) + more


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)
