"""A call of an installer, which says where in the image to install → one for the one environment that there is here."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from deploy_suite.manifests.shell import SimpleCommand

# Options that choose a place for packages, which is the one environment here; each with whether a value follows.
_PLACES: Final = {
    "--user": False,
    "--system": False,
    "--break-system-packages": False,
    "--no-index": False,
    "--no-warn-script-location": False,
    "--prefix": True,
    "--target": True,
    "-t": True,
    "--root": True,
    "--root-user-action": True,
    "--find-links": True,
    "-f": True,
    "--wheel-dir": True,
    "-w": True,
    "--python": True,
    "-p": True,
}


def placed(command: SimpleCommand, *, is_pip: bool) -> SimpleCommand | None:
    """Return *command* without what it says of a place, None where it makes an environment of its own.

    Shape: *is_pip* says that *command* is a call of pip, under any name.
    """
    first = command.words[:2]
    if first[1:] == ("venv",):
        return None
    if first in {("uv", "build"), ("poetry", "build")}:
        return own_package(command)
    words = ["pip" if is_pip else command.words[0], *command.words[1:]]
    if is_pip and words[1:2] == ["wheel"]:
        words[1] = "install"
    if is_pip or words[:2] == ["uv", "pip"]:
        words = _without_wheels(_without_places(words))
    if not words:
        return replace(command, words=("true",), text="true")
    assigned = "".join(f"{name}={quoted(value)} " for name, value in command.assignments)
    return replace(command, words=tuple(words), text=assigned + " ".join(map(quoted, words)))


def _without_places(words: Sequence[str]) -> list[str]:
    """Return *words* without options that choose a place; one that leads to an address is about an index."""
    kept: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        name, equals, value = word.partition("=")
        following = value if equals else "".join(pending[:1])
        if name not in _PLACES or following.startswith(("http:", "https:")):
            kept.append(word)
        elif _PLACES[name] and not equals:
            pending = pending[1:]
    return kept


def _without_wheels(words: list[str]) -> list[str]:
    """Return *words* without wheels that an earlier line is to have made; nothing is left of a call for these alone."""
    wheels = [word for word in words if word.endswith((".whl", "/*")) and not word.startswith("-")]
    if not wheels or "install" not in words:
        return words
    kept = [word for word in words if word not in wheels]
    wanted = kept[kept.index("install") + 1 :]
    return kept if any(word in {"-r", "-e"} or not word.startswith("-") for word in wanted) else []


def own_package(command: SimpleCommand) -> SimpleCommand:
    """Return what stands for building a wheel of the project, which a later line installs."""
    return replace(command, words=("pip", "install", "."), text="pip install .")


def quoted(word: str) -> str:
    """Return *word* as a shell reads it; its variables stay variables."""
    return '"' + word.replace('"', '\\"') + '"' if "$" in word else shlex.quote(word)
