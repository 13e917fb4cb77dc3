"""A folder of a commit → the files in it that are pointers of Git LFS, in the place of what they stand for."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

# The whole pointer has at most 1023 bytes: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_BEGINNING: Final = b"version https://git-lfs.github.com/spec/v1"
_LONGEST_BYTES: Final = 1023
_TRACKED: Final = b"filter=lfs"
_ATTRIBUTES: Final = ".gitattributes"
_SKIPPED: Final = frozenset({".git", "node_modules"})


def below(folder: Path, root: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """Return the pointers, in the order of their paths; none is looked for where no .gitattributes tracks any.

    Shape: the .gitattributes of *folder* and of *root* in it count, where `git lfs track` writes them.
    """
    if not any(_TRACKED in _begun(folder / place / _ATTRIBUTES, 1 << 16) for place in {PurePosixPath(), root}):
        return ()
    return tuple(sorted(_pointers(folder)))


def _pointers(folder: Path) -> Iterator[PurePosixPath]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            file = Path(base, name)
            if _is_small(file) and _begun(file, len(_BEGINNING)) == _BEGINNING:
                yield PurePosixPath(file.relative_to(folder).as_posix())


def _is_small(file: Path) -> bool:
    try:
        return len(_BEGINNING) < file.lstat().st_size <= _LONGEST_BYTES
    except OSError:
        return False


def _begun(file: Path, most_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(most_bytes)
    except OSError:
        return b""
