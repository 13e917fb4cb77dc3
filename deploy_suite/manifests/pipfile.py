"""Pipfile text into the packages that it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.manifests import dependency_table, toml_document
from deploy_suite.manifests.requirements_file import LineProblem, RequirementLine
from deploy_suite.manifests.toml_document import TomlDocument

_OTHER_TABLES: Final = frozenset({"source", "requires", "scripts", "pipenv", "packages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipfile:
    """What a Pipfile says.

    Shape: `packages` are those of every installation; `categories` those of the other tables, `dev-packages` among
    them.
    """

    packages: tuple[RequirementLine, ...]
    categories: Mapping[str, tuple[RequirementLine, ...]] = field(default_factory=dict)


def parse(text: str, *, file: str) -> Pipfile:
    """Return what *text* says. Raises: ManifestError for text that is no TOML.

    Source: https://pipenv.pypa.io/en/latest/pipfile.html
    """
    document = toml_document.parse(text, file=file)
    others = [name for name in document.values if name not in _OTHER_TABLES and document.table(name)]
    found = {name: _table(document, name) for name in ("packages", *others)}
    lines = {name: tuple(line for line in part if isinstance(line, RequirementLine)) for name, part in found.items()}
    return Pipfile(packages=lines.pop("packages"), categories=lines)


def _table(document: TomlDocument, name: str) -> tuple[RequirementLine | LineProblem, ...]:
    return tuple(
        found
        for package, value in document.table(name).items()
        for found in dependency_table.requirements(
            package, value, document.location(name, package), constraint=dependency_table.pep440
        )
    )
