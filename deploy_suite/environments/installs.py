"""One command of a build into what it installs: pip, uv, Poetry and Pipenv."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from deploy_suite.environments import pip_call
from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.manifests.toml_document import as_table, value_at
from deploy_suite.model import on_disk
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

MANIFESTS: Final = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})
_LOCAL: Final = re.compile(
    r"^(?:\.{1,2}(?:/|$|\[)|/|~|\$)|^file:|@ *file:|^(?!.*://)(?:[^=<>~!@ ]+/|.*\.(?:whl|zip|tar\.gz)$)"
)
_POETRY_OPTIONS: Final = frozenset(
    [
        "--no-root",
        "--no-interaction",
        "-n",
        "--no-ansi",
        "--no-dev",
        "--sync",
        "--quiet",
        "-q",
        "-v",
        "-vv",
        "-vvv",
        "--no-cache",
        "--all-extras",
        "--all-groups",
        "--compile",
        "--no-directory",
    ]
)
_POETRY_VALUED: Final = frozenset(["--only", "--without", "--with", "--extras", "-E"])
_UV_SYNC_OPTIONS: Final = frozenset(
    [
        "--frozen",
        "--locked",
        "--no-dev",
        "--all-extras",
        "--all-groups",
        "--no-install-project",
        "--quiet",
        "-q",
        "--verbose",
        "-v",
        "--no-progress",
        "--compile-bytecode",
        "--no-editable",
        "--no-cache",
        "--active",
        "--inexact",
        "--no-default-groups",
        "--dev",
        "--only-dev",
    ]
)
_UV_SYNC_VALUED: Final = frozenset(["--extra", "--group", "--no-group", "--only-group", "--no-extra"])
_PIPENV_OPTIONS: Final = frozenset(
    ["--deploy", "--system", "--ignore-pipfile", "--dev", "-d", "--verbose", "--quiet", "--clear", "--keep-outdated"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One call of an installer.

    Shape: paths are relative to the repository. `requirements`, `files` and `constraints` must be resolved on the
    index; `locks` are the files that hold the answer already (and their manifests), `is_locked` says that one is there.
    `is_local` says that it installs something out of the repository, or that reading does not tell.
    `is_seed` says that it only renews pip and wheel.
    """

    tool: str
    folder: str
    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    is_locked: bool = False
    is_local: bool = False
    is_seed: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command stands."""

    folder: str
    top: Path
    location: Location | None

    def path(self, file: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, file))

    def has(self, file: str) -> bool:
        return on_disk.is_file(self.top / self.path(file))

    def table(self, file: str, *path: str) -> Mapping[str, object]:
        """Return the table at *path* of *file*, an empty one where there is none."""
        text = snapshot_files.text(self.top, PurePosixPath(self.path(file))) or ""
        try:
            return as_table(value_at(toml_document.values(text, file=file), *path))
        except ManifestError:
            return {}


def of_command(command: SimpleCommand, *, folder: str, top: Path, location: Location | None) -> Install | None:
    """Return what *command* installs, None when it is no call of an installer that is known."""
    program = posixpath.basename(command.program)
    reader = _READERS.get(program if program != "pip3" else "pip")
    return reader(command.words[1:], _Place(folder, top, location)) if reader else None


def _pip(words: Sequence[str], place: _Place) -> Install | None:
    if "install" not in words:
        return None
    call = pip_call.read(words)
    return _of_pip(call, place, tool="pip") if call else _unread("pip", place)


def _of_pip(call: pip_call.PipInstall, place: _Place, *, tool: str) -> Install:
    names = {_name(word) for word in call.requirements}
    return Install(
        tool=tool,
        folder=place.folder,
        requirements=call.requirements,
        editables=call.editables,
        files=tuple(place.path(file) for file in call.files),
        constraints=tuple(place.path(file) for file in call.constraints),
        options=call.options,
        locks=tuple(place.path(file) for file in call.files if posixpath.basename(file) in MANIFESTS),
        is_local=bool(call.editables) or any(_LOCAL.search(word) for word in call.requirements),
        is_seed=bool(names)
        and names <= {"pip", "wheel", "uv", "poetry", "pipenv"}
        and not call.files
        and not call.editables,
        location=place.location,
    )


def _name(word: str) -> str:
    try:
        return Requirement(word).name.lower()
    except InvalidRequirement:
        return word


def _unread(tool: str, place: _Place) -> Install:
    """Return an install of which only its being one is known."""
    return Install(tool=tool, folder=place.folder, is_local=True, location=place.location)


def _uv(words: Sequence[str], place: _Place) -> Install | None:
    if words[:2] == ("pip", "install"):
        call = pip_call.read(tuple(_without_target(words[1:])))
        return _of_pip(call, place, tool="uv pip") if call else _unread("uv", place)
    if words[:2] == ("pip", "sync") and not any(word.startswith("-") for word in words[2:]):
        call = pip_call.read(("install", *(part for word in words[2:] for part in ("-r", word))))
        return _of_pip(call, place, tool="uv pip") if call else _unread("uv", place)
    if words[:1] != ("sync",):
        return None
    options, understood = _options(words[1:], flags=_UV_SYNC_OPTIONS, valued=_UV_SYNC_VALUED)
    uv = place.table("pyproject.toml", "tool", "uv")
    is_package = (
        bool(uv.get("package", "build-system" in place.table("pyproject.toml")))
        and "--no-install-project" not in options
    )
    return Install(
        tool="uv sync",
        folder=place.folder,
        locks=(place.path("pyproject.toml"), place.path("uv.lock")),
        is_locked=place.has("uv.lock"),
        is_local=(is_package and "--no-install-project" not in options)
        or not understood
        or "workspace" in uv
        or "path" in str(uv.get("sources", "")),
        location=place.location,
    )


def _without_target(words: Sequence[str]) -> list[str]:
    """Leave out which environment uv is to install into: the build has one only."""
    return [word for word in words if word not in {"--system", "--no-progress", "--no-cache", "-n", "--link-mode=copy"}]


def _poetry(words: Sequence[str], place: _Place) -> Install | None:
    if "install" not in words and "sync" not in words:
        return None
    verb = next(word for word in words if word in {"install", "sync"})
    options, understood = _options(
        [word for word in words if word != verb], flags=_POETRY_OPTIONS, valued=_POETRY_VALUED
    )
    poetry = place.table("pyproject.toml", "tool", "poetry")
    installs_root = "--no-root" not in options and bool(poetry.get("package-mode", True))
    return Install(
        tool="poetry",
        folder=place.folder,
        locks=(place.path("pyproject.toml"), place.path("poetry.lock")),
        is_locked=place.has("poetry.lock"),
        is_local=installs_root or not understood or _has_path_dependency(poetry),
        location=place.location,
    )


def _has_path_dependency(poetry: Mapping[str, object]) -> bool:
    groups = [poetry, *as_table(poetry.get("group")).values()]
    return any(
        isinstance(wanted, dict) and "path" in wanted
        for group in groups
        for wanted in as_table(value_at(group, "dependencies")).values()
    )


def _pipenv(words: Sequence[str], place: _Place) -> Install | None:
    if words[:1] not in (("install",), ("sync",)):
        return None
    _, understood = _options(words[1:], flags=_PIPENV_OPTIONS, valued=frozenset())
    packages = place.table("Pipfile", "packages")
    is_local = any(
        isinstance(wanted, dict) and ("path" in wanted or "editable" in wanted) for wanted in packages.values()
    )
    return Install(
        tool="pipenv",
        folder=place.folder,
        locks=(place.path("Pipfile"), place.path("Pipfile.lock")),
        is_locked=place.has("Pipfile.lock"),
        is_local=is_local or not understood,
        location=place.location,
    )


def _options(words: Sequence[str], *, flags: frozenset[str], valued: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Return the options in *words*, and whether all of them are known and nothing else stands there."""
    found, pending, understood = set(), list(words), True
    while pending:
        word = pending.pop(0)
        name = word.partition("=")[0]
        found.add(name)
        if name in valued:
            if "=" not in word and pending:
                pending.pop(0)
        elif word not in flags:
            understood = False
    return frozenset(found), understood


_READERS: Final[Mapping[str, Callable[[Sequence[str], _Place], Install | None]]] = {
    "pip": _pip,
    "uv": _uv,
    "poetry": _poetry,
    "pipenv": _pipenv,
}
