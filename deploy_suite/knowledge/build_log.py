"""A build's log → the commit, Python, commands and packages it really took, and what that lacks of what was asked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.knowledge.log_text import log_line

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

    Shape: `commit` as the log has it (often short), "" when it names none; `packages` maps canonical names onto
    versions ("" where the log gives none); `commands` in the order in which they ran; `is_complete` is false when
    packages were to be installed and the log does not say that they were.
    """

    commit: str = ""
    python: str = ""
    commands: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the project at a commit asks for.

    Shape: `requirements` maps canonical names onto where they are asked for ("requirements.txt:3"); `programs` maps
    a program of the start command onto the distribution that brings it; "" is left out of the comparison.
    """

    commit: str = ""
    python: str = ""
    requirements: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the build did otherwise than asked. Shape: `code` is a slug; `message` one sentence."""

    code: str
    message: str


def parse_build_log(text: str) -> BuildReading:
    """Return what the build whose log is *text* did; the last word counts where it says a thing twice."""
    commit = python = ""
    commands: list[str] = []
    packages: dict[str, str] = {}
    planned: set[str] = set()
    for number, raw in enumerate(text.splitlines(), 1):
        line = log_line(number, raw).text
        commit = _first(_COMMIT, line) or commit
        python = _first(_PYTHON, line) or python
        if match := _COMMAND.search(line) or _RAN.search(line):
            commands.append(match["command"])
        if match := _COLLECTED.search(line):
            planned |= {str(canonicalize_name(name)) for name in match["packages"].split(", ")}
        packages |= dict(_installed(line))
    return BuildReading(
        commit=commit,
        python=python,
        commands=tuple(dict.fromkeys(commands)),
        packages=packages,
        is_complete=planned <= packages.keys(),
    )


def differences(reading: BuildReading, asked: Asked) -> tuple[Difference, ...]:
    """Return what the build did otherwise than *asked*, gravest first: commit, Python, packages, programs."""
    return tuple(_differences(reading, asked))


def _differences(reading: BuildReading, asked: Asked) -> Iterator[Difference]:
    if reading.commit and asked.commit and not _is_same(reading.commit, asked.commit):
        yield Difference(
            "commit-not-deployed",
            f"the build checked out {reading.commit}, not {asked.commit[:_SHORTEST_SHA]}: push it or deploy it by hand",
        )
    if reading.python and asked.python and not _begins(reading.python, asked.python):
        yield Difference(
            "python-runtime-unavailable", f"the build used Python {reading.python}, the project asks for {asked.python}"
        )
    if not reading.packages:
        return
    for name, place in sorted(asked.requirements.items()):
        if name not in reading.packages:
            yield Difference(
                f"missing-requirement:{name}", f"{name} is asked for in {place}, and the build did not install it"
            )
    for program, name in sorted(asked.programs.items()):
        if name not in reading.packages and name not in asked.requirements:
            yield Difference(
                "gunicorn-not-installed" if program == "gunicorn" else f"start-command-not-found:{program}",
                f"the start command runs {program}, which comes with {name}, and the build did not install it",
            )


def _installed(line: str) -> Iterable[tuple[str, str]]:
    if match := _PIP.search(line):
        return tuple(_split(word) for word in match["packages"].split())
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


def _is_same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _begins(version: str, wanted: str) -> bool:
    return f"{version}.".startswith(f"{wanted}.") or f"{wanted}.".startswith(f"{version}.")
