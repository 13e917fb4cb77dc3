"""Names that stand for commands, in Makefiles and script tables, into the shell text behind them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.project import snapshot_files

_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
_TARGET: Final = re.compile(r"(?P<names>[\w./ -]+?)\s*::?(?!=)\s*(?P<needs>[^#=]*)(?:#.*)?")
_TABLES: Final = {
    "pipenv": ("Pipfile", ("scripts",)),
    "pdm": ("pyproject.toml", ("tool", "pdm", "scripts")),
    "rye": ("pyproject.toml", ("tool", "rye", "scripts")),
}
_MOST_TARGETS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Shell text behind a name, and the file that it stands in."""

    command: CommandText
    file: PurePosixPath


def behind(written: SimpleCommand, here: PurePosixPath, folder: Path) -> tuple[Recipe, ...]:
    """Return what *written* stands for in the folder *here*, nothing when it stands for itself."""
    words = written.words
    if words[:1] == ("make",):
        goals = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        return tuple(_made(goals, here, folder)) if not {"-C", "-f"} & set(words) else ()
    match words:
        case (tool, "run", name, *_) if tool in _TABLES:
            file, keys = _TABLES[tool]
            return tuple(_scripted(name, here / file, keys, folder))
        case _:
            return ()


def _made(goals: list[str], here: PurePosixPath, folder: Path) -> Iterator[Recipe]:
    for name in _MAKEFILES:
        text = snapshot_files.text(folder, here / name)
        if text is not None:
            rules = _rules(text)
            yield from _lines(goals or list(rules)[:1], rules, here / name)
            return


def _rules(text: str) -> dict[str, tuple[list[str], list[tuple[int, str]]]]:
    """Return each target with what it needs and its numbered recipe lines."""
    rules: dict[str, tuple[list[str], list[tuple[int, str]]]] = {}
    current: list[tuple[int, str]] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("\t"):
            if current is not None and line.strip():
                current.append((number, line.strip()))
            continue
        match = _TARGET.fullmatch(line.rstrip())
        current = [] if match else (current if not line.strip() else None)
        for name in match["names"].split() if match and current is not None else ():
            if name != ".PHONY":
                rules[name] = (match["needs"].split() if match else [], current or [])
    return rules


def _lines(
    goals: list[str],
    rules: dict[str, tuple[list[str], list[tuple[int, str]]]],
    file: PurePosixPath,
) -> Iterator[Recipe]:
    pending, done = list(goals), set[str]()
    while pending and len(done) < _MOST_TARGETS:
        goal = pending.pop(0)
        needs, lines = rules.get(goal, ([], []))
        before = [need for need in needs if need in rules and need not in done]
        if before and goal not in done:
            done.add(goal)
            pending = [*before, goal, *pending]
            continue
        done.add(goal)
        for number, line in lines:
            text = line.lstrip("@-+ ").replace("$$", "$")
            if text:
                yield Recipe(command=CommandText(text=text, location=Location(str(file), number)), file=file)


def _scripted(name: str, file: PurePosixPath, keys: tuple[str, ...], folder: Path) -> Iterator[Recipe]:
    text = snapshot_files.text(folder, file)
    if text is None:
        return
    try:
        document = toml_document.parse(text, file=str(file))
    except ManifestError:
        return
    found = document.get(*keys, name)
    shell = found if isinstance(found, str) else toml_document.value_at(found, "cmd")
    if isinstance(shell, str):
        yield Recipe(command=CommandText(text=shell, location=document.location(*keys, name)), file=file)
