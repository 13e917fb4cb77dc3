"""The name that a program imports → the distribution to name in a remedy, and how slugs spell it."""

import re
from collections.abc import Mapping
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from deploy_suite.knowledge.import_names import distributions, top_levels

# How names begin that packages of others have.
_FAMILIES: Final = re.compile(
    r"(?:django|flask|fastapi|starlette|aio|async|py|lang|llama|google|azure|aws|opentelemetry|sentry|wagtail|drf|rest_"
    r"|celery|sphinx|pytest|redis|mysql|psycopg|sql|open|tensor|torch|scikit|grpc|kafka|elastic|discord|telegram)\w*$"
)


def distribution(module: str) -> str:
    """Return the usual distribution of *module*; its own first part where no other name is known."""
    known = distributions(module)
    return known[0].partition("<")[0] if known else module.partition(".")[0].replace("_", "-")


def slug_name(package: str) -> str:
    """Return *package* as slugs spell it: lower case, with dashes, without a version."""
    return str(canonicalize_name(package.partition("<")[0].strip()))


def is_known(module: str) -> bool:
    """Whether *module* (or "", where none is named) is more likely somebody's package than a file of the project."""
    top = module.partition(".")[0]
    return not top or top in top_levels() or bool(_FAMILIES.match(top))


def age(values: Mapping[str, str]) -> str:
    """Return how the Python stands to a release that was asked for: "too-new" where there are newer ones alone.

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
