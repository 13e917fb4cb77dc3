"""A conda environment.yml into what it lists, from conda's channels and from pip."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.manifests import requirement_text, yaml_document
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.manifests.yaml_document import Block, Items, Node, Scalar
from deploy_suite.model.location import Location

# channel::name =version=build, name >=1,<2, name 1.2.*
_SPEC: Final = re.compile(
    r"(?:[\w./:-]+::)?(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?![\w.-])\s*(?P<version>[^\[]*)", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaFile:
    """What an environment.yml lists. Shape: `conda` come from channels, under names that mostly are those of PyPI."""

    conda: tuple[RequirementLine, ...] = ()
    pip: tuple[RequirementLine, ...] = ()


def parse(text: str, *, file: str) -> CondaFile:
    """Return what *text* lists. Raises: ManifestError for text that is no YAML mapping.

    Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
    """
    document = yaml_document.parse(text, file=file)
    listed = _items(document.get("dependencies") if isinstance(document, Block) else None)
    pip = (line for item in listed if isinstance(item, Block) for line in _items(item.get("pip")))
    return CondaFile(
        conda=tuple(line for item in listed if isinstance(item, Scalar) for line in _of_conda(item, file)),
        pip=tuple(line for item in pip if isinstance(item, Scalar) for line in _of_pip(item, file)),
    )


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _of_conda(item: Scalar, file: str) -> Iterator[RequirementLine]:
    """Yield the distribution; Python and pip themselves are none that a project requires."""
    match = _SPEC.match(item.text.strip())
    if match and match["name"].lower() not in {"python", "pip"}:
        name = canonicalize_name(match["name"])
        yield RequirementLine(
            name=name, requirement=_requirement(match), text=item.text, location=Location(file, item.line)
        )


def _requirement(match: re.Match[str]) -> Requirement:
    """Return it in the words of PyPI, without its version where conda's has no such words."""
    version = match["version"].strip()
    if re.fullmatch(r"=?[\w.]+(?:=\w+)?", version):  # "=1.2" and "=1.2=build" mean any 1.2
        version = f"=={version.lstrip('=').partition('=')[0]}.*"
    try:
        return Requirement(f"{match['name']}{version}")
    except InvalidRequirement:
        return Requirement(match["name"])


def _of_pip(item: Scalar, file: str) -> Iterator[RequirementLine]:
    read = requirement_text.read(item.text)
    if read.name:
        yield RequirementLine(
            name=read.name,
            requirement=read.requirement,
            text=item.text,
            location=Location(file, item.line),
            target=read.target,
        )
