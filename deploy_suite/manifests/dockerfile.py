"""Dockerfile text into stages of instructions that know their lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.manifests.dockerfile_words import Pair, heredoc_marks, pairs, words

_DIRECTIVE: Final = re.compile(r"#\s*(?P<name>syntax|escape|check)\s*=\s*(?P<value>\S.*?)\s*", re.IGNORECASE)
_HEAD: Final = re.compile(r"\s*(?P<name>[A-Za-z]+)(?=\s|$)")
_ONBUILD: Final = re.compile(r"(?:[\s\\]*ONBUILD(?=\s|$))*[\s\\]*", re.IGNORECASE)
_FLAG: Final = re.compile(r"[\s\\]*(?P<flag>--(?P<name>[a-z][a-z-]*)(?:=(?P<value>\"[^\"]*\"|\S*))?)(?=\s|$)")
_MOST_CHARACTERS: Final = 500_000
_WITH_HEREDOC: Final = frozenset({"RUN", "COPY", "ADD"})
_FORMS: Final = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME", "HEALTHCHECK"})
_KNOWN: Final = _FORMS | {
    *("FROM", "ARG", "ENV", "LABEL", "MAINTAINER", "EXPOSE", "WORKDIR", "USER", "STOPSIGNAL", "ONBUILD"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heredoc:
    """A text within an instruction. Shape: `line` is that of its first line; `is_literal` that `$X` stays in it."""

    name: str
    text: str
    line: int
    is_literal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction.

    Shape: `name` is in capitals. `text` are the arguments without flags as Docker joins them; `source` the same for a
    shell, in as many lines as the file has: its line k is the file's line `line` + k - 1. `exec` are the words of the
    JSON form, None for the other form.
    """

    name: str
    line: int
    text: str
    source: str
    flags: tuple[Pair, ...] = ()
    exec: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()

    def flag(self, name: str) -> str | None:
        """Return the value of the first flag --*name*, "" for one without, None where it is not given."""
        return next((flag.value or "" for flag in self.flags if flag.name == name), None)

    def all_of(self, name: str) -> tuple[str, ...]:
        """Return the values of all flags --*name*."""
        return tuple(flag.value or "" for flag in self.flags if flag.name == name)

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments: those of the JSON form, else as the builder splits them, quotes removed, `$X` kept."""
        return self.exec if self.exec is not None else words(self.text)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The assignments of ENV, ARG and LABEL; the value is None in `ARG name`."""
        return pairs(self.text, takes_rest=self.name in {"ENV", "LABEL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What begins with FROM. Shape: `base` and `platform` as written, variables unexpanded; `name` in lower case."""

    base: str
    line: int
    index: int
    name: str = ""
    platform: str = ""
    instructions: tuple[Instruction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that the builder refuses."""

    message: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A whole file. Shape: `arguments` are the ARGs before the first FROM; `faults` in the order of the text."""

    stages: tuple[Stage, ...]
    arguments: tuple[Instruction, ...] = ()
    faults: tuple[Fault, ...] = ()

    def stage(self, name: str) -> Stage | None:
        """Return the stage called *name*, or that with the number *name*."""
        own = next((stage for stage in self.stages if stage.name and stage.name == name.lower()), None)
        if own is None and name.isascii() and name.isdecimal() and len(name) < len("1000"):
            return next((stage for stage in self.stages if stage.index == int(name)), None)
        return own


def parse(text: str) -> Dockerfile:
    """Return what *text* says; never raises.

    Source: https://docs.docker.com/reference/dockerfile/
    """
    lines = text[:_MOST_CHARACTERS].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    directives = dict(_directives(lines))
    escape = "`" if directives.get("escape") == "`" else "\\"
    faults: list[Fault] = []
    stages: list[Stage] = []
    arguments: list[Instruction] = []
    for one in _Reader(lines, escape).instructions():
        if one.name not in _KNOWN:
            faults.append(Fault(message=f"unknown instruction: {one.name}", line=one.line))
        elif one.name == "FROM":
            stages.append(_stage(one, len(stages)))
        elif stages:
            stages[-1] = _with(stages[-1], one)
        elif one.name == "ARG":
            arguments.append(one)
        else:
            faults.append(Fault(message=f"{one.name} stands before the first FROM", line=one.line))
    if not stages:
        faults.append(Fault(message="it has no FROM", line=1))
    return Dockerfile(
        stages=tuple(stages),
        arguments=tuple(arguments),
        faults=tuple(faults),
    )


def _directives(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the parser directives, which stand before everything else."""
    for line in lines:
        found = _DIRECTIVE.fullmatch(line.strip())
        if found is None:
            return
        yield found["name"].lower(), found["value"]


def _stage(one: Instruction, index: int) -> Stage:
    given = one.words
    named = len(given) > 2 and given[1].lower() == "as"  # noqa: PLR2004  IMAGE as NAME
    return Stage(
        base=given[0] if given else "",
        line=one.line,
        index=index,
        name=given[2].lower() if named else "",
        platform=one.flag("platform") or "",
    )


def _with(stage: Stage, one: Instruction) -> Stage:
    return Stage(
        base=stage.base,
        line=stage.line,
        index=stage.index,
        name=stage.name,
        platform=stage.platform,
        instructions=(*stage.instructions, one),
    )


class _Reader:
    """Takes lines apart, one instruction after the other."""

    def __init__(self, lines: list[str], escape: str) -> None:
        self.lines = lines
        self.at = 0
        self._continued = re.compile(rf"{re.escape(escape)}[ \t]*$")

    def instructions(self) -> Iterator[Instruction]:
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line and not line.startswith("#"):
                yield self.instruction()
            else:
                self.at += 1

    def instruction(self) -> Instruction:
        first = self.at
        own = list(self.logical_lines())
        return self.read("\n".join(own), first + 1)

    def logical_lines(self) -> Iterator[str]:
        """Yield the lines of one instruction for a shell: comments among them are blank, and all go on but the last."""
        is_first = True
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            bare = line.strip()
            if not is_first and (not bare or bare.startswith("#")):
                yield "\\"
                continue
            is_first = False
            if not self._continued.search(line):
                yield line
                return
            yield self._continued.sub(lambda _: "\\", line)

    def read(self, source: str, line: int) -> Instruction:
        head = _HEAD.match(source)
        name = head["name"].upper() if head else "".join(source.split(maxsplit=1)[:1])
        rest = source[head.end() :] if head else ""
        if name == "ONBUILD":
            inner = self.read(_ONBUILD.sub("", rest, count=1), line)
            return Instruction(name=name, line=line, text=inner.text, source=inner.source)
        flags, rest = _flags(rest) if name != "CMD" else ((), rest)
        text = re.sub(r"\\\n", "", rest).strip().removesuffix("\\").rstrip()
        return Instruction(
            name=name,
            line=line,
            text=text,
            source=rest,
            flags=flags,
            exec=_exec(text) if name in _FORMS else None,
            heredocs=tuple(self.heredocs(text)) if name in _WITH_HEREDOC else (),
        )

    def heredocs(self, text: str) -> Iterator[Heredoc]:
        for mark in heredoc_marks(text):
            first, body = self.at, []
            while self.at < len(self.lines):
                line = self.lines[self.at]
                self.at += 1
                if (line.lstrip("\t") if mark.strips_tabs else line) == mark.name:
                    break
                body.append(line.lstrip("\t") if mark.strips_tabs else line)
            text = "".join(f"{line}\n" for line in body)
            yield Heredoc(name=mark.name, text=text, line=first + 1, is_literal=mark.is_literal)


def _flags(rest: str) -> tuple[tuple[Pair, ...], str]:
    """Return the flags that *rest* begins with, and *rest* with nothing but the line ends left of them."""
    found, at = [], 0
    while flag := _FLAG.match(rest, at):
        value = flag["value"]
        found.append(Pair(flag["name"], value.strip('"') if value is not None else None))
        at = flag.end()
    return tuple(found), re.sub(r"[^\n\\]|\\(?!\n)", " ", rest[:at]) + rest[at:]


def _exec(text: str) -> tuple[str, ...] | None:
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_words = isinstance(found, list) and all(isinstance(word, str) for word in found)
    return tuple(found) if is_words else None
