"""system_libraries.toml and source_builds.toml into typed values: what packages want of the operating system."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A shared library, the Debian packages that bring it, and distributions that do without."""

    name: str
    packages: tuple[str, ...]
    source: str
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a distribution loads by name. Shape: `when` is "" where its import fails without the library."""

    distribution: str
    module: str
    libraries: tuple[str, ...]
    source: str
    when: str = ""
    below: str = ""
    unless: tuple[str, ...] = ()

    def is_met(self, versions: Mapping[str, str]) -> bool:
        """Whether *versions* (canonical names) hold it in a release that needs the libraries of the system."""
        version = versions.get(self.distribution)
        if version is None or any(name in versions for name in self.unless):
            return False
        try:
            return not self.below or Version(version) < Version(self.below)
        except InvalidVersion:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incompatible:
    """The `releases`, a PEP 440 range, do not compile from this `python` on; or they do, and fail `is_at_import`."""

    releases: str
    python: str
    why: str
    source: str
    is_at_import: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBuild:
    """What compiling a distribution takes.

    Shape: `is_optional` says that it installs without compiled parts where these cannot be made; `fails` are the
    releases that are known not to go with newer Pythons.
    """

    distribution: str
    tools: tuple[str, ...]
    packages: tuple[str, ...]
    source: str
    instead: str = ""
    is_optional: bool = False
    fails: tuple[Incompatible, ...] = ()

    def fault(self, version: str, *, series: str) -> Incompatible | None:
        """Return why release *version* is known not to compile with a Python of *series* ("3.14")."""
        try:
            read, python = Version(version), Version(series)
        except InvalidVersion:
            return None
        newer = (one for one in self.fails if python >= Version(one.python))
        return next((one for one in newer if SpecifierSet(one.releases).contains(read, prereleases=True)), None)


@cache
def libraries() -> tuple[Library, ...]:
    """Return what is known of libraries."""
    rows = _table("system_libraries.toml")["library"]
    return tuple(Library(**{**row, "packages": tuple(row["packages"])}) for row in rows)


def library(name: str) -> Library | None:
    """Return what is known of the library *name* ("libGL.so.1")."""
    return next((row for row in libraries() if row.name == name), None)


def complete(distribution: str) -> str:
    """Return *distribution* with the extra by which it brings the system's libraries itself, where it has one."""
    named = (row.instead.get(distribution, "") for row in libraries())
    return next((name for name in named if name.startswith(f"{distribution}[")), distribution)


@cache
def loaded() -> tuple[Loaded, ...]:
    """Return the distributions that load libraries by name."""
    rows = _table("system_libraries.toml")["loaded"]
    return tuple(
        Loaded(**{**row, "libraries": tuple(row["libraries"]), "unless": tuple(row.get("unless", ()))}) for row in rows
    )


@cache
def optional_modules() -> Mapping[str, frozenset[str]]:
    """Return for each distribution its extension modules that it can do without."""
    return {row["distribution"]: frozenset(row["modules"]) for row in _table("system_libraries.toml")["optional"]}


@cache
def source_builds() -> Mapping[str, SourceBuild]:
    """Return what is known of compiling, by distribution."""
    rows = _table("source_builds.toml")["build"]
    return {
        row["distribution"]: SourceBuild(
            **{
                **row,
                "tools": tuple(row["tools"]),
                "packages": tuple(row["packages"]),
                "fails": tuple(Incompatible(**one) for one in row.get("fails", ())),
            }
        )
        for row in rows
    }


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("deploy_suite.knowledge").joinpath(name).read_text(encoding="utf-8"))
