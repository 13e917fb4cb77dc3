"""A good rehearsal of migrations, kept for as long as nothing that it read has changed.

What it read is known for certain: the rehearser tells which of the project's files were imported. Any other file may
have been read as data, so all that are no Python must be the same too, and so must the list of Python files, for some
env.py look for models in folders.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from deploy_suite.checks import keeping
from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.migrations.tools import Tool
from deploy_suite.model.finding import Outcome
from deploy_suite.ports import Ports

_FOLDER: Final = "migrations"
_KEPT_AT_MOST: Final = 100
_SCRIPTS: Final = frozenset({"env.py", "manage.py"})
_COMMAND: Final = ".command"
_GOOD: Final = frozenset({Outcome.PASSED, Outcome.WARNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An earlier rehearsal.

    Shape: `dump` is the database at the newest revision, as SQL; `has_command_run` says that the pre-deploy command
    itself succeeded too, where it does nothing but migrate.
    """

    findings: Findings
    dump: str
    has_command_run: bool = False


def find(built: Built, tool: Tool, ports: Ports) -> Kept | None:
    """Return the rehearsal of the same migrations, None where it must be done anew."""
    blobs = _blobs(built, ports)
    if not blobs or built.case.preferences.fresh:
        return None
    file = _file(built, tool, ports)
    kept: Any = keeping.read(file)
    try:
        if kept["others"] == _others(blobs) and all(blobs.get(file) == blob for file, blob in kept["read"].items()):
            findings = tuple(map(keeping.finding, kept["findings"]))
            return Kept(findings=findings, dump=kept["dump"], has_command_run=file.with_suffix(_COMMAND).exists())
    except (KeyError, TypeError, AttributeError):
        return None
    return None


def keep(built: Built, tool: Tool, ports: Ports, *, read: Iterable[Path], findings: Findings, dump: str) -> None:
    """Keep a rehearsal in which nothing failed or was left out. Shape: *read* are files below the built copy."""
    blobs = _blobs(built, ports)
    if not blobs or not dump or any(finding.outcome not in _GOOD for finding in findings):
        return
    masker = ports.curtain.masker
    record = {
        "others": _others(blobs),
        "read": {file: blobs[file] for file in _inside(built, read) | _run(blobs) if file in blobs},
        "findings": [finding.masked(masker) for finding in findings],
        "dump": dump,
    }
    keeping.write(_file(built, tool, ports), record, at_most=_KEPT_AT_MOST)


def note_command(built: Built, tool: Tool, ports: Ports) -> None:
    """Keep beside the rehearsal, where there is one, that the pre-deploy command has succeeded."""
    file = _file(built, tool, ports)
    if file.exists():
        file.with_suffix(_COMMAND).touch()


def _file(built: Built, tool: Tool, ports: Ports) -> Path:
    how = (str(tool.kind), str(tool.folder), tool.argv, tool.assignments, str(tool.file))
    server = built.server.version if built.server else ""
    parts = (keeping.surroundings(built.case, built.bindings), built.environment.key, how, server, _news(built, ports))
    return ports.workplace.cache / _FOLDER / f"{keeping.digest(*parts)}.json"


def _news(built: Built, ports: Ports) -> tuple[str, ...]:
    """Return the Python files that the remote lacks: revisions among them are judged more strictly."""
    case = built.case
    if case.repository is None or not case.state.upstream:
        return ()
    added = ports.git.added_since(case.repository, case.state.upstream, case.snapshot.commit)
    return tuple(file for file in added if file.endswith(".py"))


def _blobs(built: Built, ports: Ports) -> Mapping[str, str]:
    """Return the ids of the commit's files; none for an environment whose build could have written others."""
    repository = built.case.repository
    return ports.git.blobs(repository, built.case.snapshot.commit) if repository and built.environment.key else {}


def _others(blobs: Mapping[str, str]) -> str:
    return keeping.digest({file: "" if file.endswith(".py") else blob for file, blob in blobs.items()})


def _inside(built: Built, paths: Iterable[Path]) -> set[str]:
    top, files = built.environment.top.resolve(), tuple(paths)
    folders = {folder: folder.resolve() for folder in {file.parent for file in files}}  # few for hundreds of files
    resolved = (file.resolve() if file.is_symlink() else folders[file.parent] / file.name for file in files)
    return {path.relative_to(top).as_posix() for path in resolved if path.is_relative_to(top)}


def _run(blobs: Mapping[str, str]) -> set[str]:
    """Return every env.py and manage.py: they are run without being imported."""
    return {file for file in blobs if PurePosixPath(file).name in _SCRIPTS}
