"""A start command, or a folder of sources, into what the server imports."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import shell, toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.model import on_disk
from deploy_suite.model.project import CommandText, EntryPoint, Framework
from deploy_suite.project import (
    app_finder,
    app_objects,
    entry_place,
    module_files,
    server_options,
    shell_tests,
    snapshot_files,
)
from deploy_suite.project.entry_place import Place
from deploy_suite.project.server_entries import SERVERS

_SCRIPTS_DEEP: Final = 4
_ALL_WORDS: Final = re.compile(r"\"\$(?:@|\{@\})\"|\$(?:[@*]|\{[@*]\})")
_SHELLS: Final = frozenset({"bash", "sh", "dash", "zsh", ".", "source"})
_PYTHONS: Final = ("python", "pypy")


def from_command(
    start: CommandText,
    *,
    folder: Path,
    root: PurePosixPath,
    variables: Mapping[str, str] | None = None,
) -> EntryPoint | None:
    """Return what *start* makes a server import, None where that cannot be told.

    Shape: *folder* is the repository's top on disk, *root* the service's folder in it, *variables* those that the
    process sees (PYTHONPATH, FLASK_APP, DJANGO_SETTINGS_MODULE and GUNICORN_CMD_ARGS matter). Where the text starts
    several programs, the last web server wins over the last script, and that over the last worker.
    """
    place = Place(folder=folder, cwd=root, variables=dict(variables or {}), location=start.location)
    found = tuple(_running(tuple(_entries(start.text, place, deep=_SCRIPTS_DEEP))))
    best = [candidate.entry for candidate in found if candidate.rank == min(one.rank for one in found)]
    is_open = len({entry.spec if entry else "" for entry in best}) > 1 and any(one.is_conditional for one in found)
    return best[-1] if best and not is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """Something that a text starts.

    Shape: the lowest `rank` counts; `entry` is None for what cannot be traced (`python -c`). `guard` is the value of
    the test right before it, `has_guard` whether there is one: without, a conditional one stands in an `else`.
    """

    rank: int
    entry: EntryPoint | None
    is_conditional: bool = False
    has_guard: bool = False
    guard: bool | None = None


def _running(candidates: tuple[_Candidate, ...]) -> Iterator[_Candidate]:
    """Leave out those in branches that the tests before them rule out."""
    is_decided = False
    for candidate in candidates:
        if not candidate.is_conditional:
            is_decided = False
        elif is_decided or (candidate.has_guard and candidate.guard is False):
            continue
        elif candidate.guard:
            is_decided = True
        yield candidate


def by_framework(folder: Path, root: PurePosixPath) -> EntryPoint | None:
    """Return the application that the sources below *root* most likely serve, None when there is none."""
    return next(iter(app_finder.entries(folder, root)), None)


def _entries(text: str, place: Place, *, deep: int, home: PurePosixPath | None = None) -> Iterator[_Candidate]:
    """Return what *text* starts; *home* is where `cd "$(dirname "$0")"` leads when it is a script's.

    Where a `cd` leads cannot always be told: to the script's folder, or to one around it (`cd "$HERE/.."`).
    """
    here, tests = place, list[tuple[int, bool | None]]()
    for command in shell.parse(text).commands:
        here = replace(here, variables={**here.variables, **_exported(command)})
        if command.is_condition:
            tests.append((command.line, shell_tests.value(command.words, here.variables)))
        inner = shell.unwrapped(command)
        there = replace(here.moved(inner.folder), variables={**here.variables, **_assigned(command, inner)})
        inner = replace(inner, words=tuple(server_options.filled(word, here.variables) for word in inner.words))
        folders = (there.cwd,) if inner.folder_is_known or home is None else (home, *home.parents)
        for candidate in _first_there(command, inner, [replace(there, cwd=one) for one in folders], deep=deep):
            is_own = command.is_conditional
            yield (
                replace(candidate, is_conditional=True, has_guard=bool(tests), guard=_all(tests))
                if is_own
                else candidate
            )
            tests = []


def _first_there(
    command: SimpleCommand, inner: SimpleCommand, places: list[Place], *, deep: int
) -> tuple[_Candidate, ...]:
    """Return what *command* starts in the first of *places* that has the file of it, else in the first of all."""
    tried = [tuple(_entries_of(command, inner, place=place, deep=deep)) for place in places]
    return next((found for found in tried if any(one.entry and one.entry.file for one in found)), tried[0])


def _all(tests: list[tuple[int, bool | None]]) -> bool | None:
    """Return what the last line of tests says when all on it agree; earlier ones guard what starts nothing."""
    values = {value for line, value in tests if line == tests[-1][0]}
    return values.pop() if len(values) == 1 else None


def _exported(command: SimpleCommand) -> Mapping[str, str]:
    if command.program == "export":
        return dict(word.split("=", 1) for word in command.words[1:] if "=" in word)
    return {} if command.words else dict(command.assignments)


def _assigned(command: SimpleCommand, inner: SimpleCommand) -> Mapping[str, str]:
    return {**dict(command.assignments), **dict(inner.assignments)}


def _entries_of(command: SimpleCommand, inner: SimpleCommand, *, place: Place, deep: int) -> Iterator[_Candidate]:
    program = PurePosixPath(server_options.expanded(inner.program)).name
    script = _script(inner, place)
    if script is not None and deep:
        text = snapshot_files.text(place.folder, script) or ""
        yield from _entries(_handed_on(text, inner, script), place, deep=deep - 1, home=script.parent)
    elif program in SERVERS:
        rank, read = SERVERS[program]
        entry = read(inner.words[1:], place)
        if entry is not None:
            yield _Candidate(rank=rank, entry=entry)
    elif program.startswith(_PYTHONS) and "-c" in inner.words[:3]:
        yield _Candidate(rank=1, entry=None)
    elif program.startswith(_PYTHONS) or "-m" in command.words:
        yield from (_Candidate(rank=1, entry=entry) for entry in _python(inner, place))
    else:
        yield from (_Candidate(rank=1, entry=entry) for entry in _console_script(program, place))


def _handed_on(text: str, command: SimpleCommand, script: PurePosixPath) -> str:
    """Return *text*, that of *script*, with the words of *command* behind it in place of `$@`."""
    at = next((at for at, word in enumerate(command.words) if PurePosixPath(word).name == script.name), None)
    rest = command.words[at + 1 :] if at is not None else ()
    return _ALL_WORDS.sub(lambda _: shlex.join(rest), text) if rest else text


def _script(command: SimpleCommand, place: Place) -> PurePosixPath | None:
    words = [word for word in command.words if not word.startswith("-")]
    named = words[1:2] if words[:1] and words[0] in _SHELLS else words[:1]
    if not named or named[0].endswith(".py"):
        return None
    path = place.path(named[0])
    is_script = (
        path is not None and on_disk.is_file(place.folder / path) and ("/" in named[0] or named is not words[:1])
    )
    return path if is_script else None


def _python(inner: SimpleCommand, place: Place) -> Iterator[EntryPoint]:
    """Return the program of `python file.py` or `python -m module`."""
    if not PurePosixPath(inner.program).name.startswith(_PYTHONS):
        yield from _module_program(inner.program, place)
        return
    rest = list(inner.words[1:])
    while rest:
        word = rest.pop(0)
        if word == "-m" and rest:
            yield from _module_program(rest[0], place)
            return
        if word == "-c":
            return
        if not word.startswith("-"):
            entry = _manage(rest, place, word=word) if word.endswith("manage.py") else entry_place.program(word, place)
            yield from filter(None, [entry])
            return
        if word in {"-W", "-X"}:
            del rest[:1]


def _module_program(module: str, place: Place) -> Iterator[EntryPoint]:
    runs = module_files.find(place.folder, (place.cwd,), module=f"{module}.__main__")
    file = runs or module_files.find(place.folder, (place.cwd,), module=module)
    if file is not None:
        yield EntryPoint(
            module=f"{module}.__main__" if runs else module,
            attribute="",
            framework=app_objects.framework(place.folder, (place.cwd,), file=file, attribute="app"),
            file=file,
            search_path=place.search_path(place.cwd),
            working_folder=place.cwd,
            location=place.location,
        )


def _manage(rest: list[str], place: Place, *, word: str) -> EntryPoint | None:
    """Return the program for `manage.py runserver`; its other commands end by themselves and are no entry."""
    entry = entry_place.program(word, place)
    if entry is None or not {"runserver", "runserver_plus", "run"} & set(rest[:1]):
        return None
    return entry if rest[0] == "run" else replace(entry, framework=Framework.DJANGO)


def _console_script(program: str, place: Place) -> Iterator[EntryPoint]:
    """Return the entry of a command that the project's own pyproject.toml defines."""
    try:
        text = snapshot_files.text(place.folder, place.cwd / "pyproject.toml") or ""
        document = toml_document.values(text, file="pyproject.toml")
    except ManifestError:
        return
    for tool in (("project",), ("tool", "poetry")):
        spec = toml_document.value_at(document, *tool, "scripts", program)
        entry = entry_place.entry(spec.split("[")[0], place, place.cwd, default="") if isinstance(spec, str) else None
        if entry is not None:
            yield entry
