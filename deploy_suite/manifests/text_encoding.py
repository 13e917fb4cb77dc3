"""Bytes of a requirements file into text, as pip decodes them, with what is odd about the encoding."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "starts with a byte order mark (UTF-8)"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "is encoded as UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "is encoded as UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "is encoded as UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "is encoded as UTF-16"),
)
_DECLARED: Final = re.compile(rb"coding[:=]\s*([-\w.]+)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what is wrong with its bytes ("" for nothing); `is_fatal` when pip ends with an error over them.

    Shape: `line` is the first one that is encoded otherwise than those before it, 0 where the whole file is.
    """

    text: str
    problem: str = ""
    is_fatal: bool = False
    line: int = 0


def decode(data: bytes) -> Decoded:
    """Return the text of *data*; never raises.

    Source: `_decode_req_file` in https://github.com/pypa/pip/blob/main/src/pip/_internal/req/req_file.py; marks are
    understood by pip and uv, but not by other readers (https://github.com/osprey-oss/deptry/issues/1393).
    """
    for mark, encoding, problem in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding, problem)
    if (silent := _silent_utf16(data)) is not None:
        return silent
    return _declared(data) or _utf8(data)


def _marked(data: bytes, encoding: str, problem: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), f"the file {problem}; pip reads that, other tools do not")
    except UnicodeDecodeError:
        return Decoded(data.decode(encoding, "replace"), f"the file {problem}, and not validly", is_fatal=True)


def _silent_utf16(data: bytes) -> Decoded | None:
    """Return the text of UTF-16 without a mark, which pip takes for UTF-8 full of NUL characters."""
    if b"\0" not in data:
        return None
    if (appended := _appended_utf16(data)) is not None:
        return appended
    encoding = "utf-16-le" if data[1::2].count(0) >= data[0::2].count(0) else "utf-16-be"
    text = data.decode(encoding, "replace")
    return Decoded(
        text, "the file is encoded as UTF-16 without a byte order mark, which pip cannot read", is_fatal=True
    )


def _appended_utf16(data: bytes) -> Decoded | None:
    """Return the text of lines to which `>>` of Windows PowerShell added others, as UTF-16 wherever it is added to."""
    head = data[: data.index(b"\0")]
    encoding = "utf-16-le" if data.endswith(b"\0") else "utf-16-be"
    head = head[:-1] if encoding == "utf-16-le" else head
    if b"\n" not in head:  # in UTF-16 a NUL is beside each
        return None
    own = head.removesuffix(codecs.BOM_UTF16_LE)
    tail = data[len(head) :].decode(encoding, "replace")
    line = own.count(b"\n") + 1
    return Decoded(
        own.decode("utf-8", "replace") + ("" if own.endswith(b"\n") else "\n") + tail,
        f"from line {line} on the file is encoded as UTF-16, and before it is not, which pip cannot read",
        is_fatal=True,
        line=line,
    )


def _declared(data: bytes) -> Decoded | None:
    """Return the text as a comment such as `# -*- coding: latin-1 -*-` in the first two lines asks."""
    comments = [line for line in data.split(b"\n")[:2] if line.startswith(b"#")]
    names = [match[1].decode("ascii", "replace") for line in comments if (match := _DECLARED.search(line))]
    if not names:
        return None
    try:
        return Decoded(data.decode(names[0]))
    except (LookupError, ValueError):
        problem = f"the file declares the encoding {names[0]!r}, and its bytes are not that"
        return Decoded(data.decode("latin-1"), problem, is_fatal=True)


def _utf8(data: bytes) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"the file is not UTF-8: byte 0x{data[error.start]:02x} in line {line}"
        return Decoded(data.decode("latin-1"), problem, is_fatal=True)
