"""The log of a failed installation from a lock file → the locked versions that it blames."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.environments.recipe import Recipe
from deploy_suite.manifests import lock_files
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.lock_files import LockFile
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.location import Location

_READERS: Final[Mapping[str, Callable[..., LockFile]]] = {
    "poetry.lock": lock_files.parse_poetry,
    "uv.lock": lock_files.parse_uv,
    "Pipfile.lock": lock_files.parse_pipenv,
}
# How pip (under Pipenv), Poetry and uv name the package that could not be built.
_BLAMED: Final = re.compile(
    r"(?:[Ff]ailed building wheel for|Could not build wheels for|following issues with|Unable to build"
    r"|Failed to (?:download and )?build|based projects)[\s`'(]+(?P<name>[A-Za-z0-9][\w.-]*)"
)


def lines(recipe: Recipe, top: Path, log: str) -> tuple[RequirementLine, ...]:
    """Return the locked versions that *log* blames, each at its line in the lock file.

    Shape: of what comes from an address or a folder the index knows nothing, so that is left out.
    """
    blamed: set[str] = {canonicalize_name(match["name"]) for match in _BLAMED.finditer(log)}
    files = dict.fromkeys(file for install in recipe.installs for file in install.locks)
    return tuple(line for file in files if blamed for line in _of_file(file, top, blamed))


def _of_file(file: str, top: Path, blamed: set[str]) -> Iterator[RequirementLine]:
    reader = _READERS.get(PurePosixPath(file).name)
    if reader is None:
        return
    try:
        text = (top / file).read_text(encoding="utf-8", errors="replace")
        lock = reader(text, file=file)
    except (OSError, ManifestError):
        return
    for name in sorted(blamed & set(lock.packages) & lock_files.of_index(lock)):
        try:
            requirement = Requirement(f"{name}=={lock.packages[name].removeprefix('==')}")
        except InvalidRequirement:
            continue
        yield RequirementLine(
            name=name,
            requirement=requirement,
            text=str(requirement),
            location=Location(file, _line_of(name, text)),
            target="",
        )


def _line_of(name: str, text: str) -> int:
    """Return the line on which the entry of *name* begins, 0 where it is spelt in another way."""
    spelt = re.escape(name).replace(r"\-", "[-_.]")
    entry = re.compile(rf"^(?:\s*\"{spelt}\": \{{|name = \"{spelt}\")", re.IGNORECASE | re.MULTILINE)
    found = entry.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0
