"""A contract's commands, and the scripts they run, into program calls with their places."""

import posixpath
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.config import kept_places, recipes
from deploy_suite.manifests import shell, shell_wrappers
from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.model.contract import Contract
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.project import module_files, snapshot_files

_MOST_LEVELS: Final = 4
_OPAQUE: Final = frozenset(
    {"make", "just", "task", "invoke", "inv", "nox", "tox", "conda", "mamba", "micromamba", "pixi", "curl", "wget"}
)
# What `python -m MODULE` runs where a program of another name does the same.
_PROGRAMS: Final = {"alembic.config": "alembic", "django": "django-admin"}
_NOT_SHELL: Final = (".py", ".js", ".ts", ".rb", ".pl")


class Step(Enum):
    """Which command of the contract a call belongs to. The values are Render's keys."""

    BUILD = "buildCommand"
    PRE_DEPLOY = "preDeployCommand"
    START = "startCommand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A program call.

    Shape: `command` is what runs in the end, `written` how it stands there; `folder` is where it runs, relative to the
    repository, None where that cannot be told; `location` None in a command that was assumed; `script` is the file it
    stands in, None for the manifest's own text.
    """

    step: Step
    command: SimpleCommand
    written: SimpleCommand
    folder: PurePosixPath | None
    location: Location | None
    script: PurePosixPath | None = None

    @property
    def program(self) -> str:
        """The program's name without its folder; of a module that Python runs, the program that does the same."""
        name = posixpath.basename(self.command.program)
        return _PROGRAMS.get(name, name)

    @property
    def words(self) -> tuple[str, ...]:
        """The words after the program."""
        return self.command.words[1:]

    @property
    def line(self) -> str:
        """The text of the call as a person would quote it."""
        return " ".join(self.written.text.split()) or " ".join(self.written.words)

    @property
    def always_runs(self) -> bool:
        """Whether it runs whenever the step does."""
        return not self.written.is_conditional and self.written.before != "||"

    def path(self, word: str) -> PurePosixPath | None:
        """Return the repository-relative path that *word* names for the call, None where that cannot be told."""
        if self.folder is None or not word or any(sign in word for sign in "$`*?~\0") or word.startswith("/"):
            return None
        return module_files.normal(self.folder / word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A shell script that a command runs. `call` is what runs it."""

    path: PurePosixPath
    call: Call
    is_direct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """All calls of a contract, in the order in which they run.

    Shape: `uncertain` are the steps with parts that cannot be read without running them.
    """

    calls: tuple[Call, ...]
    scripts: tuple[Script, ...]
    uncertain: frozenset[Step]

    def of(self, *steps: Step) -> tuple[Call, ...]:
        """Return the calls of *steps*."""
        return tuple(call for call in self.calls if call.step in steps)

    @property
    def texts(self) -> tuple[tuple[Call, ...], ...]:
        """The calls of each command and of each script, without those of the scripts that it runs."""
        found: dict[tuple[Step, PurePosixPath | None], list[Call]] = {}
        for call in self.calls:
            found.setdefault((call.step, call.script), []).append(call)
        return tuple(map(tuple, found.values()))


def read(contract: Contract, folder: Path) -> Calls:
    """Return the calls that the commands of *contract* make in the snapshot at *folder*."""
    walk = _Walk(folder)
    for step, command in (
        (Step.BUILD, contract.build),
        (Step.PRE_DEPLOY, contract.pre_deploy),
        (Step.START, contract.start),
    ):
        if command is not None:
            walk.text(command, step, contract.root)
    return Calls(calls=tuple(walk.calls), scripts=tuple(walk.scripts), uncertain=frozenset(walk.uncertain))


class _Walk:
    """Collects the calls of texts and of the scripts that these run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: list[Call] = []
        self.scripts: list[Script] = []
        self.uncertain: set[Step] = set()

    def text(
        self,
        command: CommandText,
        step: Step,
        root: PurePosixPath | None,
        *,
        script: PurePosixPath | None = None,
        levels: int = 0,
    ) -> None:
        parsed = shell.parse(command.text)
        if not parsed.is_certain:
            self.uncertain.add(step)
        for one in kept_places.told(parsed.commands, root, self.folder):
            call = Call(
                step=step,
                command=shell.unwrapped(one),
                written=one,
                folder=_folder(root, shell.unwrapped(one)),
                location=_location(command.location, one.line),
                script=script,
            )
            self.calls.append(call)
            self.follow(call, levels, defined=parsed.functions)

    def follow(self, call: Call, levels: int, *, defined: frozenset[str]) -> None:
        if self.recipe(call, levels):
            return
        if call.program in _OPAQUE:
            self.uncertain.add(call.step)
        named = _script_word(call)
        path = call.path(named) if named and named not in defined else None
        if path is None or not named:
            return
        self.scripts.append(Script(path=path, call=call, is_direct=named == call.command.program))
        text = snapshot_files.text(self.folder, path)
        if text is None or levels >= _MOST_LEVELS or not _is_shell(text):
            self.uncertain.add(call.step)
            return
        self.text(
            CommandText(text=text, location=Location(str(path), 1)),
            call.step,
            call.folder,
            script=path,
            levels=levels + 1,
        )

    def recipe(self, call: Call, levels: int) -> bool:
        """Follow `make TARGET` and scripts that a manifest names; return whether *call* is one."""
        found = recipes.behind(call.written, call.folder, self.folder) if call.folder is not None else ()
        if found and levels >= _MOST_LEVELS:
            self.uncertain.add(call.step)
            return True
        for recipe in found:
            self.text(recipe.command, call.step, call.folder, script=recipe.file, levels=levels + 1)
        return bool(found)


def _folder(root: PurePosixPath | None, command: SimpleCommand) -> PurePosixPath | None:
    if root is None or not command.folder_is_known or command.folder.startswith("/"):
        return None
    return module_files.normal(root / command.folder)


def _location(start: Location | None, line: int) -> Location | None:
    return Location(start.file, start.line + line - 1) if start and start.line else start


def _script_word(call: Call) -> str:
    """Return the word that names the shell script which *call* runs, "" when it runs none."""
    words = call.command.words
    if shell_wrappers.is_shell(words):
        flags, operands = shell_wrappers.shell_flags(words)
        return operands[0] if operands and not flags & {"c", "s"} else ""
    if words[:1] in {("source",), (".",)}:
        return words[1] if len(words) > 1 and not words[1].endswith("/activate") else ""
    program = call.command.program
    return program if "/" in program and not program.endswith(_NOT_SHELL) and ".venv/" not in program else ""


def _is_shell(text: str) -> bool:
    first = text.split("\n", 1)[0]
    program = first.rpartition("/")[2].split()[-1:]
    return not first.startswith("#!") or any("sh" in word for word in program) or " sh" in first or "bash" in first
