"""Ask over HTTP, with httpx."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.request import getproxies, proxy_bypass

import httpx
import truststore

from deploy_suite.ports import Address, HttpRequest, HttpResponse, UnreachableError

BODY_LIMIT_BYTES: Final = 1024 * 1024
_HTTPS: Final = 443
_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL's x509_vfy.h
_AGENT: Final = "deploy-suite/0.1"
_TO_A_PROXY: Final = b"CONNECT"


class HttpxHttp:
    """Asks over HTTP/1.1, a connection for each request, as the probes of a platform do."""

    def prepare(self) -> None:
        """Import what httpx itself imports only with its first transport."""
        import httpcore  # noqa: F401, PLC0415  0.03 s

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        """See `ports.Http.request`."""
        began_s = time.monotonic()
        with _Deadline(timeout_s) as deadline, _translated(deadline), _transport(address) as transport:
            wanted = _wanted(address, request, deadline, connect_s=min(connect_s or timeout_s, timeout_s))
            answer = transport.handle_request(wanted)
            with contextlib.closing(answer):
                body = _body(answer)
            return HttpResponse(
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                body=body,
                elapsed_ms=(time.monotonic() - began_s) * 1000,
                certificate_ends=deadline.certificate_ends,
            )


class _Deadline:
    """Cuts a connection when the time is up: httpx limits each wait, and a slow drip of bytes has many."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self.was_sent = False
        self.certificate_ends: datetime | None = None
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, event: str, details: Mapping[str, Any]) -> None:
        """Take note of the connection when httpcore has made it, and of the first byte that is sent over it."""
        if event.endswith(".send_request_headers.started"):
            self.was_sent = self.was_sent or details["request"].method != _TO_A_PROXY
        if event.endswith((".connect_tcp.complete", ".connect_unix_socket.complete")):
            self._connection = details["return_value"].get_extra_info("socket")
        if event.endswith(".start_tls.complete"):
            self.certificate_ends = _end_of(details["return_value"].get_extra_info("ssl_object"))

    def _cut(self) -> None:
        self.is_over = True
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _translated(deadline: _Deadline) -> Iterator[None]:
    try:
        yield
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UnreachableError("protocol", f"the request cannot be sent: {error}", was_sent=False) from error
    except (httpx.TimeoutException, httpx.TransportError) as error:
        if isinstance(error, httpx.ConnectTimeout) and not deadline.is_over:
            raise UnreachableError("timeout", "no connection in time", was_sent=False) from error
        if deadline.is_over or isinstance(error, httpx.TimeoutException):
            detail = f"no whole answer within {deadline.seconds:g} s"
            raise UnreachableError("timeout", detail, was_sent=deadline.was_sent) from error
        detail = str(error) or type(error).__name__
        raise UnreachableError(_reason(error), detail, was_sent=deadline.was_sent) from error
    if deadline.is_over:
        raise UnreachableError("timeout", f"no whole answer within {deadline.seconds:g} s")


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ProxyError):
        return "proxy"
    if isinstance(error, httpx.ConnectError):
        if _is_expired(error):
            return "expired"
        if _is_behind(error, socket.gaierror):
            return "unresolved"
        return "tls" if _is_behind(error, ssl.SSLError) else "refused"
    if isinstance(error, httpx.NetworkError) or "disconnected" in str(error) or "peer closed" in str(error):
        return "reset"
    return "protocol"


def _is_expired(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) and getattr(error, "verify_code", 0) == _EXPIRED:
            return True
        error = error.__cause__ or error.__context__
    return False


def _end_of(connection: ssl.SSLObject | ssl.SSLSocket | None) -> datetime | None:
    """Return when the peer's certificate expires, None where the system verified it and Python holds no fields."""
    fields = (connection.getpeercert() if connection is not None else None) or {}
    ends = fields.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _is_behind(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _transport(address: Address) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(
        verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if address.has_tls else False,
        trust_env=False,
        proxy=_proxy(address) if address.has_tls else None,
        uds=str(address.socket) if address.socket else None,
    )


def _proxy(address: Address) -> str | None:
    """Return the proxy that the caller's environment or system names for *address*."""
    return None if proxy_bypass(f"{address.host}:{address.port}") else getproxies().get("https")


def _wanted(address: Address, request: HttpRequest, deadline: _Deadline, *, connect_s: float) -> httpx.Request:
    headers = {"Host": _host(address), "User-Agent": _AGENT, "Accept": "*/*", "Connection": "close"}
    for name, value in request.headers.items():
        headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()} | {name: value}
    return httpx.Request(
        request.method,
        httpx.URL(
            scheme="https" if address.has_tls else "http",
            host=address.host,
            port=address.port,
            raw_path=_encoded(request.path),
        ),
        headers={name.encode(): value.encode("utf-8", "surrogateescape") for name, value in headers.items()},
        content=request.body or None,
        extensions={
            "timeout": httpx.Timeout(deadline.seconds, connect=connect_s).as_dict(),
            "trace": deadline.watch,
        },
    )


def _host(address: Address) -> str:
    """Return the Host header: servers behind TLS are known by their bare name."""
    return address.host if address.has_tls and address.port == _HTTPS else f"{address.host}:{address.port}"


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
