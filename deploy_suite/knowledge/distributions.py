"""The name that a program imports → the distribution to name in a remedy, and how slugs spell it."""

from collections.abc import Mapping

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from deploy_suite.knowledge.import_names import distributions


def distribution(module: str) -> str:
    """Return the usual distribution of *module*; its own first part where no other name is known."""
    known = distributions(module)
    return known[0].partition("<")[0] if known else module.partition(".")[0].replace("_", "-")


def slug_name(package: str) -> str:
    """Return *package* as slugs spell it: lower case, with dashes, without a version."""
    return str(canonicalize_name(package.partition("<")[0].strip()))


def age(values: Mapping[str, str]) -> str:
    """Return how the Python stands to a release that was asked for: "too-new" where the index offers it newer ones alone.

    Shape: reads `requested` and `available` ("1.0, 1.1"); "" where they do not tell.
    """
    try:
        requested = Version(values.get("requested", ""))
        available = [Version(one.strip()) for one in values.get("available", "").split(",")]
    except InvalidVersion:
        return ""
    if requested < min(available):
        return "too-new"
    return "too-old" if requested > max(available) else ""
