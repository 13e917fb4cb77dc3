"""What uv keeps of wheels between runs, and what of that was damaged since.

uv verifies what it fetches, and later links what lies there as it is. A disk that loses its power empties files, who
cleans up by age removes them, and a build may write into them through a link.
"""

import base64
import csv
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deploy_suite.environments import packages

_UNPACKED: Final = "archive-v*/*"
_NOTES: Final = "wheels-v*"  # with a folder for each distribution, below one for its index
_LOCK: Final = ".lock"  # these are empty
_SHA256: Final = "sha256="
_HASHED_AT_MOST_BYTES: Final = 256 * 1024  # of what is larger, the length alone is compared


def damaged(cache: Path, installed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of what is *installed* of which *cache*, uv's own, holds something damaged.

    Shape: *installed* maps canonical names onto versions.
    """
    wanted = set(installed.items())
    found = {one[0] for one, wheel in _unpacked(cache) if one in wanted and not _is_whole(wheel)}
    return tuple(sorted(found | (set(_noted_in_vain(cache)) & installed.keys())))


def _unpacked(cache: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    for wheel in cache.glob(_UNPACKED):
        for one in packages.installed_in(wheel):
            yield one, wheel


def _noted_in_vain(cache: Path) -> Iterator[str]:
    """Yield the distributions with a note that is empty: uv says that it cannot be deserialized, and ends."""
    for notes in cache.glob(_NOTES):
        for folder, _, names in os.walk(notes):
            files = (Path(folder, name) for name in names if not name.endswith(_LOCK))
            if any(not file.lstat().st_size for file in files):
                yield Path(folder).name


def _is_whole(wheel: Path) -> bool:
    """Whether the files in *wheel* are those that its own list names, with the length and the hash that it states.

    Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
    """
    for info in wheel.glob("*.dist-info"):
        try:
            text = (info / "RECORD").read_text(encoding="utf-8")
            lines = [(*line, "", "")[:3] for line in csv.reader(text.splitlines()) if line]
            if not lines or not all(_is_as_stated(wheel / path.lstrip("/"), *rest) for path, *rest in lines):
                return False
        except (OSError, ValueError, TypeError, csv.Error):
            return False
    return True


def _is_as_stated(file: Path, digest: str, length: str) -> bool:
    """Whether *file* has the stated *length* and *digest*, "" for what is not stated. Raises: OSError, ValueError."""
    size_bytes = file.stat().st_size
    if length and size_bytes != int(length):
        return False
    if not digest.startswith(_SHA256) or size_bytes > _HASHED_AT_MOST_BYTES:
        return True
    content = hashlib.sha256(file.read_bytes())
    as_specified = base64.urlsafe_b64encode(content.digest()).decode()
    return digest.removeprefix(_SHA256).rstrip("=") in {as_specified.rstrip("="), content.hexdigest()}
