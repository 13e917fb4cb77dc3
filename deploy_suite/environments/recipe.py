"""A build command into what it installs, from which files, and what else it does."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import start_installs
from deploy_suite.environments.called_scripts import called_script
from deploy_suite.environments.installs import MANIFESTS, Install, of_command
from deploy_suite.manifests import requirements_file, shell
from deploy_suite.manifests.requirements_file import RequirementLine, RequirementsFile
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract
from deploy_suite.model.location import Location
from deploy_suite.model.project import Snapshot

_TOOL_WORD: Final = re.compile(r"\b(?P<tool>uv|uvx|poetry|pipenv)\b")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")
_OUTPUT: Final = re.compile(r"(?:(?<![-=&\d])>{1,2}|\s-o|\s--output(?:-file)?)[\s=]*[\"']?(?P<file>[\w./-]+)")
_REDIRECTION: Final = re.compile(r">(?!\s*&|>?\s*/dev/null\b)")
_MOST_LEVELS: Final = 5
# What neither installs anything nor writes into the source.
_HARMLESS: Final = frozenset(
    [
        "cd",
        "echo",
        "set",
        "export",
        "true",
        ":",
        "exit",
        "[",
        "[[",
        "test",
        "printf",
        "chmod",
        "pwd",
        "ls",
        "cat",
        "which",
        "command",
        "source",
        ".",
        "python",
        "pip",
        "hash",
        "unset",
        "local",
        "readonly",
        "shopt",
        "trap",
        "umask",
        "date",
        "uname",
        "whoami",
        "env",
        "sleep",
        "read",
        "return",
    ]
)
_HARMLESS_PIP: Final = frozenset(
    ["check", "list", "freeze", "show", "debug", "--version", "-V", "config", "cache", "help"]
)
_HARMLESS_PYTHON: Final = frozenset(("--version", "-V"))
# Builds of these never touch a database; anything else might.
_WITHOUT_DATABASE: Final = re.compile(
    r"^(?:npm|npx|yarn|pnpm|node|make|cp|mv|rm|mkdir|ln|touch|tar|unzip|sed|gzip|curl|wget|git)$"
)
_MANAGE_WITHOUT_DATABASE: Final = frozenset(["collectstatic", "compilemessages", "compress", "check"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a build command does, as far as reading tells.

    Shape: `is_pure` says that it installs from an index or a lock file and does nothing else: the same files then make
    the same environment, whatever else the repository holds. `texts` are the command and the scripts it calls, with
    their paths. `tools` are the installers that it or the start command mentions. `missing` are files that it installs
    from and the snapshot lacks. `may_use_database` says that a part of it could write to a database. `at_start` is a
    shell's text: what the start command installs before it serves; that is part of the environment and of `installs`.
    `is_synced` says that a `uv run` in the start command finds the environment as it would make it.
    """

    folder: str
    installs: tuple[Install, ...] = ()
    files: tuple[RequirementsFile, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    tools: frozenset[str] = frozenset()
    missing: tuple[Location, ...] = ()
    is_pure: bool = True
    may_use_database: bool = False
    location: Location | None = None
    at_start: str = ""
    is_synced: bool = False

    @property
    def lines(self) -> tuple[RequirementLine, ...]:
        """The requirement lines of all files that are installed, not only constrained by."""
        return tuple(line for file in self.files if not file.is_constraint for line in file.requirements)

    @property
    def requirement_files(self) -> tuple[str, ...]:
        """The files that the build installs from, each once, relative to the repository."""
        named = (file.file for file in self.files)
        locks = (file for install in self.installs for file in install.locks)
        return tuple(dict.fromkeys((*named, *locks)))


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    top: Path
    installs: list[Install] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    is_pure: bool = True
    may_use_database: bool = False

    def script(self, text: str, *, name: str, folder: str, level: int = 0) -> None:
        """Read the commands of *text*, which runs in *folder* of the repository."""
        self.texts.append((name, text))
        parsed = shell.parse(text)
        self.is_pure &= parsed.is_certain and not _writes_files(text)
        for command in parsed.commands:
            here = posixpath.normpath(posixpath.join(folder, command.folder))
            self.command(command, name=name, folder="" if here == "." else here, level=level)

    def command(self, command: shell.SimpleCommand, *, name: str, folder: str, level: int) -> None:
        called = called_script(self.top, command, folder=folder)
        if called and level < _MOST_LEVELS:
            text = (self.top / called).read_text(encoding="utf-8", errors="replace")
            self.script(text, name=called, folder=folder, level=level + 1)
            return
        inner = shell.unwrapped(command)
        place = Location(name, command.line) if level else None
        install = of_command(inner, folder=folder, top=self.top, location=place)
        if install:
            self.installs.append(install)
            self.is_pure &= not install.is_local and command.folder_is_known
        elif not _is_harmless(inner):
            self.is_pure = False
            self.may_use_database |= not _is_without_database(inner)


def read(contract: Contract, snapshot: Snapshot) -> Recipe:
    """Return what the build command of *contract* does in *snapshot*."""
    folder = "" if str(contract.root) == "." else str(contract.root)
    reading = _Reading(snapshot.folder)
    if contract.build:
        reading.script(contract.build.text, name="", folder=folder)
    place = contract.build.location if contract.build else contract.location
    late = start_installs.read(contract, snapshot.folder)
    installs = tuple(replace(i, location=i.location or place) for i in reading.installs)
    installs = (*installs, *(one.install for one in late))
    files = tuple(_files(installs, snapshot.folder))
    return Recipe(
        folder=folder,
        installs=installs,
        files=files,
        texts=(*reading.texts, *((one.name, one.text) for one in late)),
        tools=frozenset(_tools(contract, reading)),
        missing=tuple(_missing(installs, snapshot.folder, written=_written(reading))),
        is_pure=reading.is_pure
        and not any(one.install.is_local for one in late)
        and not any(_is_local(line) for file in files for line in file.requirements),
        may_use_database=reading.may_use_database,
        location=place,
        at_start="\n".join(one.shown(folder) for one in late),
        is_synced=any(one.is_implied for one in late),
    )


def _writes_files(text: str) -> bool:
    """Return whether output is sent into a file; what merely might be counts too."""
    bare = _QUOTED.sub("", _COMMENT.sub("", text))
    return bool(_REDIRECTION.search(bare))


def _is_harmless(command: shell.SimpleCommand) -> bool:
    words = command.words
    if not words:
        return True
    program = posixpath.basename(words[0])
    if program in {"pip", "pip3"}:
        return len(words) > 1 and words[1] in _HARMLESS_PIP
    if re.fullmatch(r"python[\d.]*", program):
        return len(words) > 1 and words[1] in _HARMLESS_PYTHON
    if program == "uv":
        return words[1:3] == ("cache", "prune") or words[1:2] == ("--version",)
    if program in {"poetry", "pipenv"}:
        return words[1:2] in (("--version",), ("config",))
    return program in _HARMLESS


def _is_without_database(command: shell.SimpleCommand) -> bool:
    words = command.words
    if _WITHOUT_DATABASE.match(posixpath.basename(words[0])) and posixpath.basename(words[0]) != "make":
        return True
    manage = [at for at, word in enumerate(words) if posixpath.basename(word) in {"manage.py", "django-admin"}]
    return bool(manage) and bool(_MANAGE_WITHOUT_DATABASE & set(words[manage[0] + 1 : manage[0] + 2]))


def _files(installs: tuple[Install, ...], top: Path) -> Iterator[RequirementsFile]:
    seen = set()
    for install in installs:
        listed = (file for file in install.files if posixpath.basename(file) not in MANIFESTS)
        for file in (*listed, *install.constraints):
            for read_file in requirements_file.load(top, file):
                key = (read_file.file, read_file.is_constraint)
                if key not in seen:
                    seen.add(key)
                    yield replace(read_file, is_constraint=read_file.is_constraint or file in install.constraints)


def _is_local(line: RequirementLine) -> bool:
    return line.is_editable or (bool(line.target) and ("://" not in line.target or line.target.startswith("file:")))


def _written(reading: _Reading) -> frozenset[str]:
    """Return the names of files that a command writes: `poetry export -o requirements.txt`, `pip freeze > all.txt`."""
    found = (match for _, text in reading.texts for match in _OUTPUT.finditer(_COMMENT.sub("", text)))
    return frozenset(posixpath.basename(match["file"]) for match in found)


def _missing(installs: tuple[Install, ...], top: Path, *, written: frozenset[str]) -> Iterator[Location]:
    """Yield a location for each file that is installed from and not there: the name of the file, and no line."""
    for install in installs:
        for file in (*install.files, *install.constraints):
            if posixpath.basename(file) in written:
                continue
            if not on_disk.is_file(top / file) and "$" not in file and "://" not in file:
                yield Location(file)


def _tools(contract: Contract, reading: _Reading) -> Iterator[str]:
    texts = [text for _, text in reading.texts]
    texts += [command.text for command in (contract.start, contract.pre_deploy) if command]
    makefile = reading.top / contract.root / "Makefile"
    if any(re.search(r"\bmake\b", text) for text in texts) and on_disk.is_file(makefile):
        texts.append(makefile.read_text(encoding="utf-8", errors="replace"))
    for text in texts:
        yield from (match["tool"].removesuffix("x") for match in _TOOL_WORD.finditer(_COMMENT.sub("", text)))
