"""Shared libraries of a few hundred bytes, with the tables that the loader reads and nothing to run."""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

_X86_64: Final = 62
_BASE: Final = 0x1000


def library(
    *needs: str,
    name: str = "",
    versions: Mapping[str, Sequence[str]] | None = None,
    constants: bytes = b"",
    writable: bytes = b"",
    wide: bool = True,
    order: str = "<",
) -> bytes:
    """Return an ELF file that needs *needs* and *versions*, with *constants* where a compiler puts literals."""
    word = "Q" if wide else "I"
    header_size, segment_size, section_size = (64, 56, 64) if wide else (52, 32, 40)
    strings = b"\0"
    places: dict[str, int] = {}
    for text in (name, *needs, *(versions or {}), *(v for names in (versions or {}).values() for v in names)):
        if text not in places:
            places[text] = len(strings)
            strings += text.encode() + b"\0"
    at_strings = header_size + 2 * segment_size
    at_versions = at_strings + len(strings)
    asked = _versions(versions or {}, places, order=order)
    at_constants = at_versions + len(asked)
    at_writable = at_constants + len(constants)
    at_dynamic = at_writable + len(writable)
    tags = [(1, places[need]) for need in needs] + [(5, _BASE + at_strings)]
    tags += [(14, places[name])] if name else []
    tags += [(0x6FFFFFFE, _BASE + at_versions), (0x6FFFFFFF, len(versions))] if versions else []
    dynamic = b"".join(struct.pack(f"{order}{word}{word}", *tag) for tag in (*tags, (0, 0)))
    at_sections = at_dynamic + len(dynamic)
    size = at_sections + 2 * section_size
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    head = ident + struct.pack(
        f"{order}HHI{word * 3}IHHHHHH",
        *(3, _X86_64, 1, 0, header_size, at_sections, 0, header_size, segment_size, 2, section_size, 2, 0),
    )

    def segment(kind: int, offset: int, length: int) -> bytes:
        if wide:
            return struct.pack(f"{order}IIQQQQQQ", kind, 4, offset, _BASE + offset, 0, length, length, 1)
        return struct.pack(f"{order}IIIIIIII", kind, offset, _BASE + offset, 0, length, length, 4, 1)

    def section(offset: int, length: int, flags: int) -> bytes:
        return struct.pack(f"{order}II{word * 4}II{word * 2}", 0, 1, flags, _BASE + offset, offset, length, 0, 0, 1, 0)

    return b"".join(
        (
            head,
            segment(1, 0, size),
            segment(2, at_dynamic, len(dynamic)),
            strings,
            asked,
            constants,
            writable,
            dynamic,
            section(at_constants, len(constants), 2),
            section(at_writable, len(writable), 3),
        )
    )


def _versions(versions: Mapping[str, Sequence[str]], places: Mapping[str, int], *, order: str) -> bytes:
    text = b""
    for index, (library_name, names) in enumerate(versions.items()):
        following = 16 + 16 * len(names) if index < len(versions) - 1 else 0
        text += struct.pack(f"{order}HHIII", 1, len(names), places[library_name], 16, following)
        for number, version in enumerate(names):
            text += struct.pack(f"{order}IHHII", 0, 0, 2, places[version], 16 if number < len(names) - 1 else 0)
    return text
