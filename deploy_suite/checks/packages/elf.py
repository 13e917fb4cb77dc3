"""The bytes of a shared library into what the loader reads of them: its name, what it needs, where its constants lie.

A reader of its own, and not pyelftools: only four tables of each file are looked at, which takes a thirtieth of the
time for the same answers, and a file that is cut off or no ELF at all is an answer here and no exception.
Source: the ELF specification, https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html, and for versions
https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

_MAGIC: Final = b"\x7fELF"
_LITTLE: Final = 1
_WIDE: Final = 2
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRTAB, _SONAME = 1, 5, 14
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_MOST_ENTRIES: Final = 4096
_LONGEST_NAME: Final = 4096
_ALLOCATED, _EXECUTABLE, _WRITABLE = 2, 4, 1


class Bytes(Protocol):
    """What `bytes` and `mmap` have in common."""

    def __len__(self) -> int:
        """Return the length."""

    def __getitem__(self, part: slice) -> bytes:
        """Return a part."""

    def find(self, wanted: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return where *wanted* begins between *start* and *end*, else -1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """What is known of a shared library.

    Shape: `needs` are the names that the loader looks for; `versions` maps those of them that have versions onto the
    ones asked for ("libc.so.6" onto "GLIBC_2.14" …); `constants` are the parts of the file, start and end, that hold
    strings.
    """

    name: str
    needs: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    constants: tuple[tuple[int, int], ...]


class _Form(NamedTuple):
    """Where a header's fields lie in files of 32 and of 64 bits."""

    header: struct.Struct
    segment: struct.Struct
    section: struct.Struct
    dynamic: struct.Struct


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


_HEADER: Final = "HHI{0}{0}{0}IHHHHHH"
_FORMS: Final = {
    1: ("I", "IIIIIIII", "IIIIIIIIII", "iI"),
    _WIDE: ("Q", "IIQQQQQQ", "IIQQQQIIQQ", "qQ"),
}


def read(data: Bytes) -> Binary | None:
    """Return what *data* says, None where it is no ELF file or is not whole."""
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError, OverflowError):
        return None


def _read(data: Bytes) -> Binary | None:
    start = data[0:6]
    if start[:4] != _MAGIC or start[4] not in _FORMS:
        return None
    order = "<" if start[5] == _LITTLE else ">"
    word, *forms = _FORMS[start[4]]
    form = _Form(*(struct.Struct(order + text) for text in (_HEADER.format(word), *forms)))
    _, _, _, _, at_segments, at_sections, _, _, segment_size, segments, section_size, sections, _ = form.header.unpack(
        data[16 : 16 + form.header.size]
    )
    is_wide = start[4] == _WIDE
    loaded = [
        _segment(form.segment.unpack(row), is_wide=is_wide) for row in _rows(data, at_segments, segment_size, segments)
    ]
    tags = list(_tags(data, loaded, form.dynamic))
    values = dict(tags)
    strings = _Strings(data, _offset(loaded, values[_STRTAB])) if _STRTAB in values else None
    headers = [form.section.unpack(row) for row in _rows(data, at_sections, section_size, sections)]
    return Binary(
        name=strings.at(values[_SONAME]) if strings and _SONAME in values else "",
        needs=tuple(strings.at(value) for tag, value in tags if tag == _NEEDED) if strings else (),
        versions=_versions(data, order, values, loaded, strings) if strings else {},
        constants=tuple(_constants(headers)) or ((0, len(data)),),
    )


def _rows(data: Bytes, start: int, size: int, count: int) -> Iterator[bytes]:
    if start and count <= _MOST_ENTRIES:
        for index in range(count):
            yield data[start + index * size : start + (index + 1) * size]


def _segment(row: tuple[int, ...], *, is_wide: bool) -> _Segment:
    if is_wide:
        kind, _, offset, address, _, size, _, _ = row
    else:
        kind, offset, address, _, size, _, _, _ = row
    return _Segment(kind, offset, address, size)


def _tags(data: Bytes, segments: list[_Segment], form: struct.Struct) -> Iterator[tuple[int, int]]:
    for segment in segments:
        if segment.kind == _DYNAMIC:
            whole = data[segment.offset : segment.offset + segment.size]
            usable = len(whole) - len(whole) % form.size
            for tag, value in form.iter_unpack(whole[:usable]):
                if not tag:
                    return
                yield tag, value


def _offset(segments: list[_Segment], address: int) -> int:
    """Return where in the file what is loaded at *address* lies. Raises: ValueError for an address outside of it."""
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            return address - segment.address + segment.offset
    raise ValueError(address)


class _Strings:
    """The table of strings that begins at an offset."""

    def __init__(self, data: Bytes, start: int) -> None:
        self._data = data
        self._start = start

    def at(self, index: int) -> str:
        start = self._start + index
        end = self._data.find(b"\0", start, start + _LONGEST_NAME)
        return self._data[start : max(end, start)].decode("utf-8", errors="replace")


def _versions(
    data: Bytes, order: str, values: Mapping[int, int], segments: list[_Segment], strings: _Strings
) -> Mapping[str, tuple[str, ...]]:
    if _VERNEED not in values:
        return {}
    need, version = struct.Struct(f"{order}HHIII"), struct.Struct(f"{order}IHHII")
    found: dict[str, tuple[str, ...]] = {}
    at = _offset(segments, values[_VERNEED])
    for _ in range(min(values.get(_VERNEEDNUM, 0), _MOST_ENTRIES)):
        _, count, library, first, following = need.unpack(data[at : at + need.size])
        names, inner = [], at + first
        for _ in range(min(count, _MOST_ENTRIES)):
            _, _, _, name, step = version.unpack(data[inner : inner + version.size])
            names.append(strings.at(name))
            inner += step
        found[strings.at(library)] = tuple(names)
        if not following:
            break
        at += following
    return found


def _constants(headers: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield the parts that are loaded to be read and neither run nor written: there compilers put literals."""
    for _, kind, flags, _, offset, size, *_ in headers:
        if flags & _ALLOCATED and not flags & (_EXECUTABLE | _WRITABLE) and kind == 1 and size:
            yield offset, offset + size
