"""What is installed in an environment, read from its files."""

import csv
import importlib.metadata
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

_OWN_TAG: Final = re.compile(r"^Tag: .*-linux_\w+$", re.MULTILINE)
_FOLDER: Final = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+?)\.(?:dist|egg)-info|(?P<egg>[^-]+-[^-]+)-py[\d.]+\.egg-info"
)


def site_packages(venv: Path) -> Path:
    """Return the folder of the installed packages."""
    found = sorted((venv / "lib").glob("python3*/site-packages"))
    return found[0] if found else venv / "lib" / "site-packages"


def installed(venv: Path) -> Mapping[str, str]:
    """Return canonical names and versions."""
    return dict(sorted(_installed(site_packages(venv))))


def _installed(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return
    for name in names:
        if not name.endswith((".dist-info", ".egg-info")):
            continue
        match = _FOLDER.fullmatch(name)
        if match and match["name"]:
            yield canonicalize_name(match["name"]), match["version"]
        elif read := _named_inside(folder / name):
            yield read


def _named_inside(path: Path) -> tuple[str, str] | None:
    for file in (path / "METADATA", path / "PKG-INFO", path):
        try:
            headers = Parser().parsestr(file.read_text(encoding="utf-8", errors="replace"), headersonly=True)
        except OSError:
            continue
        if headers["Name"] and headers["Version"]:
            return canonicalize_name(headers["Name"]), headers["Version"]
    return None


def modules(venv: Path, name: str) -> tuple[str, ...]:
    """Return the top-level modules that the distribution *name* (canonical) brought, () when it is not installed."""
    for distribution in distributions(venv):
        if canonicalize_name(metadata(distribution)["Name"] or "") == name:
            tops = {file.parts[0] for file in _files(distribution) if file.suffix in {".py", ".so"}}
            return tuple(sorted(top.partition(".")[0] for top in tops if not top.endswith((".libs", "..", "-info"))))
    return ()


def _files(distribution: importlib.metadata.Distribution) -> Sequence[PurePosixPath]:
    """Return the files that the distribution brought, () where their list cannot be read: an empty line is enough."""
    try:
        return [file for file in distribution.files or () if file.parts]
    except (csv.Error, TypeError, ValueError):
        return ()


def compiled_here(venv: Path) -> frozenset[str]:
    """Return the canonical names of what was compiled on this machine (on Linux, where wheels show it).

    Indexes refuse wheels with the plain tag "linux_x86_64", which those have that are made for one machine.
    Source: https://packaging.python.org/specifications/platform-compatibility-tags/#basic-platform-tags
    """
    found = ((metadata(one)["Name"] or "", one.read_text("WHEEL") or "") for one in distributions(venv))
    return frozenset(canonicalize_name(name) for name, wheel in found if name and _OWN_TAG.search(wheel))


def distributions(venv: Path) -> Iterator[importlib.metadata.Distribution]:
    """Yield the installed distributions with their metadata, read anew: a folder may change twice in one clock tick."""
    try:
        names = sorted(path.name for path in site_packages(venv).iterdir())
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield _Distribution(site_packages(venv) / name)


class _Distribution(importlib.metadata.PathDistribution):
    """A distribution some of whose files may be no UTF-8, as those of older packages."""

    def __init__(self, info: Path) -> None:
        super().__init__(info)
        self._info = info

    def read_text(self, filename: str | os.PathLike[str]) -> str | None:
        """Return the text of a file of the metadata, None where there is none."""
        try:
            return (self._info / filename).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None


def metadata(distribution: importlib.metadata.Distribution) -> Message:
    """Return the headers of the distribution's metadata.

    Without the description, which is nearly all of it: `distribution.metadata` reads it anew at each look, and takes
    ten times as long (40 distributions: 0.1 s of CPU).
    """
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or distribution.read_text("") or ""
    return Parser().parsestr(text.partition("\n\n")[0], headersonly=True)
