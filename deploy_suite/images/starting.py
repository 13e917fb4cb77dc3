"""ENTRYPOINT and CMD into the one command that a container starts, as a shell would be given it."""

import posixpath
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images.layout import Layout
from deploy_suite.images.records import State
from deploy_suite.manifests.dockerfile import Instruction

# Programs that only start another: with how many words of their own after the options.
_STARTERS: Final = {"tini": 0, "dumb-init": 0, "catatonit": 0, "gosu": 1, "su-exec": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the container runs. Shape: `line` is that of the instruction which names the program."""

    text: str
    line: int


def read(state: State, layout: Layout, *, command: str = "") -> Start | None:
    """Return what a container of the image *state* runs, None where it names nothing.

    Shape: *command* is what the target states in place of CMD. The JSON form reaches no shell: its words are quoted.
    Source: https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
    """
    entry, default = state.entrypoint, state.command
    if entry is not None and entry.exec is None:
        return _shell(entry, layout)
    front = tuple(entry.exec or ()) if entry else ()
    if command:
        joined = f"{_called(front, layout)} {command}" if _called(front, layout) else command
        return Start(text=layout.here(joined, folder=layout.root), line=0)
    if default is None:
        return Start(text=_called(front, layout), line=entry.line) if entry and front else None
    if default.exec is None and not front:
        return _shell(default, layout)
    words = default.exec if default.exec is not None else ("/bin/sh", "-c", default.text)
    line = entry.line if entry and front else default.line
    text = _called((*front, *words), layout)
    return Start(text=text, line=line) if text else None


def _shell(one: Instruction, layout: Layout) -> Start | None:
    text = layout.here(one.source, folder=layout.root).strip()
    lead = len(one.source) - len(one.source.lstrip())
    skipped = one.source[:lead].count("\n")
    return Start(text=text, line=one.line + skipped) if text else None


def _called(words: tuple[str, ...], layout: Layout) -> str:
    """Return the call of a program without a shell, as text for one."""
    rest = _unwrapped(list(words))
    if not rest:
        return ""
    rest[0] = _program(rest[0], layout)
    return shlex.join((rest[0], *(layout.here(word, folder=layout.root) for word in rest[1:])))


def _unwrapped(words: list[str]) -> list[str]:
    while words and (own := _STARTERS.get(posixpath.basename(words[0]))) is not None:
        words.pop(0)
        while words and words[0].startswith("-"):
            is_end = words.pop(0) == "--"
            if is_end:
                break
        del words[:own]
    return words


def _program(word: str, layout: Layout) -> str:
    """Return the program *word*: a file of the tree where the Dockerfile put one of that name on the PATH."""
    if "/" in word:
        return layout.here(word, folder=layout.root) if word.startswith("/") else word
    for folder in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin"):
        place = layout.places.get(PurePosixPath(folder) / word)
        if place is not None:
            near = posixpath.relpath(place, layout.root)
            return near if "/" in near else f"./{near}"
    return word
