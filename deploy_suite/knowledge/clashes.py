"""The versions that would be installed → the pairs among them that are known to fail together."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two ranges of versions that install together and fail together.

    Shape: ranges are PEP 440; `imports` is the module that fails, at its import where `when` is empty; `proof` and
    `repair` are what was really installed to see it fail and to see it work.
    """

    slug: str
    first: str
    first_range: str
    second: str
    second_range: str
    imports: str
    error: str
    fix: str
    proof: str
    repair: str
    source: str
    when: str = ""

    def is_met(self, versions: Mapping[str, str]) -> bool:
        """Whether *versions*, canonical names onto versions, hold both."""
        return _lies_in(versions.get(self.first), self.first_range) and _lies_in(
            versions.get(self.second), self.second_range
        )


@functools.cache
def rows() -> tuple[Clash, ...]:
    """Return all rows. Raises: ValueError for a row with a key that nobody knows."""
    text = files("deploy_suite.knowledge").joinpath("clashes.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["clash"]
    known = {field.name for field in fields(Clash)}
    unknown = sorted({key for row in listed for key in row} - known)
    if unknown:
        raise ValueError(f"clashes.toml: unknown keys: {', '.join(unknown)}")
    return tuple(Clash(**row) for row in listed)


def met(versions: Mapping[str, str]) -> tuple[Clash, ...]:
    """Return the clashes among *versions*."""
    return tuple(clash for clash in rows() if clash.is_met(versions))


def _lies_in(version: str | None, span: str) -> bool:
    try:
        return version is not None and Version(version) in SpecifierSet(span, prereleases=True)
    except InvalidVersion:
        return False
