"""A command into the shell script of the repository that it runs."""

import posixpath
from pathlib import Path, PurePosixPath

from deploy_suite.manifests import shell, shell_wrappers
from deploy_suite.project import snapshot_files


def called_script(top: Path, command: shell.SimpleCommand, *, folder: str) -> str:
    """Return the path in the repository of the shell script that *command* runs, "" when it runs none."""
    words = command.words
    if shell_wrappers.is_shell(words):
        _, rest = shell_wrappers.shell_flags(words)
        candidate = rest[0] if rest else ""
    elif command.program in {".", "source"} and len(words) > 1:
        candidate = words[1]
    else:
        candidate = command.program if "/" in command.program else ""
    if not candidate or not command.folder_is_known:
        return ""
    path = posixpath.normpath(posixpath.join(folder, candidate))
    return path if _is_shell_script(top, path) else ""


def _is_shell_script(top: Path, path: str) -> bool:
    is_elsewhere = path.startswith("/")  # as after `cd /`; it is none of the repository's that has the same name
    file = None if is_elsewhere else snapshot_files.find(top, PurePosixPath(path))
    if file is None:
        return False
    try:
        with file.open("rb") as stream:
            head = stream.readline(200)
    except OSError:
        return False
    return b"sh" in head if head.startswith(b"#!") else path.endswith((".sh", ".bash")) or "." not in Path(path).name
