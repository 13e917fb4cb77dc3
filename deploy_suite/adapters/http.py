"""Ask over HTTP, with httpx."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self

import httpx

from deploy_suite.ports import Address, HttpRequest, HttpResponse, UnreachableError

BODY_LIMIT_BYTES: Final = 1024 * 1024
_AGENT: Final = "deploy-suite/0.1"


class HttpxHttp:
    """Asks over HTTP/1.1, a connection for each request, as the probes of a platform do."""

    def request(self, address: Address, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Return the answer. Raises: UnreachableError when no whole answer came within *timeout_s* in all."""
        began_s = time.monotonic()
        with _Deadline(timeout_s) as deadline, _translated(deadline), _transport(address) as transport:
            wanted = _wanted(address, request, deadline)
            answer = transport.handle_request(wanted)
            with contextlib.closing(answer):
                body = _body(answer)
            return HttpResponse(
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                body=body,
                elapsed_ms=(time.monotonic() - began_s) * 1000,
            )


class _Deadline:
    """Cuts a connection when the time is up: httpx limits each wait, and a slow drip of bytes has many."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, event: str, details: Mapping[str, Any]) -> None:
        """Take note of the connection when httpcore has made it."""
        if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            self._connection = details["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        self.is_over = True
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _translated(deadline: _Deadline) -> Iterator[None]:
    try:
        yield
    except (httpx.TimeoutException, httpx.TransportError) as error:
        if deadline.is_over or isinstance(error, httpx.TimeoutException):
            raise UnreachableError("timeout", f"no whole answer within {deadline.seconds:g} s") from error
        raise UnreachableError(_reason(error), str(error) or type(error).__name__) from error
    if deadline.is_over:
        raise UnreachableError("timeout", f"no whole answer within {deadline.seconds:g} s")


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if isinstance(error, httpx.NetworkError) or "disconnected" in str(error) or "peer closed" in str(error):
        return "reset"
    return "protocol"


def _transport(address: Address) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(
        verify=False,  # the addresses have no TLS
        trust_env=False,
        uds=str(address.socket) if address.socket else None,
    )


def _wanted(address: Address, request: HttpRequest, deadline: _Deadline) -> httpx.Request:
    headers = {"Host": f"{address.host}:{address.port}", "User-Agent": _AGENT, "Accept": "*/*", "Connection": "close"}
    for name, value in request.headers.items():
        headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()} | {name: value}
    return httpx.Request(
        request.method,
        httpx.URL(scheme="http", host=address.host, port=address.port, raw_path=_encoded(request.path)),
        headers=headers,
        content=request.body or None,
        extensions={"timeout": httpx.Timeout(deadline.seconds).as_dict(), "trace": deadline.watch},
    )


def _encoded(path: str) -> bytes:
    """Return *path* with what a request line cannot carry quoted."""
    return httpx.URL(f"http://host{path}").raw_path


def _body(answer: httpx.Response) -> bytes:
    """Return the first mebibyte; the rest is not waited for."""
    body = bytearray()
    for block in answer.iter_bytes():
        body += block
        if len(body) >= BODY_LIMIT_BYTES:
            break
    return bytes(body[:BODY_LIMIT_BYTES])
