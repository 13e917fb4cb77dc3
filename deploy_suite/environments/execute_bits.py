"""Scripts that a build command calls by their path and that the commit gives no execute bit.

The target ends there. A rehearsal lends them the bit, so that what lies behind is found in the same run; that the bit
is missing is a failure all the same.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.environments.called_scripts import called_script
from deploy_suite.manifests import shell
from deploy_suite.model.contract import Contract
from deploy_suite.project import snapshot_files

_GIVERS: Final = frozenset({"chmod", "install"})
_MOST_LEVELS: Final = 4


def missing(contract: Contract, top: Path) -> tuple[str, ...]:
    """Return the scripts that the build command certainly calls and that *top* holds without the bit."""
    if contract.build is None:
        return ()
    folder = "" if str(contract.root) == "." else str(contract.root)
    return tuple(dict.fromkeys(_called(contract.build.text, top, folder=folder, level=0)))


def lend(contract: Contract, top: Path) -> None:
    """Give the bit to those scripts in *top*, a copy that the suite has made."""
    for path in missing(contract, top):
        file = top / path
        file.chmod(file.stat().st_mode | 0o111)


def _called(text: str, top: Path, *, folder: str, level: int) -> Iterator[str]:
    given = ""
    for command in shell.parse(text).commands:
        here = posixpath.normpath(posixpath.join(folder, command.folder))
        script = called_script(top, command, folder="" if here == "." else here)
        if command.program in _GIVERS:
            given += f" {command.text}"
        if not script or command.is_conditional:
            continue
        is_direct = "/" in command.program
        if is_direct and not _is_given(script, given) and not snapshot_files.is_executable(top / script):
            yield script
        if level < _MOST_LEVELS:
            inner = (top / script).read_text(encoding="utf-8", errors="replace")
            yield from _called(inner, top, folder=folder, level=level + 1)


def _is_given(script: str, given: str) -> bool:
    return posixpath.basename(script) in given or "*.sh" in given
