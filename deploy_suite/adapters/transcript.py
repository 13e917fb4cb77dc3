"""Keep the head and the tail of a text that may be endless."""

from collections import deque
from threading import Lock

_BLOCK_BYTES = 65536


class Transcript:
    """At most a limit of bytes, the first half from the beginning and the second from the end."""

    def __init__(self, limit_bytes: int) -> None:
        """Hold at most *limit_bytes*."""
        self._half = max(limit_bytes // 2, 1)
        self._head = bytearray()
        self._tail: deque[bytearray] = deque()
        self._tail_bytes = 0
        self._cut_bytes = 0
        self._lock = Lock()

    def add(self, block: bytes) -> None:
        """Append *block*."""
        with self._lock:
            room = max(self._half - len(self._head), 0)
            self._head += block[:room]
            rest = block[room:]
            if rest:
                self._extend_tail(rest)

    def text(self) -> str:
        """Return what is kept, undecodable bytes replaced, with a line that says how much was cut out."""
        with self._lock:
            tail = b"".join(self._tail)
            surplus = max(len(tail) - self._half, 0)
            cut = self._cut_bytes + surplus
            middle = f"\n[… {cut} bytes cut out …]\n".encode() if cut else b""
            return (bytes(self._head) + middle + tail[surplus:]).decode("utf-8", errors="replace")

    def _extend_tail(self, block: bytes) -> None:
        if not self._tail or len(self._tail[-1]) >= _BLOCK_BYTES:
            self._tail.append(bytearray())
        self._tail[-1] += block
        self._tail_bytes += len(block)
        while self._tail and self._tail_bytes - len(self._tail[0]) >= self._half:
            gone = len(self._tail.popleft())
            self._tail_bytes -= gone
            self._cut_bytes += gone
