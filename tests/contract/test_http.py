"""The HTTP adapter against real servers, well and badly behaved."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy_suite.adapters.http import BODY_LIMIT_BYTES, HttpxHttp
from deploy_suite.ports import Address, HttpRequest, UnreachableError

pytestmark = pytest.mark.integration

Behaviour = Callable[[socket.socket, bytes], None]
GET = HttpRequest(method="GET", path="/")


def whole_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request or (b"POST" in request and not request.endswith(b"}")):
        request += connection.recv(65536)
    return request


@contextmanager
def serving(behaviour: Behaviour, *, path: Path | None = None) -> Iterator[Address]:
    """Answer each connection with *behaviour*, which is given the request's bytes."""
    door = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    door.bind(str(path) if path else ("127.0.0.1", 0))
    door.listen()
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with connection:
                behaviour(connection, whole_request(connection))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Address("127.0.0.1", 80, path) if path else Address(*door.getsockname())
    finally:
        ends.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()


def echoing(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Seen: yes\r\nContent-Length: %d\r\n\r\n%s" % (len(request), request))


def test_a_request_arrives_as_it_was_stated() -> None:
    with serving(echoing) as address:
        request = HttpRequest(
            method="POST", path="/a b?c=ä", headers={"host": "service.example", "X-One": "1"}, body=b'{"a":1}'
        )
        answer = HttpxHttp().request(address, request, timeout_s=5)
    lines = answer.text.split("\r\n")

    assert (answer.status, answer.headers["x-seen"]) == (200, "yes")
    assert lines[0] == "POST /a%20b?c=%C3%A4 HTTP/1.1"
    assert "host: service.example" in lines
    assert sum(line.lower().startswith("host:") for line in lines) == 1
    assert lines[-1] == '{"a":1}'


def test_a_unix_socket_is_asked_like_a_port(tmp_path: Path) -> None:
    with serving(echoing, path=tmp_path / "door") as address:
        answer = HttpxHttp().request(address, GET, timeout_s=5)

    assert answer.text.startswith("GET / HTTP/1.1\r\n")


def test_redirects_are_not_followed_and_proxies_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    def redirect(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")

    with serving(redirect) as address:
        answer = HttpxHttp().request(address, GET, timeout_s=5)

    assert (answer.status, answer.headers["location"]) == (302, "/there")


def test_an_endless_body_is_cut_at_the_limit() -> None:
    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    with serving(endless) as address:
        answer = HttpxHttp().request(address, GET, timeout_s=5)

    assert len(answer.body) == BODY_LIMIT_BYTES


MANY_DROPS = 2000  # a hundred seconds


def dripping_head(connection: socket.socket, _: bytes) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        for _at in range(MANY_DROPS):
            time.sleep(0.05)
            connection.sendall(b"x")
    except OSError:
        return


def dripping_body(connection: socket.socket, _: bytes) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _at in range(MANY_DROPS):
            time.sleep(0.05)
            connection.sendall(b"x")
    except OSError:
        return


def silent(connection: socket.socket, _: bytes) -> None:
    connection.settimeout(100)
    connection.recv(1)


@pytest.mark.parametrize("behaviour", [dripping_head, dripping_body, silent])
def test_the_deadline_holds_for_the_whole_answer(behaviour: Behaviour) -> None:
    with serving(behaviour) as address:
        began = time.monotonic()
        with pytest.raises(UnreachableError) as raised:
            HttpxHttp().request(address, GET, timeout_s=0.4)
        took = time.monotonic() - began

    assert (raised.value.reason, took < 50) == ("timeout", True)


def closing(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def cut_short(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def babbling(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


@pytest.mark.parametrize(("behaviour", "reason"), [(closing, "reset"), (cut_short, "reset"), (babbling, "protocol")])
def test_what_is_no_whole_answer_has_its_reason(behaviour: Behaviour, reason: str) -> None:
    with serving(behaviour) as address, pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(address, GET, timeout_s=5)

    assert raised.value.reason == reason


def test_a_closed_port_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError) as raised:
            HttpxHttp().request(Address(*unused.getsockname()), GET, timeout_s=5)

    assert raised.value.reason == "refused"


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/\ud800", {}), ("/a\nb", {}), ("/" + "a" * 70_000, {}), ("/", {"Cookie": "a=\ud800"}), ("/", {"X": "a\nb"})],
    ids=["half a character", "a line end", "too long", "half a character in a header", "a line end in a header"],
)
def test_what_no_request_can_carry_is_told_and_no_fault_of_the_suite(path: str, headers: dict[str, str]) -> None:
    asked = HttpRequest(method="GET", path=path, headers=headers)
    with socket.create_server(("127.0.0.1", 0)) as door, pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(Address(*door.getsockname()), asked, timeout_s=5)

    assert raised.value.reason == "protocol"


def test_letters_beyond_ascii_in_a_header_are_sent_as_utf_8() -> None:
    with serving(echoing) as address:
        asked = HttpRequest(method="GET", path="/", headers={"Cookie": "name=Jos\xe9"})
        answer = HttpxHttp().request(address, asked, timeout_s=5)

    assert b"Cookie: name=Jos\xc3\xa9\r\n" in answer.body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "proxy"), (b"", "reset")],
    ids=["407", "closes"],
)
def test_behind_a_proxy_that_lets_nobody_through_nothing_was_sent(
    answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def proxy(connection: socket.socket, request: bytes) -> None:
        seen.append(request.split(b"\r\n")[0])
        connection.sendall(answer)

    for name in ("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(proxy) as address:
        monkeypatch.setenv("https_proxy", f"http://{address.host}:{address.port}")
        with pytest.raises(UnreachableError) as raised:
            HttpxHttp().request(Address("api.example.com", 443, has_tls=True), GET, timeout_s=5)

    assert (raised.value.reason, raised.value.was_sent) == (reason, False)
    assert seen == [b"CONNECT api.example.com:443 HTTP/1.1"]
