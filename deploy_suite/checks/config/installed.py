"""The calls of a build into the distributions that they install, as far as reading tells."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.checks.config.calls import Call, Calls, Step
from deploy_suite.environments import installs
from deploy_suite.environments.installs import Install
from deploy_suite.manifests import requirements_file, toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.requirements_file import LineProblem, RequirementsFile
from deploy_suite.project import snapshot_files

_LOCK_NAME: Final = re.compile(r'(?m)^name\s*=\s*"([^"]+)"')
_PIPFILE_LOCK_NAME: Final = re.compile(r'(?m)^        "([A-Za-z0-9._-]+)":\s*\{')
_INSTALLERS: Final = frozenset({"pip", "pip3", "uv", "poetry", "pipenv", "pdm", "rye", "hatch", "easy_install"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What a build installs.

    Shape: `names` are canonical names of requirements, and of all that lock files hold; `extras` maps a name onto the
    extras asked for. `is_closed` says that all of it comes from lock files, so that a name that is not there is not
    installed; `is_certain` that nothing was left that reading does not tell. `files` are the requirement files that
    were read, `installs` the calls with what each asks for; `is_local` says that the project itself is installed.
    """

    names: frozenset[str]
    extras: Mapping[str, frozenset[str]]
    is_closed: bool
    is_certain: bool
    is_local: bool
    files: tuple[RequirementsFile, ...]
    installs: tuple[tuple[Call, Install], ...]

    @property
    def problems(self) -> tuple[LineProblem, ...]:
        """What is wrong with the lines of the requirement files, each once."""
        return tuple(dict.fromkeys(problem for file in self.files for problem in file.problems))


@dataclass(slots=True)
class _Found:
    names: set[str] = field(default_factory=set)
    extras: dict[str, set[str]] = field(default_factory=dict)
    is_closed: bool = True
    is_certain: bool = True
    is_local: bool = False
    files: list[RequirementsFile] = field(default_factory=list)

    def requirement(self, requirement: Requirement) -> None:
        name = canonicalize_name(requirement.name)
        self.names.add(name)
        self.extras.setdefault(name, set()).update(requirement.extras)

    def text(self, text: str) -> None:
        try:
            self.requirement(Requirement(text.partition(";")[0].strip()))
        except InvalidRequirement:
            self.is_certain = False


def read(calls: Calls, folder: Path) -> Installed:
    """Return what the build of a service, and the start where it installs too, puts into the environment."""
    found = _Found(is_certain=Step.BUILD not in calls.uncertain)
    done: list[tuple[Call, Install]] = []
    for call in calls.of(Step.BUILD, Step.START):
        install = _install(call, folder)
        if install is not None:
            done.append((call, install))
            _add(install, found, folder)
        elif call.program in _INSTALLERS and _may_install(call):
            found.is_certain = False
    return Installed(
        names=frozenset(found.names),
        extras={name: frozenset(extras) for name, extras in found.extras.items()},
        is_closed=found.is_closed and bool(done),
        is_certain=found.is_certain and bool(done),
        is_local=found.is_local,
        files=tuple(found.files),
        installs=tuple(done),
    )


def _install(call: Call, folder: Path) -> Install | None:
    if call.folder is None:
        return None
    return installs.of_command(
        call.command,
        folder="" if call.folder == PurePosixPath() else str(call.folder),
        top=folder,
        location=call.location,
    )


def _may_install(call: Call) -> bool:
    return bool({"install", "sync", "add", "update", "upgrade", "lock"} & set(call.words)) or call.program == "uv"


def _add(install: Install, found: _Found, folder: Path) -> None:
    if install.is_seed:
        found.names.update(_names(install.requirements))
        return
    for text in install.requirements:
        _add_word(text, install, found, folder)
    for file in install.files:
        if file not in install.locks:
            _add_file(file, found, folder)
    if install.tool in {"uv sync", "poetry", "pipenv"} or install.locks:
        _add_locked(install, found, folder)
    if not (install.requirements or install.files or install.locks):
        found.is_certain = False


def _names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            continue


def _add_word(text: str, install: Install, found: _Found, folder: Path) -> None:
    local = re.match(r"^(?P<path>\.{1,2}(?:/[\w./-]*)?|[\w.-]+/[\w./-]*)(?:\[(?P<extras>[\w, -]*)\])?$", text)
    if local:
        found.is_local = True
        extras = {part.strip() for part in (local["extras"] or "").split(",")}
        _add_project(posixpath.normpath(posixpath.join(install.folder, local["path"])), extras, found, folder)
        return
    found.is_closed = False
    found.text(text)


def _add_file(file: str, found: _Found, folder: Path) -> None:
    found.is_closed = False
    for read_file in requirements_file.load(folder, file):
        found.files.append(read_file)
        if read_file.is_constraint:
            continue
        if any(problem.is_fatal for problem in read_file.problems):
            found.is_certain = False
        for line in read_file.requirements:
            if line.requirement is not None:
                found.requirement(line.requirement)
            elif line.target:
                _add_target(line.target, found, folder)


def _add_target(target: str, found: _Found, folder: Path) -> None:
    """Add a local project that a requirements file names; of a URL without a name nothing is known."""
    if "://" in target:
        found.is_certain = False
        return
    found.is_local = True
    _add_project(posixpath.normpath(target.partition("[")[0]), set(), found, folder)


def _add_locked(install: Install, found: _Found, folder: Path) -> None:
    texts = {
        file: text for file in install.locks if (text := snapshot_files.text(folder, PurePosixPath(file))) is not None
    }
    if not texts:  # the tool ends for want of them, and what it would bring is in files that lie elsewhere
        found.is_certain = False
    for file, text in texts.items():
        name = posixpath.basename(file)
        if name in {"uv.lock", "poetry.lock"}:
            found.names.update(canonicalize_name(one) for one in _LOCK_NAME.findall(text))
        elif name == "Pipfile.lock":
            found.names.update(canonicalize_name(one) for one in _PIPFILE_LOCK_NAME.findall(text))
        elif name == "Pipfile":
            _add_pipfile(text, file, found)
        elif name == "pyproject.toml":
            _add_project(posixpath.dirname(file), set(), found, folder, is_all=True)
        else:
            found.is_certain = False
    found.is_local = found.is_local or install.is_local
    if not install.is_locked:
        found.is_closed = False


def _add_pipfile(text: str, file: str, found: _Found) -> None:
    table = _toml(text, file, found)
    for section in ("packages", "dev-packages"):
        found.names.update(canonicalize_name(str(name)) for name in toml_document.as_table(table.get(section)))


def _toml(text: str, file: str, found: _Found) -> Mapping[str, object]:
    try:
        return toml_document.values(text, file=file)
    except ManifestError:
        found.is_certain = False
        return {}


def _add_project(base: str, extras: set[str], found: _Found, folder: Path, *, is_all: bool = False) -> None:
    """Add what the project in *base* requires; *is_all* takes every group and extra, as a lock file holds them."""
    file = posixpath.join(base, "pyproject.toml")
    text = snapshot_files.text(folder, PurePosixPath(file))
    if text is None:
        found.is_certain = False
        return
    table = _toml(text, file, found)
    project = toml_document.as_table(table.get("project"))
    poetry = toml_document.as_table(toml_document.value_at(table, "tool", "poetry"))
    if not is_all:
        found.is_closed = False
    if "dependencies" in toml_document.as_array(project.get("dynamic")) and not poetry:
        found.is_certain = False
    if not project and not poetry:
        found.is_certain = False
    _add_pep621(project, extras, found, is_all=is_all, groups=toml_document.as_table(table.get("dependency-groups")))
    _add_poetry(poetry, found)


def _add_pep621(
    project: Mapping[str, object],
    extras: set[str],
    found: _Found,
    *,
    is_all: bool,
    groups: Mapping[str, object],
) -> None:
    texts = list(toml_document.as_array(project.get("dependencies")))
    for name, more in toml_document.as_table(project.get("optional-dependencies")).items():
        if is_all or name in extras:
            texts += toml_document.as_array(more)
    for more in groups.values() if is_all else ():
        texts += toml_document.as_array(more)
    for text in texts:
        if isinstance(text, str):
            found.text(text)


def _add_poetry(poetry: Mapping[str, object], found: _Found) -> None:
    groups = toml_document.as_table(poetry.get("group"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [toml_document.as_table(group).get("dependencies") for group in groups.values()]
    for table in tables:
        for name, wanted in toml_document.as_table(table).items():
            canonical = canonicalize_name(name)
            found.names.add(canonical)
            extras = toml_document.as_array(toml_document.as_table(wanted).get("extras"))
            found.extras.setdefault(canonical, set()).update(str(extra) for extra in extras)
