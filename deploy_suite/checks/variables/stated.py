"""Which variables a service has, and which files say so."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import calls
from deploy_suite.environments import bindings as binding
from deploy_suite.manifests import compose, dotenv_file
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract, Variable

# These set the platform's tools: a manifest that states no others leaves the application's to the target's own page.
OF_TOOLS: Final = re.compile(
    r"^(?:(?:PYTHON|POETRY|UV|NODE|PIPENV|RUST)_VERSION|PYTHON(?:UNBUFFERED|DONTWRITEBYTECODE|PATH)|PORT"
    r"|WEB_CONCURRENCY|(?:PIP|UV|POETRY|PIPENV)_\w+|GUNICORN_CMD_ARGS|TZ|LANG)$"
)
# What any process on Linux finds.
_OF_PROCESSES: Final = frozenset(
    [
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "TERM", "LANG", "LC_ALL", "TZ", "_"),
        *("HOSTNAME", "TMPDIR", "VIRTUAL_ENV"),
    ]
)
_NO_VALUES: Final = re.compile(r"example|sample|template|dist|preflight", re.IGNORECASE)


def by_manifest(contract: Contract) -> tuple[Variable, ...]:
    """Return the variables of the application that a file states."""
    return tuple(
        one for one in contract.variables if one.location and not one.is_platform and not OF_TOOLS.match(one.name)
    )


def files(contract: Contract) -> tuple[str, ...]:
    """Return the files that tell the target the application's variables.

    What an image sets itself, and what a compose file sets elsewhere, leaves the others to the target's own page.
    """
    found = {one.location.file for one in by_manifest(contract) if one.location}
    own = {contract.container.dockerfile} if contract.container else set()
    return tuple(sorted(one for one in found - own if PurePosixPath(one).name not in compose.NAMES))


def present(case: Case) -> frozenset[str]:
    """Return the variables that the service will find, wherever from; what may be one of them counts."""
    contract = case.contract
    answers = binding.answers_in(case.repository / contract.root) if case.repository else {}
    return frozenset((*(one.name for one in contract.variables), *answers)) | in_the_commit(case)


def in_the_commit(case: Case) -> frozenset[str]:
    """Return the variables that a process finds whatever the target is told: its commands and files set them."""
    return frozenset((*_OF_PROCESSES, *_in_commands(case), *_in_files(case)))


def _in_commands(case: Case) -> Iterator[str]:
    """Yield what the commands and the scripts that they run set."""
    for call in calls.read(case.contract, case.snapshot.folder).calls:
        yield from (name for name, _ in (*call.written.assignments, *call.command.assignments))


def _in_files(case: Case) -> Iterator[str]:
    """Yield the variables of the files in the commit that libraries load at start."""
    top = case.snapshot.folder
    entry = case.contract.entry
    folders = {case.contract.root, PurePosixPath(), *(entry.search_path if entry else ())}
    folders |= {PurePosixPath(entry.file).parent} if entry and entry.file else set()
    for folder in sorted(folders):
        for pattern in (".env*", "*.env", "settings.ini"):
            for file in on_disk.matching(top / folder, pattern):
                if not _NO_VALUES.search(file.name):
                    yield from _names(file)


def _names(file: Path) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if file.suffix == ".ini":
        yield from (line.partition("=")[0].strip() for line in text.splitlines() if "=" in line)
        return
    try:
        yield from dotenv_file.parse(text, file=file.name)
    except ManifestError:
        yield from (line.partition("=")[0].strip() for line in text.splitlines() if "=" in line)
