"""Scripts that a build command calls by their path and that the commit gives no execute bit.

The target ends there. A rehearsal lends them the bit, so that what lies behind is found in the same run; that the bit
is missing is a failure all the same.
"""

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy_suite.environments.called_scripts import called_script
from deploy_suite.manifests import shell
from deploy_suite.model.contract import Contract
from deploy_suite.project import snapshot_files

_GIVERS: Final = frozenset({"chmod", "install", "find", "xargs"})
_MOST_LEVELS: Final = 4


def missing(contract: Contract, top: Path) -> tuple[str, ...]:
    """Return the scripts that the build command certainly calls and that *top* holds without the bit."""
    if contract.build is None:
        return ()
    folder = "" if str(contract.root) == "." else str(contract.root)
    return tuple(dict.fromkeys(_called(contract.build.text, top, folder=folder, before=())))


def lend(contract: Contract, top: Path) -> None:
    """Give the bit to those scripts in *top*, a copy that the suite has made."""
    for path in missing(contract, top):
        file = top / path
        file.chmod(file.stat().st_mode | 0o111)


def hand_over(contract: Contract, built: Sequence[str], top: Path) -> None:
    """Give the bit in *top*, a copy of the commit, to the scripts that a later command calls and the build gives it.

    Shape: *built* are the texts that the build runs. Of a build that only installs no tree is kept: this is the one
    thing that it may have changed there.
    """
    given = tuple(command for text in built for command in shell.parse(text).commands)
    folder = "" if str(contract.root) == "." else str(contract.root)
    for command in (contract.pre_deploy, contract.start):
        if command is None:
            continue
        in_vain = set(_called(command.text, top, folder=folder, before=given))
        for path in _called(command.text, top, folder=folder, before=()):
            if path not in in_vain:
                file = top / path
                file.chmod(file.stat().st_mode | 0o111)


def _called(
    text: str, top: Path, *, folder: str, before: tuple[shell.SimpleCommand, ...], level: int = 0
) -> Iterator[str]:
    """Yield the scripts that *text* calls in vain; *before* are the commands that ran before it."""
    given = [*before]
    for command in shell.parse(text).commands:
        here = posixpath.normpath(posixpath.join(folder, command.folder))
        script = called_script(top, command, folder="" if here == "." else here)
        given.append(command)
        if not script or command.is_conditional:
            continue
        is_direct = "/" in command.program
        if is_direct and not snapshot_files.is_executable(top / script) and not are_given_by(given, script):
            yield script
        if level < _MOST_LEVELS:
            inner = (top / script).read_text(encoding="utf-8", errors="replace")
            yield from _called(inner, top, folder=folder, before=tuple(given), level=level + 1)


def are_given_by(commands: Sequence[shell.SimpleCommand], script: str) -> bool:
    """Whether one of *commands* gives *script* the bit: by its name, a pattern, a folder around it, or a search."""
    return any(_gives(command, script) for command in commands)


def _gives(command: shell.SimpleCommand, script: str) -> bool:
    program = posixpath.basename(command.program)
    if program not in _GIVERS or (program in {"find", "xargs"} and "chmod" not in command.words):
        return False
    name = posixpath.basename(script)
    named = (posixpath.basename(word) for word in command.words[1:])
    is_wide = program in {"find", "xargs"} or any(word in {"-R", "--recursive"} for word in command.words)
    return is_wide or name in command.text or any(fnmatch.fnmatchcase(name, word) for word in named)
