"""Files that several distributions bring → the distribution whose file pip leaves there, where another's lies now.

pip installs one after the other and overwrites: what others need first, and of the rest the last name first. uv
installs all at once, and which file stays is left to chance. Standard library only: what stands in for pip in a build
imports it. Source: `get_installation_order` in
https://github.com/pypa/pip/blob/25.3/src/pip/_internal/resolution/resolvelib/resolver.py
"""

import base64
import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SUFFIXES: Final = (".py", ".so")
_REQUIRES: Final = re.compile(r"^Requires-Dist:\s*([\w.-]+)(?P<rest>.*)$", re.MULTILINE)
_OF_EXTRA: Final = re.compile(r";.*\bextra\b")
_NAME: Final = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


@dataclass(frozen=True, slots=True, eq=False)
class _Installed:
    """Shape: `files` maps what it brought onto the checksums in its record."""

    name: str
    version: str
    files: Mapping[str, str]
    requires: Sequence[str]


def displaced(venv: Path) -> tuple[str, ...]:
    """Return the requirements, `name==version`, that have to be installed once more so that their files lie there."""
    folder = next(iter(sorted(venv.glob("lib/python3*/site-packages"))), None)
    found = {one.name: one for one in _distributions(folder)} if folder else {}
    owners: dict[str, list[_Installed]] = {}
    for one in found.values():
        for path in one.files:
            owners.setdefault(path, []).append(one)
    heights: dict[str, int] = {}
    lasts = {path: _last(several, found, heights) for path, several in owners.items() if _differ(path, several)}
    wanted = {one for path, one in lasts.items() if folder and _checksum(folder / path) != one.files[path]}
    return tuple(sorted(f"{one.name}=={one.version}" for one in wanted))


def _differ(path: str, several: Sequence[_Installed]) -> bool:
    return len({one.files[path] for one in several}) > 1


def _last(several: Sequence[_Installed], found: Mapping[str, _Installed], heights: dict[str, int]) -> _Installed:
    """Return the one of *several* that pip installs last."""
    return min(several, key=lambda one: (-_height(one.name, found, heights), one.name))


def _height(name: str, found: Mapping[str, _Installed], heights: dict[str, int]) -> int:
    """Return how long the longest chain of requirements below *name* is; *heights* holds those that are known."""
    if name not in heights:
        heights[name] = 0  # for whoever asks on the way: a circle ends here
        inner = [one for one in found[name].requires if one in found]
        heights[name] = max((1 + _height(one, found, heights) for one in inner), default=0)
    return heights[name]


def _distributions(folder: Path) -> Iterator[_Installed]:
    """Yield what the index brought; what came from an address cannot be asked for by its version."""
    for info in sorted(folder.glob("*.dist-info")):
        match = _NAME.fullmatch(info.name)
        if match is None or (info / "direct_url.json").exists():
            continue
        texts = [_text(info / name) for name in ("RECORD", "METADATA")]
        rows = (row for row in csv.reader(texts[0].splitlines()) if len(row) > 1 and row[1])
        requires = (one for one in _REQUIRES.finditer(texts[1]) if not _OF_EXTRA.search(one["rest"]))
        yield _Installed(
            name=_canonical(match["name"]),
            version=match["version"],
            files={row[0]: row[1] for row in rows if row[0].endswith(_SUFFIXES)},
            requires=tuple(_canonical(one[1]) for one in requires),
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _checksum(path: Path) -> str:
    """Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return ""
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
