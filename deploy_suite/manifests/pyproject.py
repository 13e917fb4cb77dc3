"""pyproject.toml into the dependencies and commands that it declares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.manifests import dependency_table, poetry_constraint, toml_document
from deploy_suite.manifests.requirements_file import LineProblem, RequirementLine
from deploy_suite.manifests.toml_document import TomlDocument, as_array, as_table
from deploy_suite.model.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonProject:
    """A project as its pyproject.toml states it.

    Shape: `name` is canonical, "" without one. `dependencies` are those of every installation, `extras` by the name of
    the extra, `groups` by that of the group (PEP 735, Poetry's groups, uv's `dev-dependencies` as "dev").
    `has_poetry` tells whether there is a table [tool.poetry].
    """

    name: str = ""
    dependencies: tuple[RequirementLine, ...] = ()
    extras: Mapping[str, tuple[RequirementLine, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[RequirementLine, ...]] = field(default_factory=dict)
    dynamic: tuple[str, ...] = ()
    has_poetry: bool = False
    problems: tuple[LineProblem, ...] = ()


_Found = RequirementLine | LineProblem


def parse(text: str, *, file: str) -> PythonProject:
    """Return what *text* declares. Raises: ManifestError for text that is no TOML.

    Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and PEP 735;
    https://python-poetry.org/docs/pyproject/; https://docs.astral.sh/uv/reference/settings/
    """
    document = toml_document.parse(text, file=file)
    dependencies = (*_listed(document, "project", "dependencies"), *_poetry(document, optional=False))
    extras = _extras(document)
    groups = _groups(document)
    everything = chain(dependencies, *extras.values(), *groups.values())
    return PythonProject(
        name=_name(document),
        dependencies=_lines(dependencies),
        extras={name: _lines(found) for name, found in extras.items()},
        groups={name: _lines(found) for name, found in groups.items()},
        dynamic=_texts(document.get("project", "dynamic")),
        has_poetry=bool(document.table("tool", "poetry")),
        problems=tuple(dict.fromkeys(found for found in everything if isinstance(found, LineProblem))),
    )


def _lines(found: Sequence[_Found]) -> tuple[RequirementLine, ...]:
    return tuple(line for line in found if isinstance(line, RequirementLine))


def _listed(document: TomlDocument, *path: str | int) -> tuple[_Found, ...]:
    """Return the requirements in the array at *path*; other items, such as `{include-group = …}`, are left out."""
    items = enumerate(as_array(document.get(*path)))
    return tuple(_requirement(item, document.location(*path, at)) for at, item in items if isinstance(item, str))


def _requirement(text: str, location: Location) -> _Found:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        return LineProblem(
            code="requirements-syntax",
            message=f"{text!r} is no requirement: {str(error).partition(chr(10))[0]}",
            location=location,
            remedy=f"write it as 'name>=version' at {location}",
        )
    return RequirementLine(
        name=canonicalize_name(requirement.name),
        requirement=requirement,
        text=text,
        location=location,
        target=requirement.url or "",
    )


def _poetry(document: TomlDocument, *, optional: bool) -> tuple[_Found, ...]:
    """Return Poetry's main dependencies, those that are `optional` or the others.

    Beside [project] the table only adds sources to what is listed there, unless that is `dynamic`.
    """
    path = ("tool", "poetry", "dependencies")
    is_dynamic = "dependencies" in _texts(document.get("project", "dynamic"))
    is_addition = bool(document.get("project", "dependencies")) and not is_dynamic
    table = {} if is_addition else document.table(*path)
    named = {name for name, value in table.items() if as_table(value).get("optional") is True}
    return tuple(_poetry_table(document, path, [name for name in table if (name in named) is optional]))


def _poetry_table(document: TomlDocument, path: tuple[str, ...], names: Sequence[str]) -> Iterator[_Found]:
    for name in names:
        if name.lower() != "python":
            value = document.get(*path, name)
            location = document.location(*path, name)
            yield from dependency_table.requirements(name, value, location, constraint=poetry_constraint.specifiers)


def _extras(document: TomlDocument) -> Mapping[str, tuple[_Found, ...]]:
    found = {
        name: _listed(document, "project", "optional-dependencies", name)
        for name in document.table("project", "optional-dependencies")
    }
    optional = _poetry(document, optional=True)
    for name, members in document.table("tool", "poetry", "extras").items():
        wanted = {canonicalize_name(member) for member in _texts(members)}
        lines = (line for line in optional if isinstance(line, LineProblem) or line.name in wanted)
        found[name] = (*found.get(name, ()), *lines)
    return found


def _groups(document: TomlDocument) -> Mapping[str, tuple[_Found, ...]]:
    found = {name: _group(document, name, ()) for name in document.table("dependency-groups")}
    poetry = {name: ("tool", "poetry", "group", name) for name in document.table("tool", "poetry", "group")}
    tables = {name: (*path, "dependencies") for name, path in poetry.items()}
    if legacy := document.table("tool", "poetry", "dev-dependencies"):
        found["dev"] = (
            *found.get("dev", ()),
            *_poetry_table(document, ("tool", "poetry", "dev-dependencies"), tuple(legacy)),
        )
    for name, path in tables.items():
        found[name] = (*found.get(name, ()), *_poetry_table(document, path, tuple(document.table(*path))))
    if uv := _listed(document, "tool", "uv", "dev-dependencies"):
        found["dev"] = (*found.get("dev", ()), *uv)
    return found


def _group(document: TomlDocument, name: str, outer: tuple[str, ...]) -> tuple[_Found, ...]:
    """Return the requirements of a group of PEP 735 and of the groups that it includes."""
    if name in outer:
        return ()
    found = list(_listed(document, "dependency-groups", name))
    names = {canonicalize_name(known): known for known in document.table("dependency-groups")}
    for item in as_array(document.get("dependency-groups", name)):
        included = as_table(item).get("include-group")
        if isinstance(included, str) and canonicalize_name(included) in names:
            found.extend(_group(document, names[canonicalize_name(included)], (*outer, name)))
    return tuple(dict.fromkeys(found))


def _name(document: TomlDocument) -> str:
    written = document.get("project", "name") or document.get("tool", "poetry", "name")
    return canonicalize_name(written) if isinstance(written, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in as_array(value) if isinstance(item, str))
