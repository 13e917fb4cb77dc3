"""A log in UTF-16, as PowerShell's `>` writes it → the same in UTF-8, block by block."""

import codecs
from typing import BinaryIO, Final, Protocol

_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Blocks(Protocol):
    """Bytes that are read in order, block by block."""

    def read(self, size: int, /) -> bytes:
        """Return the next block of about *size* bytes; b"" at the end."""


class _Recoded:
    """What was already read, then the rest of a stream, decoded from *encoding* when there is one."""

    def __init__(self, head: bytes, rest: BinaryIO, encoding: str) -> None:
        self._head, self._rest = head, rest
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None

    def read(self, size: int, /) -> bytes:
        """Return the next block."""
        block, self._head = self._head + self._rest.read(size), b""
        if self._decoder is None or not block:
            return block
        return self._decoder.decode(block).encode("utf-8", "replace") or self.read(size)


def recoded(stream: BinaryIO) -> Blocks:
    """Return *stream* as UTF-8 or another superset of ASCII."""
    mark = stream.read(2)
    return _Recoded(b"" if mark in _MARKS else mark, stream, _MARKS.get(mark, ""))
