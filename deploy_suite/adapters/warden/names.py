"""Answer every name look-up with "there is no such name", and note the name. Source: RFC 1035 section 4."""

import socket
import struct
import threading
from collections.abc import Callable

_HEADER = struct.Struct("!6H")
_LARGEST_QUERY_BYTES = 4096
_IS_ANSWER, _RECURSION, _NO_SUCH_NAME = 0x8000, 0x0180, 3
_ADDRESS_TYPES = frozenset({1, 28, 33, 65})  # A, AAAA, SRV, HTTPS
_LOCAL = ("localhost", "arpa", "local")

Note = Callable[[str, int], None]


def serve(note: Note) -> None:
    """Answer at 127.0.0.1:53 from now on, telling *note* each name looked up. Raises: OSError."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 53))
    threading.Thread(target=_serve, args=(door, note), daemon=True).start()


def _serve(door: socket.socket, note: Note) -> None:
    while True:
        query, client = door.recvfrom(_LARGEST_QUERY_BYTES)
        try:
            name, kind, end = _question(query)
        except (IndexError, struct.error, UnicodeDecodeError):
            continue
        door.sendto(_refusal(query, end), client)
        host = _host(name)
        if kind in _ADDRESS_TYPES and host and host.rpartition(".")[2] not in _LOCAL:
            note(host, 0)


def _question(query: bytes) -> tuple[str, int, int]:
    """Return the name asked for, the type of record, and where the question ends."""
    labels = []
    at = _HEADER.size
    while size := query[at]:
        labels.append(query[at + 1 : at + 1 + size].decode("ascii"))
        at += 1 + size
    kind, _ = struct.unpack_from("!HH", query, at + 1)
    return ".".join(labels).lower(), kind, at + 5


def _host(name: str) -> str:
    """Return *name* without the service and protocol before it in an SRV record's (RFC 2782), as for `mongodb+srv://`."""
    while name.startswith("_"):
        name = name.partition(".")[2]
    return name


def _refusal(query: bytes, end: int) -> bytes:
    number, flags, *_ = _HEADER.unpack_from(query)
    answer = _HEADER.pack(number, flags | _IS_ANSWER | _RECURSION | _NO_SUCH_NAME, 1, 0, 0, 0)
    return answer + query[_HEADER.size : end]
