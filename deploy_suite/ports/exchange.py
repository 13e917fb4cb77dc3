"""Requests to a service, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: a unix socket, or host and port; over TLS, what the certificate must name is `host`."""

    host: str
    port: int
    socket: Path | None = None
    has_tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request. Shape: `path` starts with "/" and includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """An answer.

    Shape: header names in lower case; `body` holds at most 1 MiB; `certificate_ends` is when the server's certificate
    expires, None without TLS or where the system's TLS does not tell.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float
    certificate_ends: datetime | None = None

    @property
    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", errors="replace")


class UnreachableError(Exception):
    """No whole answer came.

    `reason` is one of "unresolved" (the host's name), "refused", "proxy" (it lets nobody through), "tls", "expired",
    "timeout", "reset", "protocol"; `was_sent` is false where certainly nothing of the request reached the other side.
    """

    def __init__(self, reason: str, detail: str, *, was_sent: bool = True) -> None:
        """Keep the kind of failure apart from its wording."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.was_sent = was_sent


class Http(Protocol):
    """Asks over HTTP/1.1, never following redirects.

    Over TLS the system's trust store counts, and so do the caller's proxies, which those who reach a public host
    through one have set; an address without TLS is asked directly.
    """

    def prepare(self) -> None:
        """Do ahead, while nothing waits, what the first request would have to wait for."""

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        """Return the answer.

        Raises: UnreachableError when no connection was made within *connect_s* or no whole answer came within
        *timeout_s* in all.
        """


class WebSockets(Protocol):
    """Speaks WebSocket."""

    def prepare(self) -> None:
        """Do ahead, while nothing waits, what the first exchange would have to wait for."""

    def exchange(
        self,
        address: Address,
        path: str,
        *,
        headers: Mapping[str, str],
        frames: Sequence[str],
        receive: int,
        timeout_s: float,
    ) -> Sequence[str]:
        """Connect, send *frames*, return the first *receive* messages. Raises: UnreachableError."""
