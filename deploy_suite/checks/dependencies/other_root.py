"""A module that only imports from a folder below the one in which the server starts → the finding that says so."""

import posixpath
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import when_met
from deploy_suite.model.finding import Finding
from deploy_suite.tracing.values import MissingModule

CODE: Final = "module-not-on-path"
_OPTIONS: Final = {"gunicorn": "--chdir", "uvicorn": "--app-dir"}


def below(case: Case, lack: MissingModule, files: Sequence[str]) -> Finding | None:
    """Return the finding for a module whose file lies in a folder from which the file that imports it is meant to run.

    Shape: *files* are those that would be the module in some folder; None where none of these folders has the importing
    file too, for then another module may be meant.
    """
    importing = PurePosixPath(lack.chain.last.file) if lack.chain.hops else None
    places = [(_base(lack.module, file), file) for file in files]
    found = next(((base, file) for base, file in places if importing and importing.is_relative_to(base)), None)
    if found is None or str(found[0]) == str(case.contract.root):
        return None
    base, file = found
    inner = posixpath.relpath(str(base), str(case.contract.root))
    return Finding(
        code=f"{CODE}:{lack.module}",
        outcome=when_met.outcome(lack.kind),
        message=f"{lack.module} is imported, and {file} has that name only where the server starts in {base}",
        location=lack.chain.last.location,
        evidence=(lack.chain.shown(), f"looked for: {', '.join(lack.expected) or lack.module}", f"there is {file}"),
        remedy=_start(case, base, inner),
        certainty=when_met.certainty(lack.kind),
    )


def _base(module: str, file: str) -> PurePosixPath:
    """Return the folder from which *file* imports as *module*."""
    path = PurePosixPath(file)
    depth = len(module.split(".")) + (path.name == "__init__.py")
    return PurePosixPath(*path.parts[: len(path.parts) - depth])


def _start(case: Case, base: PurePosixPath, inner: str) -> str:
    start, entry = case.contract.start, case.contract.entry
    where = f" in {start.location.file}" if start and start.location else ""
    option = next((option for name, option in _OPTIONS.items() if start and name in start.text), "")
    way = f"`{option} {inner}`" if option else f"`cd {inner} &&` in front of the server"
    if entry is None or entry.file is None or not entry.attribute or not entry.file.is_relative_to(base):
        return f"start the server in {base}: write {way}{where}"
    own = entry.file.relative_to(base).with_suffix("")
    spec = f"{'.'.join(own.parent.parts if own.name == '__init__' else own.parts)}:{entry.attribute}"
    return f"start the server in {base}: write {way} and `{spec}`{where}"
