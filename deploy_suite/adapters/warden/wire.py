"""Messages between the suite and a warden: four bytes of length, then a value as `marshal` writes it.

Both ends are the same interpreter, and `marshal` is built into it: to import json takes a warden as long as to start.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping

TYPE_CHECKING = False  # as in all modules of a warden, which have no time for typing
if TYPE_CHECKING:
    from typing import Any

PID_BYTES = 4  # of the answer of the fork server
_LENGTH_BYTES = 4


def packed(message: Mapping[str, Any]) -> bytes:
    """Return *message*, made of Python's plain types alone, as it is sent. Raises: ValueError for any other type."""
    body = marshal.dumps(dict(message))
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


class Unpacker:
    """Cuts the bytes that the other end sends into messages."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pending = b""

    def fed(self, block: bytes) -> list[dict[str, Any]]:
        """Return the messages that *block* completes."""
        self._pending += block
        messages = []
        while (end := self._end()) <= len(self._pending):
            messages.append(marshal.loads(self._pending[_LENGTH_BYTES:end]))  # noqa: S302  of our own process
            self._pending = self._pending[end:]
        return messages

    def _end(self) -> int:
        """Return where the first message ends, as far as its length has come."""
        if len(self._pending) < _LENGTH_BYTES:
            return _LENGTH_BYTES
        return _LENGTH_BYTES + int.from_bytes(self._pending[:_LENGTH_BYTES], "big")
