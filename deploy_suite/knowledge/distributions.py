"""The name that a program imports → the distribution to name in a remedy, and how slugs spell it."""

from packaging.utils import canonicalize_name

from deploy_suite.knowledge.import_names import distributions


def distribution(module: str) -> str:
    """Return the usual distribution of *module*; its own first part where no other name is known."""
    known = distributions(module)
    return known[0].partition("<")[0] if known else module.partition(".")[0].replace("_", "-")


def slug_name(package: str) -> str:
    """Return *package* as slugs spell it: lower case, with dashes, without a version."""
    return str(canonicalize_name(package.partition("<")[0].strip()))
