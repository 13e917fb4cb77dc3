"""A `name = …` line of Poetry or Pipenv into a requirement."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from deploy_suite.manifests.requirements_file import LineProblem, RequirementLine
from deploy_suite.manifests.toml_document import as_array
from deploy_suite.model.location import Location

Constraint = Callable[[str], SpecifierSet | None]

_VCS: Final = ("git", "hg", "svn", "bzr")
_MARKERS: Final = ("sys_platform", "platform_system", "platform_machine", "os_name", "implementation_name")


def pep440(text: str) -> SpecifierSet | None:
    """Return *text* as specifiers, "*" as none of them; None where it is neither."""
    try:
        return SpecifierSet("" if text.strip() == "*" else text)
    except InvalidSpecifier:
        return None


def requirements(
    name: str, value: object, location: Location, *, constraint: Constraint
) -> Iterator[RequirementLine | LineProblem]:
    """Yield what `name = value` asks for: a version, a table, or (Poetry) a list of tables for several platforms."""
    for part in value if isinstance(value, list) else [value]:
        yield _requirement(name, part, location, constraint)


def _requirement(name: str, value: object, location: Location, constraint: Constraint) -> RequirementLine | LineProblem:
    table: Mapping[str, object] = value if isinstance(value, dict) else {"version": value}
    written = table.get("version", "*")
    target = _target(table)
    found = constraint(written) if isinstance(written, str) else None
    shown = f"{name} = {written!r}" if not target else f"{name} = {target!r}"
    if not isinstance(value, str | dict) or (found is None and not _is_union(written)):
        return _problem(shown, location)
    extras = ",".join(str(extra) for extra in as_array(table.get("extras")))
    markers = " and ".join(f"({marker})" for marker in _markers(table, constraint))
    url = f" @ {target}" if "://" in target else ""
    text = f"{name}{f'[{extras}]' if extras else ''}{url or (found or '')}{f' ; {markers}' if markers else ''}"
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return _problem(shown, location)
    return RequirementLine(
        name=canonicalize_name(requirement.name),
        requirement=requirement,
        text=shown,
        location=location,
        target=target,
        is_editable=bool(table.get("editable", table.get("develop", False))),
    )


def _is_union(written: object) -> bool:
    """Return whether *written* is Poetry's `||`, which PEP 440 lacks: any version is the nearest form."""
    return isinstance(written, str) and "|" in written


def _target(table: Mapping[str, object]) -> str:
    for kind in _VCS:
        if isinstance(url := table.get(kind), str):
            reference = next((table[key] for key in ("ref", "rev", "tag", "branch") if key in table), "")
            return f"{kind}+{url.removeprefix(f'{kind}+')}{f'@{reference}' if reference else ''}"
    found = (table[key] for key in ("url", "file", "path") if isinstance(table.get(key), str))
    return str(next(found, ""))


def _markers(table: Mapping[str, object], constraint: Constraint) -> Iterator[str]:
    if isinstance(markers := table.get("markers"), str) and markers.strip():
        yield markers
    if isinstance(platform := table.get("platform"), str):
        yield f"sys_platform == '{platform}'"
    if isinstance(python := table.get("python"), str) and (allowed := constraint(python)):
        for specifier in sorted(allowed, key=str):
            name = "python_version" if specifier.version.count(".") == 1 else "python_full_version"
            yield f"{name} {specifier.operator} '{specifier.version}'"
    for name in _MARKERS:
        if isinstance(condition := table.get(name), str):
            yield f"{name} {condition}"


def _problem(shown: str, location: Location) -> LineProblem:
    return LineProblem(
        code="requirements-syntax",
        message=f"{shown} is no requirement",
        location=location,
        remedy=f'write a version such as ">=1.2" or "*" at {location}',
    )
