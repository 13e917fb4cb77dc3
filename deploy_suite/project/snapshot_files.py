"""Files of a snapshot into text, never leaving the snapshot and never reading without end."""

import codecs
import re
import stat
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model import on_disk
from deploy_suite.project import module_files

_LARGEST_BYTES: Final = 2_000_000
_SUBMODULE: Final = re.compile(r"(?m)^\s*path\s*=\s*(.+)$")
_EXECUTABLE: Final = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def find(folder: Path, path: PurePosixPath) -> Path | None:
    """Return the regular file *path* on disk, None when there is none or it lies outside *folder*."""
    inside = module_files.normal(path)
    if inside is None:
        return None
    try:
        file = (folder / inside).resolve()
        return file if file.is_relative_to(folder.resolve()) and on_disk.is_file(file) else None
    except (OSError, RuntimeError, ValueError):
        return None


def data(folder: Path, path: PurePosixPath) -> bytes | None:
    """Return the first 2 MB of the file, None when it cannot be read."""
    file = find(folder, path)
    if file is None:
        return None
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST_BYTES)
    except OSError:
        return None


def text(folder: Path, path: PurePosixPath) -> str | None:
    """Return the same as text, UTF-16 where its mark says so; the mark dropped, undecodable bytes replaced."""
    content = data(folder, path)
    if content is None:
        return None
    encoding = "utf-16" if is_utf16(content) else "utf-8-sig"
    return content.decode(encoding, errors="replace").removeprefix("\ufeff")


def is_utf16(content: bytes) -> bool:
    """Whether *content* begins with the byte order mark of UTF-16."""
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def is_folder(folder: Path, path: PurePosixPath) -> bool:
    """Whether *path* is a folder of the snapshot."""
    inside = module_files.normal(path)
    return inside is not None and on_disk.is_folder(folder / inside)


def is_in_absent_submodule(folder: Path, path: PurePosixPath) -> bool:
    """Whether *path* lies in a submodule of which nothing could be had: what it holds is not known."""
    listed = _SUBMODULE.findall(text(folder, PurePosixPath(".gitmodules")) or "")
    for place in filter(None, (module_files.normal(PurePosixPath(one.strip())) for one in listed)):
        if place.parts and path.is_relative_to(place):
            inside = folder / place
            is_had = on_disk.is_folder(inside) and any(inside.iterdir())
            return not is_had or is_in_absent_submodule(inside, path.relative_to(place))
    return False


def is_executable(file: Path) -> bool:
    """Whether the commit gives *file* the execute bit."""
    try:
        return bool(file.stat().st_mode & _EXECUTABLE)
    except OSError:
        return False
