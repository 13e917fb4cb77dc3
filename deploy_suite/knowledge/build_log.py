"""A build's log → the commit, Python, commands and packages it really took, and what that lacks of what was asked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.knowledge.log_text import log_line
from deploy_suite.model.project import Commit

_COMMIT: Final = re.compile(
    r"(?:Checking out commit|Checked out|HEAD is now at|Using (?:git )?commit|commit:?) \[?`?([0-9a-f]{7,40})\b"
)
_PYTHON: Final = re.compile(
    r"(?:Using Python version|Using CPython|Using Python|Installing Python|Python version:?|Installing python-)"
    r" ?v?(\d\.\d+(?:\.\d+)?)"
)
_COMMAND: Final = re.compile(
    r"(?:==> )?(?:Running (?P<kind>build|start|pre-deploy) command|Starting service with|Starting process with command)"
    r":? ['\"`]?(?P<command>.+?)['\"`]?(?:\.\.\.)?$"
)
_RAN: Final = re.compile(r"(?:==> )?Running '(?P<command>.+)'$")
_PIP: Final = re.compile(r"Successfully installed (?P<packages>\S.*)$")
_COLLECTED: Final = re.compile(r"Installing collected packages: (?P<packages>\S.*)$")
_MORE_INSTALLED: Final = re.compile(
    r"^\s*(?:(?:\[?(?:\.\.\.|…)\]?|[A-Za-z0-9][\w.]*(?:-[\w.]+)*-\d[\w.!+]*)(?:\s+|$))+$"
)
_MORE_COLLECTED: Final = re.compile(r"^\s*[A-Za-z0-9][\w.-]*(?:, ?[A-Za-z0-9][\w.-]*)*,?\s*$")
_ELIDED: Final = re.compile(r"\[?(?:\.\.\.|…)\]?")
# The environment was not empty before: what is not listed may have been there already.
_NOT_EMPTY: Final = re.compile(
    r"^ ?[-~] [\w.-]+==|^(?:Audited|Uninstalled) \d+ package|Package operations: .*[1-9]\d* (?:update|removal|skipped)"
    r"|Found existing installation: (?!pip |setuptools |wheel )|No dependencies to install or update"
)
_UV: Final = re.compile(r"^ ?\+ (?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>\S+)")
_POETRY: Final = re.compile(
    r"^ *[-•] (?:Installing|Updating|Downgrading) (?P<name>[\w.-]+) \((?:\S+ -> )?(?P<version>[^\s:)]+)"
)
_PRESENT: Final = re.compile(
    r"Requirement already satisfied: (?P<name>[\w.-]+)(?:\[[^\]]*\])?[^()]*(?:\((?P<version>[^)]+)\))?$"
)
_NAME_VERSION: Final = re.compile(r"(?P<name>.+)-(?P<version>\d[\w.!+]*)$")
_SHORTEST_SHA: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReading:
    """What a build log says.

    Shape: `commit` as the log has it (often short), "" when it names none; `commit_line` is where, from 1; `packages`
    maps canonical names onto versions ("" where the log gives none); `commands` in the order in which they ran;
    `is_complete` is false when packages were to be installed and the log does not say that they were; `is_whole` when
    `packages` may lack some, because the log was shortened or others were there before.
    """

    commit: str = ""
    commit_line: int = 0
    python: str = ""
    commands: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = True
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the project at a commit asks for.

    Shape: `requirements` maps canonical names onto where they are asked for ("requirements.txt:3"); `programs` maps
    a program of the start command onto the distribution that brings it; `pins` maps names onto versions that are
    asked for exactly; `commands` are the manifest's, with their places; "" is left out of the comparison.
    """

    commit: str = ""
    python: str = ""
    requirements: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the build did otherwise than asked. Shape: `code` is a slug; `message` one sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a log says of a build, beside a project at a commit.

    Shape: `meant` is that commit, `deployed` the one that the log names, None where it names none or the repository
    does not have it. `late` are the requirements that `meant` asks for and `deployed` did not.
    """

    project: str
    service: str
    meant: Commit
    deployed: Commit | None
    reading: BuildReading
    differences: tuple[Difference, ...]
    late: frozenset[str] = frozenset()


def parse_build_log(text: str) -> BuildReading:
    """Return what the build whose log is *text* did; the last word counts where it says a thing twice."""
    reading = _Reading()
    for number, raw in enumerate(text.splitlines(), 1):
        reading.take(number, log_line(number, raw).text)
    return BuildReading(
        commit=reading.commit,
        commit_line=reading.commit_line,
        python=reading.python,
        commands=tuple(dict.fromkeys(reading.commands)),
        packages={**dict.fromkeys(reading.planned, ""), **reading.packages} if reading.is_done else reading.packages,
        is_complete=reading.is_done or not reading.planned,
        is_whole=reading.is_whole,
    )


@dataclass(slots=True)
class _Reading:
    """What the lines so far said. Shape: `open_list` is the list that the last line left open: what wraps, goes on."""

    commit: str = ""
    commit_line: int = 0
    python: str = ""
    commands: list[str] = field(default_factory=list)
    packages: dict[str, str] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    is_done: bool = False
    is_whole: bool = True
    open_list: str = ""

    def take(self, number: int, line: str) -> None:
        if commit := _first(_COMMIT, line):
            self.commit, self.commit_line = commit, number
        self.python = _first(_PYTHON, line) or self.python
        if match := _COMMAND.search(line) or _RAN.search(line):
            self.commands.append(match["command"])
        if _NOT_EMPTY.search(line):
            self.is_whole = False
        self._packages(line)

    def _packages(self, line: str) -> None:
        if match := _COLLECTED.search(line):
            self._collected(match["packages"])
        elif match := _PIP.search(line):
            self._installed(match["packages"])
        elif self.open_list == "collected" and _MORE_COLLECTED.match(line):
            self._collected(line)
        elif self.open_list == "installed" and _MORE_INSTALLED.match(line):
            self._installed(line)
        elif line.strip():
            self.open_list = ""
            self.packages |= dict(_one_installed(line))

    def _collected(self, text: str) -> None:
        words = [word.strip() for word in text.split(",")]
        self.is_whole &= not any(map(_ELIDED.fullmatch, words))
        self.planned |= {str(canonicalize_name(word)) for word in words if word and not _ELIDED.fullmatch(word)}
        self.open_list = "collected" if text.rstrip().endswith(",") else ""

    def _installed(self, text: str) -> None:
        words = text.split()
        # A list that was shortened is still whole where the one before it, of what was to be installed, is.
        self.is_whole &= bool(self.planned) or not any(map(_ELIDED.fullmatch, words))
        self.packages |= dict(_split(word) for word in words if not _ELIDED.fullmatch(word))
        self.is_done, self.open_list = True, "installed"


def differences(reading: BuildReading, asked: Asked) -> tuple[Difference, ...]:
    """Return what the build did otherwise than *asked*, gravest first: commit, Python, packages, programs."""
    return tuple(_differences(reading, asked))


def _differences(reading: BuildReading, asked: Asked) -> Iterator[Difference]:
    if reading.commit and asked.commit and not is_same_commit(reading.commit, asked.commit):
        yield Difference(
            "commit-not-deployed",
            f"the build checked out {reading.commit}, not {asked.commit[:_SHORTEST_SHA]}: push it or deploy it by hand",
        )
    if reading.python and asked.python and not _begins(reading.python, asked.python):
        yield Difference(
            "python-runtime-unavailable", f"the build used Python {reading.python}, the project asks for {asked.python}"
        )
    yield from _other_commands(reading, asked)
    if reading.packages:
        yield from _other_packages(reading, asked)


def _other_commands(reading: BuildReading, asked: Asked) -> Iterator[Difference]:
    ran = {_squeezed(command) for command in reading.commands}
    for command, place in asked.commands.items():
        if ran and not any(_squeezed(command) in one or one in _squeezed(command) for one in ran):
            yield Difference(
                "command-not-from-manifest",
                f"{place} says `{_squeezed(command)}`, and the platform ran `{'`, `'.join(sorted(ran))}`",
            )


def _other_packages(reading: BuildReading, asked: Asked) -> Iterator[Difference]:
    for name, place in sorted(asked.requirements.items()) if reading.is_whole and reading.is_complete else ():
        if name not in reading.packages:
            yield Difference(
                f"missing-requirement:{name}", f"{name} is asked for in {place}, and the build did not install it"
            )
    for name, version in sorted(asked.pins.items()):
        if reading.packages.get(name) and reading.packages[name] != version:
            yield Difference(
                "commit-not-deployed",
                f"{asked.requirements[name]} asks for {name} {version}, and the build installed "
                f"{reading.packages[name]}: it read another state of that file",
            )
    for program, name in sorted(asked.programs.items()) if reading.is_whole and reading.is_complete else ():
        if name not in reading.packages and name not in asked.requirements:
            yield Difference(
                "gunicorn-not-installed" if program == "gunicorn" else f"start-command-not-found:{program}",
                f"the start command runs {program}, which comes with {name}, and the build did not install it",
            )


def _squeezed(command: str) -> str:
    return " ".join(command.split())


def _one_installed(line: str) -> Iterable[tuple[str, str]]:
    if match := _UV.match(line) or _POETRY.match(line) or _PRESENT.search(line):
        return ((str(canonicalize_name(match["name"])), match["version"] or ""),)
    return ()


def _split(word: str) -> tuple[str, str]:
    match = _NAME_VERSION.fullmatch(word)
    name, version = (match["name"], match["version"]) if match else (word, "")
    return str(canonicalize_name(name)), version


def _first(pattern: re.Pattern[str], line: str) -> str:
    match = pattern.search(line)
    return match[1] if match else ""


def is_same_commit(one: str, other: str) -> bool:
    """Whether two ids, of which either may be shortened, name one commit."""
    return one.startswith(other) or other.startswith(one)


def _begins(version: str, wanted: str) -> bool:
    return f"{version}.".startswith(f"{wanted}.") or f"{wanted}.".startswith(f"{version}.")
