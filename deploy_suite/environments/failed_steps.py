"""What bash is told to note of each command that fails → the line of the project's script on which a build ended."""

import os
import posixpath
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model.location import Location

_FIELDS: Final = 4
# Of commands only whose failure counts (not `a || b`, not `if a`), and not in functions: the call of one is a command.
# Source: https://www.gnu.org/software/bash/manual/bash.html#index-trap, #index-BASH_005fENV
_TEXT: Final = r"""trap "{{ printf '%s\t%s\t%s\t%s\n' \"\$?\" \"\$LINENO\" $(printf %q "$PWD")\
 \"\${{BASH_SOURCE[0]-}}\" >> $(printf %q {journal}); }} 2> /dev/null" ERR
"""


def settings(folder: Path) -> dict[str, str]:
    """Return the variable that makes every bash note its failures in *folder*."""
    startup = folder / "startup.bash"
    startup.write_text(_TEXT.format(journal=shlex.quote(str(_journal(folder)))), encoding="utf-8")
    return {"BASH_ENV": str(startup)}


def ended_at(folder: Path, top: Path, code: int) -> Location | None:
    """Return the innermost line of a script below *top* with which the build ended, None where no bash ran one."""
    try:
        text = _journal(folder).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    noted = [fields for line in text.splitlines() if len(fields := line.split("\t")) == _FIELDS]
    chain: dict[str, int] = {}
    for status, line, cwd, script in reversed(noted):
        path = _own(cwd, script, top) if script else ""
        if status != str(code) or path in chain or not line.isdigit():
            break
        if path is not None:
            chain[path] = int(line)
    scripts = [path for path in chain if path]
    return Location(scripts[-1], chain[scripts[-1]]) if scripts else None


def _own(cwd: str, script: str, top: Path) -> str | None:
    """Return the script as the project calls it, None for one of something else."""
    path = PurePosixPath(posixpath.normpath(posixpath.join(cwd, script)))
    roots: Sequence[str] = (str(top), os.path.realpath(top))
    return next((str(path.relative_to(root)) for root in roots if path.is_relative_to(root)), None)


def _journal(folder: Path) -> Path:
    return folder / "failed-steps"
