"""Poetry's version constraints into PEP 440 specifiers."""

import re
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_TERM: Final = re.compile(r"(?P<operator>\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*v?(?P<version>[^\s,|^~=!<>]+)")
_ANY: Final = frozenset({"*", "x", "X"})
_JOINED: Final = re.compile(r"(?:\s*,\s*|\s+)(?=[\^~=!<>\dv*])")


def specifiers(constraint: str) -> SpecifierSet | None:
    """Return what PEP 440 has for *constraint*; None for a union (`>=1,<2 || >=3`) and for what is no constraint.

    Source: https://python-poetry.org/docs/dependency-specification/#version-constraints
    """
    text = re.sub(r"(?<=[\^~=!<>])\s+", "", constraint.strip().rstrip(","))
    if "|" in text:
        return None
    try:
        return SpecifierSet(",".join(filter(None, (_term(part) for part in _JOINED.split(text)))))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def _term(part: str) -> str:
    match = _TERM.fullmatch(part.strip())
    if match is None:
        raise ValueError(part)
    operator, version = match["operator"] or "", match["version"]
    if version in _ANY and not operator:
        return ""
    if version.endswith((".*", ".x", ".X")):
        version = version[:-2]
        if operator in {"", "=", "==", "!="}:
            return f"{'!=' if operator == '!=' else '=='}{version}.*"
    match operator:
        case "^":
            return f">={version},<{_next_breaking(version)}"
        case "~" | "~=" if operator == "~" or "." not in version:
            return f">={version},<{_next_minor(version)}"
        case "" | "=":
            return f"=={version}"
        case _:
            return f"{operator}{version}"


def _next_breaking(version: str) -> str:
    """Return the first version that the caret excludes: the leftmost part that is not zero goes up."""
    release = Version(version).release
    place = next((at for at, part in enumerate(release) if part), len(release) - 1)
    return _bumped(release, place)


def _next_minor(version: str) -> str:
    release = Version(version).release
    return _bumped(release, min(1, len(release) - 1))


def _bumped(release: tuple[int, ...], place: int) -> str:
    parts = [*release[:place], release[place] + 1, *(0 for _ in release[place + 1 :])]
    return ".".join(str(part) for part in parts)
