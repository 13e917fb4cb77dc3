"""Join unix sockets, which cross network namespaces, and TCP ports, which do not."""

import socket
import threading
from collections.abc import Callable

_BLOCK_BYTES = 262144
_BACKLOG = 512
_LOOPBACK = "127.0.0.1"

Connect = Callable[[], socket.socket]


def let_out(port: int, target: str) -> None:
    """Accept at 127.0.0.1:*port*, and join each connection with the unix socket *target*. Raises: OSError."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((_LOOPBACK, port))
    _open(door, lambda: _to_unix(target))


def let_in(door_path: str, port: int) -> None:
    """Accept at the unix socket *door_path*, and join each connection with 127.0.0.1:*port*. Raises: OSError."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(door_path)
    _open(door, lambda: _to_port(port))


def _open(door: socket.socket, connect: Connect) -> None:
    door.listen(_BACKLOG)
    _begin(_serve, door, connect)


def _serve(door: socket.socket, connect: Connect) -> None:
    while True:
        try:
            near, _ = door.accept()
        except OSError:  # out of descriptors, or a client that has gone again
            continue
        _begin(_join, near, connect)


def _join(near: socket.socket, connect: Connect) -> None:
    """Copy both ways until both sides have said their last."""
    with near:
        try:
            far = connect()
        except OSError:
            return
        with far:
            _without_delay(near)
            _without_delay(far)
            back = _begin(_copy, far, near)
            _copy(near, far)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until *source* ends, and pass its end on; an abort of either side aborts both."""
    buffer = bytearray(_BLOCK_BYTES)
    view = memoryview(buffer)
    try:
        while size := source.recv_into(buffer):
            sink.sendall(view[:size])
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, sink):
            _abort(each)


def _abort(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended already
        return


def _to_unix(target: str) -> socket.socket:
    far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        far.connect(target)
    except OSError:
        far.close()
        raise
    return far


def _to_port(port: int) -> socket.socket:
    try:
        return socket.create_connection((_LOOPBACK, port))
    except ConnectionRefusedError:
        return socket.create_connection(("::1", port))


def _without_delay(connection: socket.socket) -> None:
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _begin(task: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=task, args=arguments, daemon=True)
    thread.start()
    return thread
