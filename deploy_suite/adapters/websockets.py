"""Speak WebSocket, with the library websockets."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import truststore
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect, unix_connect

from deploy_suite.ports import Address, UnreachableError

_MESSAGE_LIMIT_BYTES: Final = 1024 * 1024
_CLOSE_WITHIN_S: Final = 1.0


class SyncWebSockets:
    """Speaks WebSocket, one exchange a connection."""

    def prepare(self) -> None:
        """See `ports.WebSockets.prepare`: nothing is left to do."""

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
        """Connect, send *frames*, return the first *receive* messages.

        Raises: UnreachableError, also when the server refuses to speak WebSocket or closes early.
        """
        deadline_s = time.monotonic() + timeout_s
        _see_whether_text((path, *frames))
        with _translated(timeout_s), _connect(address, path, headers, timeout_s) as connection:
            for frame in frames:
                connection.send(frame)
            return [_text(connection.recv(max(deadline_s - time.monotonic(), 0.0))) for _ in range(receive)]


def _see_whether_text(texts: Sequence[str]) -> None:
    """What an answer before held may be half a character, which no connection can carry. Raises: UnreachableError."""
    try:
        _ = [text.encode() for text in texts]
    except UnicodeEncodeError as error:
        raise UnreachableError("protocol", f"the exchange cannot be made: {error}", was_sent=False) from error


def _connect(
    address: Address, path: str, headers: Mapping[str, str], timeout_s: float
) -> AbstractContextManager[ClientConnection]:
    host = next((value for name, value in headers.items() if name.lower() == "host"), f"{address.host}:{address.port}")
    uri = f"{'wss' if address.has_tls else 'ws'}://{host}{path}"
    options: dict[str, Any] = {
        "additional_headers": {name: value for name, value in headers.items() if name.lower() != "host"},
        "open_timeout": timeout_s,
        "close_timeout": _CLOSE_WITHIN_S,
        "max_size": _MESSAGE_LIMIT_BYTES,
        "proxy": None,
    }
    connection: ClientConnection
    if address.has_tls:  # a public host, perhaps behind the caller's proxy
        secure = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        connection = connect(uri, **{**options, "ssl": secure, "proxy": True})
    elif address.socket:
        connection = unix_connect(str(address.socket), uri, **options)
    else:
        connection = connect(uri, sock=socket.create_connection((address.host, address.port), timeout_s), **options)
    return connection


@contextmanager
def _translated(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise UnreachableError("timeout", f"the exchange was not done within {timeout_s:g} s") from error
    except ssl.SSLError as error:
        raise UnreachableError("tls", str(error)) from error
    except ConnectionRefusedError as error:
        raise UnreachableError("refused", str(error)) from error
    except ConnectionClosed as error:
        raise UnreachableError("reset", f"the server closed the connection: {error}") from error
    except WebSocketException as error:
        raise UnreachableError("protocol", str(error)) from error
    except OSError as error:
        raise UnreachableError("reset", str(error)) from error


def _text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode("utf-8", errors="replace")
