"""The WebSocket adapter against a real server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve, unix_serve

from deploy_suite.adapters.websockets import SyncWebSockets
from deploy_suite.ports import Address, UnreachableError

pytestmark = pytest.mark.integration

Talk = Callable[[ServerConnection], None]


@contextmanager
def talking(talk: Talk, path: Path | None = None) -> Iterator[Address]:
    server = unix_serve(talk, str(path)) if path else serve(talk, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Address("service", 80, path) if path else Address(*server.socket.getsockname())
    finally:
        server.shutdown()
        thread.join()


def echo(connection: ServerConnection) -> None:
    assert connection.request is not None
    connection.send(f"{connection.request.path} {connection.request.headers['Host']}")
    for message in connection:
        connection.send(message)


def exchange(address: Address, *, receive: int, timeout_s: float = 5) -> list[str]:
    return list(
        SyncWebSockets().exchange(
            address,
            "/chat?room=1",
            headers={"host": "service.example", "Authorization": "Bearer x"},
            frames=("one", "two"),
            receive=receive,
            timeout_s=timeout_s,
        )
    )


@pytest.mark.parametrize("is_unix", [False, True])
def test_frames_are_sent_and_answers_returned(tmp_path: Path, is_unix: bool) -> None:  # noqa: FBT001
    with talking(echo, tmp_path / "door" if is_unix else None) as address:
        received = exchange(address, receive=3)

    assert received == ["/chat?room=1 service.example", "one", "two"]


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with talking(echo) as address:
        received = exchange(address, receive=1)

    assert received == ["/chat?room=1 service.example"]


def test_a_silent_server_is_given_up_at_the_deadline() -> None:
    with talking(lambda _: time.sleep(1.0)) as address:
        began = time.monotonic()
        with pytest.raises(UnreachableError) as raised:
            exchange(address, receive=1, timeout_s=0.3)
        waited = time.monotonic() - began

    assert (raised.value.reason, waited < 3) == ("timeout", True)


def test_a_server_that_closes_early_has_reset() -> None:
    with talking(lambda connection: connection.close(1011, "broken")) as address, pytest.raises(UnreachableError) as at:
        exchange(address, receive=1)

    assert (at.value.reason, "broken" in at.value.detail) == ("reset", True)


def test_a_plain_http_answer_breaks_the_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            connection, _ = door.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(UnreachableError) as raised:
            exchange(Address(*door.getsockname()), receive=1)
        thread.join()

    assert (raised.value.reason, "403" in raised.value.detail) == ("protocol", True)


def test_a_closed_port_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError) as raised:
            exchange(Address(*unused.getsockname()), receive=1)

    assert raised.value.reason == "refused"


@pytest.mark.parametrize(("path", "frame"), [("/\ud800", "one"), ("/", "\ud800")], ids=["path", "frame"])
def test_what_no_exchange_can_carry_is_told_and_no_fault_of_the_suite(path: str, frame: str) -> None:
    with talking(echo) as address, pytest.raises(UnreachableError) as raised:
        SyncWebSockets().exchange(address, path, headers={}, frames=(frame,), receive=1, timeout_s=5)

    assert raised.value.reason == "protocol"
