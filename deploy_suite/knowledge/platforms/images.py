"""platforms/images.toml into what an image brings: the C library, shared libraries, compilers and headers."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

from deploy_suite.knowledge import system_libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What processes of a service find on their file system beside the project.

    Shape: `glibc` is the C library's version, () where there is none (Alpine) or it is not known. `is_whole` says that
    what is not among `libraries` and `tools` is certainly not there; `likely` are libraries that probably are, because
    of `likely_because`. `sources` say where that can be checked.
    """

    name: str
    glibc: tuple[int, ...] = ()
    is_whole: bool = False
    libraries: frozenset[str] = frozenset()
    likely: frozenset[str] = frozenset()
    likely_because: str = ""
    tools: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    installed: tuple[str, ...] = field(default=())

    def with_packages(self, packages: Iterable[str]) -> "Image":
        """Return the image after `apt-get install` of *packages*, of which others may come along: it is not whole."""
        added = tuple(packages)
        if not added:
            return self
        brought = {row.name for row in system_libraries.libraries() if set(row.packages) & set(added)}
        return replace(
            self,
            libraries=self.libraries | brought,
            is_whole=False,
            tools=self.tools | _tools_of(added),
            installed=added,
        )


_TOOLS: Final[Mapping[str, frozenset[str]]] = {
    "gcc": frozenset({"cc"}),
    "g++": frozenset({"cc", "c++"}),
    "build-essential": frozenset({"cc", "c++", "make"}),
    "libpq-dev": frozenset({"pg_config", "libpq-fe.h"}),
    "default-libmysqlclient-dev": frozenset({"mysql.h"}),
    "libmariadb-dev": frozenset({"mysql.h"}),
    "pkg-config": frozenset({"pkg-config"}),
    "cargo": frozenset({"rustc"}),
    "rustc": frozenset({"rustc"}),
}


def _tools_of(packages: Iterable[str]) -> frozenset[str]:
    return frozenset(tool for package in packages for tool in _TOOLS.get(package, ()))


def image(name: str) -> Image | None:
    """Return what is known of the image *name* ("render-native", "python:3.11-slim"), None where nothing is."""
    row = next((row for row in _rows().values() if re.fullmatch(row["matches"], name)), None)
    return _image(row, name) if row else None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("deploy_suite.knowledge.platforms").joinpath("images.toml").read_text("utf-8"))


def _rows() -> Mapping[str, Mapping[str, Any]]:
    return {row["name"]: row for row in _table()["image"]}


def _glibc(name: str) -> str:
    """Return the C library of the Debian release in *name*, of the newest where it names none."""
    releases = _table()["release"]
    return str(next((row["glibc"] for row in releases if row["name"] in name), releases[0]["glibc"]))


def _image(row: Mapping[str, Any], name: str) -> Image:
    glibc = row.get("glibc", _glibc(name))
    family = [row, *(_rows()[name] for name in row["extends"])]
    libraries = frozenset(name for each in family for name in each["libraries"])
    return Image(
        name=row["name"],
        glibc=tuple(int(part) for part in glibc.split(".") if part),
        is_whole=row["is_whole"],
        libraries=libraries,
        likely=frozenset(row.get("likely", ())) - libraries,
        likely_because=row.get("likely_because", ""),
        tools=frozenset(row["tools"]),
        sources=tuple(row["sources"]),
    )
