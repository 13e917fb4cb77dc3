"""The versions of packages and of Python → the sets among them that are known to fail together."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from deploy_suite.model import python_series

PYTHON: Final = "python"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_LISTS: Final = frozenset({"uses", "through"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Versions that install together and fail together. What each field means stands at the top of clashes.toml."""

    slug: str
    members: Mapping[str, str]
    fails: str
    error: str
    why: str
    fix: str
    proof: str
    repair: str
    source: str
    rank: int
    pin: str = ""
    python: str = "3.11"
    lacks: Mapping[str, str] = field(default_factory=lambda: _NONE)
    uses: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    is_later: bool = False
    mentions: str = ""
    unless: str = ""
    start: str = ""
    snippet: str = ""
    unproved: str = ""
    is_telling: bool = False

    @property
    def family(self) -> str:
        """The slug without its parameter."""
        return self.slug.partition(":")[0]

    @property
    def distributions(self) -> tuple[str, ...]:
        """The members that are installed, so without Python; the one that fails first."""
        return tuple(name for name in self.members if name != PYTHON)

    @property
    def remedy(self) -> str:
        """What to do, with the Python that helps too."""
        return f"{self.fix}, or {python_series.pinning(self.pin)}" if self.pin else self.fix

    @property
    def code(self) -> str:
        """What was run to see it fail."""
        return self.snippet.strip() or f"import {self.fails}"

    def is_said_by(self, line: str) -> bool:
        """Whether *line* is the error, however it goes on."""
        return bool(self.error) and line.startswith(self.error)

    def is_met(self, versions: Mapping[str, str], *, is_complete: bool = False) -> bool:
        """Whether *versions*, canonical names onto versions, hold it.

        Shape: `python` is among the names where it is known. What *lacks* names can only be told of versions that are
        complete: of an environment, not of what an index would add to one.
        """
        return all(_lies_in(versions.get(name), span) for name, span in self.members.items()) and (
            not self.lacks
            or (is_complete and not any(_lies_in(versions.get(name), span) for name, span in self.lacks.items()))
        )

    def told(self, versions: Mapping[str, str], *, verb: str = "are installed") -> str:
        """Return what is wrong: "flask 2.2.2 and werkzeug 3.0.1 are installed, and do not fit together".

        Shape: *verb* is the plural; of what is *lacks*, that it is missing says all.
        """
        named = [f"{'Python' if name == PYTHON else name} {versions[name]}" for name in self.members]
        lacking = " and ".join(f"{name} {span}".strip() for name, span in self.lacks.items())
        if len(named) == 1:
            alone = f"{named[0]} {re.sub(r'^are', 'is', verb)}"
            return f"{alone} without {lacking}" if lacking else f"{alone}, and does not fit the project's code"
        shown = f"{', '.join(named[:-1])} and {named[-1]} {verb}"
        return f"{shown} without {lacking}" if lacking else f"{shown}, and do not fit together"


@functools.cache
def rows() -> tuple[Clash, ...]:
    """Return all rows. Raises: ValueError for a row with a key that nobody knows."""
    text = files("deploy_suite.knowledge").joinpath("clashes.toml").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> tuple[Clash, ...]:
    """Return the rows in *text*. Raises: ValueError for a row with a key that nobody knows."""
    listed = tomllib.loads(text)["clash"]
    known = {one.name for one in fields(Clash)}
    unknown = sorted({key for row in listed for key in row} - known)
    if unknown:
        raise ValueError(f"clashes.toml: unknown keys: {', '.join(unknown)}")
    return tuple(_clash(row) for row in listed)


def met(versions: Mapping[str, str], *, is_complete: bool = False) -> tuple[Clash, ...]:
    """Return the clashes among *versions*, the one that people meet most first."""
    found = [clash for clash in rows() if clash.is_met(versions, is_complete=is_complete)]
    return tuple(sorted(found, key=lambda clash: clash.rank))


def shown_in(text: str, slug: str, versions: Mapping[str, str]) -> Clash | None:
    """Return the clash among *versions*, those of a whole environment, whose very error *text*, told as *slug*, has."""
    found = met(versions, is_complete=True)
    return next((one for one in found if one.slug == slug and one.error and one.error in text), None)


def _clash(row: Mapping[str, Any]) -> Clash:
    values: dict[str, Any] = {key: tuple(value) if key in _LISTS else value for key, value in row.items()}
    return Clash(**values)


def _lies_in(version: str | None, span: str) -> bool:
    if version is None:
        return False
    read = _version(version)
    return read is not None and (not span or read in _specifiers(span))


@functools.cache
def _specifiers(span: str) -> SpecifierSet:
    return SpecifierSet(span, prereleases=True)


@functools.lru_cache(maxsize=2048)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
