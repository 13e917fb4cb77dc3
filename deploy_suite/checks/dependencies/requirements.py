"""What the build installs and what other manifests list: where a requirement stands, and where one is to be added."""

import functools
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.checks.base import Case
from deploy_suite.environments import recipe
from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe
from deploy_suite.knowledge import system_libraries
from deploy_suite.manifests import pipfile, pyproject, requirements_file
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.location import Location

_DEEP: Final = 3
_SKIPPED: Final = frozenset({"node_modules", "venv", "env", "site-packages", "__pycache__"})
_CONDA: Final = re.compile(r"(?:conda-)?env(?:ironment)?[\w.-]*\.ya?ml")
# What pip takes for a folder: with a slash in it, or dots alone.
_FOLDER: Final = re.compile(r"(?:file:)?(?P<path>\.{1,2}|[\w.-]*/[\w./-]*)(?:\[(?P<extras>[^\]]*)\])?")
_ADDING: Final = {"poetry": "poetry add", "uv sync": "uv add", "pipenv": "pipenv install"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A requirement line, and in which part of its file it stands ("group dev", "extra test", "")."""

    line: RequirementLine
    part: str = ""

    @property
    def location(self) -> Location:
        """The place of the line."""
        return self.line.location


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the manifests say.

    Shape: `installed` are the lines that the build installs; `target` is the file to which a requirement would be
    added, "" where none is known, and `tool` the program that installs from it. `is_pure` says that the build does
    nothing but install, so that it cannot write a module of the project. `top` is where other manifests are looked for.
    """

    installed: tuple[Listed, ...]
    top: Path | None
    target: str
    tool: str
    is_pure: bool
    build: Location | None

    @functools.cached_property
    def others(self) -> tuple[Listed, ...]:
        """The lines of the repository's other manifests: all folders are walked for them, when they are asked for."""
        known = {listed.location for listed in self.installed}
        everything = _everything(self.top) if self.top else ()
        return tuple(listed for listed in everything if listed.location not in known)

    @property
    def names(self) -> frozenset[str]:
        """The canonical names of what the build is told to install."""
        return frozenset(listed.line.name for listed in self.installed if listed.line.name)

    def listed(self, names: frozenset[str]) -> Listed | None:
        """Return the line by which the build installs one of the canonical *names*."""
        return next((listed for listed in self.installed if listed.line.name in names), None)

    def elsewhere(self, names: frozenset[str]) -> Listed | None:
        """Return a line that names one of *names* but is not among those that the build installs."""
        return next((listed for listed in self.others if listed.line.name in names), None)

    def add(self, distribution: str) -> str:
        """Return the imperative sentence that adds *distribution* where the build will find it."""
        distribution = system_libraries.complete(distribution)
        if self.tool in _ADDING:
            return f"run `{_ADDING[self.tool]} {distribution}` and commit the manifest and the lock file"
        if self.target:
            return f"add `{distribution}` to {self.target} and commit it"
        where = f" ({self.build})" if self.build else ""
        other = self.elsewhere(frozenset({canonicalize_name(distribution.partition("[")[0])}))
        if other and other.location.file.endswith(".txt"):
            file = other.location.file
            return f"install {file}, which lists it, in the build command{where}: `pip install -r {file}`"
        return f"install `{distribution}` in the build command{where}, best from a requirements.txt"


def read(case: Case) -> Declared:
    """Return what the manifests of *case* declare."""
    plan = recipe.read(case.contract, case.snapshot)
    installs = [install for install in plan.installs if not install.is_seed]
    return Declared(
        installed=tuple(_installed(plan, installs, case.snapshot.folder)),
        top=case.snapshot.folder,
        target=_target(installs),
        tool=next((install.tool for install in installs if install.tool in _ADDING), ""),
        is_pure=plan.is_pure and not any(install.is_local for install in installs),
        build=plan.location,
    )


def everywhere(top: Path) -> Declared:
    """Return what all manifests in the repository list: which of them a build installs is not known."""
    return Declared(
        installed=tuple(_everything(top)), top=None, target="requirements.txt", tool="", is_pure=False, build=None
    )


def _target(installs: Sequence[Install]) -> str:
    files = [file for install in installs for file in install.files]
    manifests = [file for install in installs for file in install.locks if file.endswith((".toml", "Pipfile"))]
    plain = [file for file in files if "dev" not in posixpath.basename(file)]
    return next(iter((*plain, *files, *manifests)), "")


def _installed(plan: Recipe, installs: Sequence[Install], top: Path) -> Iterator[Listed]:
    yield from (Listed(line) for line in plan.lines)
    yield from _of_folders(plan, installs, top)
    for install in installs:
        for text in install.requirements:
            yield from _word(text, install.location or plan.location)
        for file in install.locks:
            yield from (listed for listed in _manifest(top, file) if not listed.part)


def _of_folders(plan: Recipe, installs: Sequence[Install], top: Path) -> Iterator[Listed]:
    """Yield what the folders of the repository require that are installed themselves: `pip install .`, `-e ./lib`."""
    here = installs[0].folder if installs else plan.folder
    targets = [(here, line.target) for line in plan.lines if line.target]
    targets += [(one.folder, word) for one in installs for word in (*one.requirements, *one.editables)]
    for folder, target in dict.fromkeys(targets):
        match = _FOLDER.fullmatch(target)
        if match:
            wanted = {f"extra {name.strip()}" for name in (match["extras"] or "").split(",")}
            file = posixpath.normpath(posixpath.join(folder, match["path"], "pyproject.toml"))
            if not file.startswith(("..", "/")):
                yield from (one for one in _manifest(top, file) if not one.part or one.part in wanted)


def _word(text: str, location: Location | None) -> Iterator[Listed]:
    """Return the requirement that a word of an install command names."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return
    name = canonicalize_name(requirement.name)
    place = location or Location("the build command")
    yield Listed(RequirementLine(name=name, requirement=requirement, text=text, location=place))


def _everything(top: Path) -> Iterator[Listed]:
    """Return the lines of every manifest in the repository, those near the top first."""
    for file in sorted(_files(top), key=lambda file: (file.count("/"), file)):
        yield from _manifest(top, file)


def _files(top: Path) -> Iterator[str]:
    for base, folders, names in os.walk(top):
        relative = PurePosixPath(Path(base).relative_to(top).as_posix())
        deep = len(relative.parts)
        folders[:] = [n for n in folders if deep < _DEEP and not n.startswith(".") and n not in _SKIPPED]
        for name in names:
            is_list = name.endswith(".txt") and ("require" in name or relative.name.startswith("require"))
            if is_list or name in {"pyproject.toml", "Pipfile"} or _CONDA.fullmatch(name):
                yield str(relative / name)


def _manifest(top: Path, file: str) -> Iterator[Listed]:
    try:
        yield from of_text((top / file).read_bytes(), file)
    except OSError:
        return


def of_text(content: bytes, file: str) -> Iterator[Listed]:
    """Yield the requirements that *content*, that of *file*, lists; none where it cannot be read."""
    text = content.decode(errors="replace")
    try:
        if file.endswith("pyproject.toml"):
            yield from _project(text, file)
        elif file.endswith("Pipfile"):
            yield from _pipfile(text, file)
        elif file.endswith((".yml", ".yaml")):
            from deploy_suite.manifests import conda_file  # noqa: PLC0415  YAML takes 15 ms to import

            found = conda_file.parse(text, file=file)
            yield from (Listed(line, "for conda") for line in found.conda)
            yield from (Listed(line, "for pip under conda") for line in found.pip)
        elif file.endswith(".txt"):
            yield from (Listed(line) for line in requirements_file.parse(content, file=file).requirements)
    except ManifestError:
        return


def _project(text: str, file: str) -> Iterator[Listed]:
    project = pyproject.parse(text, file=file)
    yield from (Listed(line) for line in project.dependencies)
    yield from (Listed(line, f"extra {name}") for name, lines in project.extras.items() for line in lines)
    yield from (Listed(line, f"group {name}") for name, lines in project.groups.items() for line in lines)


def _pipfile(text: str, file: str) -> Iterator[Listed]:
    read_file = pipfile.parse(text, file=file)
    yield from (Listed(line) for line in read_file.packages)
    yield from (Listed(line, name) for name, lines in read_file.categories.items() for line in lines)
