"""The HTTP adapter over TLS: whom it trusts, and what it says of a connection that did not come about."""

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from websockets.sync.server import serve

from deploy_suite.adapters.http import HttpxHttp
from deploy_suite.adapters.websockets import SyncWebSockets
from deploy_suite.ports import Address, HttpRequest, UnreachableError

x509 = pytest.importorskip("cryptography.x509", reason="cryptography comes with the keyring, on Linux alone")
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")

pytestmark = pytest.mark.integration

GET = HttpRequest(method="GET", path="/")


def _certificate(folder: Path, *, days: int = 1) -> Path:
    """Write a certificate for "localhost", valid for so many days from today, and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=9))
        .not_valid_after(today + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


class _Server(HTTPServer):
    def handle_error(self, *_words: object) -> None:
        """Say nothing: whom nobody trusts is left."""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return _certificate(tmp_path)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> Iterator[int]:
    with _serving(monkeypatch, certificate) as port:
        yield port


@contextmanager
def _serving(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> Iterator[int]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = _Server(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS asks its keychain whom to trust, not a variable")
def test_whom_the_system_trusts_is_asked_by_its_name(
    port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    answer = HttpxHttp().request(Address("localhost", port, has_tls=True), GET, timeout_s=5)

    assert (answer.status, answer.text) == (200, f"localhost:{port}")
    assert answer.certificate_ends is not None
    assert timedelta(hours=23) < answer.certificate_ends - datetime.now(UTC) < timedelta(days=1)


@pytest.mark.skipif(sys.platform == "darwin", reason="as above")
def test_a_certificate_that_has_expired_is_told_from_one_that_nobody_trusts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expired = _certificate(tmp_path, days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))

    with _serving(monkeypatch, expired) as port, pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(Address("localhost", port, has_tls=True), GET, timeout_s=5)

    assert (raised.value.reason, raised.value.was_sent) == ("expired", False)


@pytest.mark.skipif(sys.platform == "darwin", reason="as above")
def test_websockets_over_tls_trust_whom_the_system_trusts(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(lambda one: one.send(f"secret {one.recv(decode=True)}"), "127.0.0.1", 0, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = Address("localhost", server.socket.getsockname()[1], has_tls=True)
        talk = partial(SyncWebSockets().exchange, address, "/", headers={}, frames=("word",), receive=1, timeout_s=5.0)
        try:
            with pytest.raises(UnreachableError) as raised:
                talk()
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            heard = talk()
        finally:
            server.shutdown()
            thread.join()

    assert (raised.value.reason, list(heard)) == ("tls", ["secret word"])


@pytest.mark.skipif(sys.platform == "darwin", reason="as above")
def test_a_certificate_for_another_name_is_not_trusted(
    port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(Address("127.0.0.1", port, has_tls=True), GET, timeout_s=5)

    assert (raised.value.reason, raised.value.was_sent) == ("tls", False)


def test_a_stranger_is_told_nothing(port: int) -> None:
    with pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(Address("localhost", port, has_tls=True), GET, timeout_s=5)

    assert (raised.value.reason, raised.value.was_sent) == ("tls", False)


def test_a_host_that_lets_nobody_connect_is_given_up_after_the_time_for_connecting() -> None:
    with socket.socket() as full:  # its queue of one is full, so that the next connection is never made
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(address)
        with pytest.raises(UnreachableError) as raised:
            HttpxHttp().request(Address(*address), GET, timeout_s=20, connect_s=0.3)
        for one in waiting:
            one.close()

    assert (raised.value.reason, raised.value.was_sent) == ("timeout", False)


def test_who_refuses_was_sent_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = unused.getsockname()
    with pytest.raises(UnreachableError) as raised:
        HttpxHttp().request(Address(*address), GET, timeout_s=5)

    assert (raised.value.reason, raised.value.was_sent) == ("refused", False)
