"""The name that a program imports → the distributions that provide it, as far as they are known without an index."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


@cache
def rows() -> Mapping[str, tuple[str, ...]]:
    """Return every known name with its distributions, the usual one first."""
    text = files("deploy_suite.knowledge").joinpath("import_names.toml").read_text(encoding="utf-8")
    families = tomllib.loads(text)["family"]
    return {name: tuple(found) for family in families for name, found in family["names"].items()}


@cache
def top_levels() -> frozenset[str]:
    """Return the first parts of the known names: those that a folder of the project must not be taken for."""
    return frozenset(name.partition(".")[0] for name in rows())


def known_part(module: str, *, names: tuple[str, ...] = ()) -> str:
    """Return the longest part of *module* that a row knows, "" when none does."""
    for dotted in (*(f"{module}.{name}" for name in names), module):
        parts = dotted.split(".")
        for end in range(len(parts), 0, -1):
            if (part := ".".join(parts[:end])) in rows():
                return part
    return ""


def distributions(module: str, *, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the distributions that provide *module*, () when none is known.

    Shape: *names* are what a `from` import takes: `from google.cloud import storage` is google.cloud.storage.
    More than one means that the name alone does not tell which.
    """
    part = known_part(module, names=names)
    return rows()[part] if part else ()


def modules(distribution: str) -> tuple[str, ...]:
    """Return the modules that *distribution* (canonical) provides, its own name among them: as most are called."""
    known = (name for name, found in rows().items() if distribution in canonical(found))
    return (*known, distribution.replace("-", "_"))


def canonical(distributions: tuple[str, ...]) -> frozenset[str]:
    """Return the canonical names of *distributions*, without versions and remarks."""
    return frozenset(filter(None, map(_canonical, distributions)))


def _canonical(text: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return canonicalize_name(text.split(" ", maxsplit=1)[0])
