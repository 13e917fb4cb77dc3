"""A start command into what it installs before it serves: without that, its environment is not the target's."""

import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import uv_run
from deploy_suite.environments.called_scripts import called_script
from deploy_suite.environments.installs import Install, of_command
from deploy_suite.manifests import shell
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract
from deploy_suite.model.location import Location

_MOST_LEVELS: Final = 5
_ENVIRONMENT_MAKERS: Final = frozenset({"virtualenv", "conda", "mamba", "micromamba", "source", ".", "pipx"})
_TOOLS: Final = frozenset({"pip", "uv pip"})
_NO_SYNC: Final = "UV_NO_SYNC"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstall:
    """One call of pip in a start command, or the `uv sync` that a `uv run` in it makes first.

    Shape: `folder` is where it runs, relative to the repository. `is_implied` says that it is the latter.
    """

    install: Install
    name: str
    text: str
    folder: str
    is_implied: bool = False

    def shown(self, root: str) -> str:
        """Return the call for a shell in the folder *root* of the repository."""
        folder = posixpath.relpath(self.folder or ".", root or ".")
        return f"( cd {shlex.quote(folder)} && {self.text} )"


def read(contract: Contract, top: Path) -> tuple[StartInstall, ...]:
    """Return what the start command of *contract* certainly installs into the environment of the build.

    Empty where it makes another environment, or where what it installs depends on what only a run can tell.
    """
    if contract.start is None:
        return ()
    folder = "" if str(contract.root) == "." else str(contract.root)
    commands = tuple(_commands(contract.start.text, top, folder=folder, place=contract.start.location))
    if any(_makes_environment(command) for command, _, _ in commands):
        return ()
    own = () if contract.variable(_NO_SYNC) else (_implied(command, where, at, top) for command, where, at in commands)
    found = (*(_install(command, where, place, top) for command, where, place in commands), *own)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _commands(
    text: str, top: Path, *, folder: str, place: Location | None, level: int = 0
) -> Iterator[tuple[shell.SimpleCommand, str, Location | None]]:
    """Yield the commands of *text* and of the scripts it calls, each with its folder and its place."""
    for command in shell.parse(text).commands:
        here = posixpath.normpath(posixpath.join(folder, command.folder))
        here = "" if here == "." else here
        called = called_script(top, command, folder=here) if level < _MOST_LEVELS else ""
        if called:
            script = (top / called).read_text(encoding="utf-8", errors="replace")
            for inner, where, line in _commands(script, top, folder=here, place=Location(called), level=level + 1):
                yield replace(inner, is_conditional=inner.is_conditional or _is_uncertain(command)), where, line
        else:
            yield command, here, replace(place, line=command.line) if place and level else place


def _is_uncertain(command: shell.SimpleCommand) -> bool:
    return command.is_conditional or command.is_condition or command.before == "||" or not command.folder_is_known


def _makes_environment(command: shell.SimpleCommand) -> bool:
    return posixpath.basename(command.program) in _ENVIRONMENT_MAKERS or "venv" in command.words[:3]


def _install(command: shell.SimpleCommand, folder: str, place: Location | None, top: Path) -> StartInstall | None:
    if _is_uncertain(command) or "$" in command.text or "`" in command.text:
        return None
    found = of_command(shell.unwrapped(command), folder=folder, top=top, location=place)
    if found is None or found.is_seed or found.tool not in _TOOLS:
        return None
    return StartInstall(install=found, name=place.file if place else "", text=command.text, folder=folder)


def _implied(command: shell.SimpleCommand, folder: str, place: Location | None, top: Path) -> StartInstall | None:
    """Return what `uv run` installs before the program that it is asked for."""
    words = uv_run.as_sync(command.words)
    has_project = on_disk.is_file(top / folder / "pyproject.toml")
    if words is None or not has_project or _is_uncertain(command) or _NO_SYNC in dict(command.assignments):
        return None
    found = of_command(replace(command, words=words), folder=folder, top=top, location=place)
    if found is None or any("$" in word or "`" in word for word in words):
        return None
    name = place.file if place else ""
    return StartInstall(install=found, name=name, text=shlex.join(words), folder=folder, is_implied=True)
