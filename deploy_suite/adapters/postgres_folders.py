"""A short folder for a server's socket, and in it PostgreSQL itself where its account cannot go where that lies."""

import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy_suite.adapters import memory, ownership, postgres_shared_memory, temporary
from deploy_suite.adapters.postgres_account import Account, is_open_to_others
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.errors import MachineError

_SHORT: Final = "preflight-pg-"
_LONGEST_NAME: Final = f"{_SHORT}abcdefgh/.s.PGSQL.65535.lock"


def sweep() -> None:
    """Remove the folders of killed runs whose journal has gone too; their servers have ended with them."""
    for parent in filter(None, (in_memory(), _on_disk())):
        for folder in ownership.abandoned(parent, _SHORT):
            postgres_shared_memory.free(folder)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def short_folder(account: Account, *, record_folder: Callable[[Path], None]) -> Iterator[Path]:
    """Yield a folder of this run whose path is short enough for a socket and open to every account.

    Raises: MachineError when it cannot be made.
    """
    folder = (in_memory() or _on_disk()) / f"{_SHORT}{secrets.token_hex(4)}"
    record_folder(folder)
    try:
        folder.mkdir(mode=stat.S_IRWXU)
    except OSError as error:
        raise MachineError(f"cannot make {folder}: {error.strerror}", remedy="free space there") from error
    try:
        with ownership.held(folder / ownership.MARK):
            folder.chmod(0o755)
            account.own(folder)
            yield folder
    finally:
        postgres_shared_memory.free(folder)
        shutil.rmtree(folder, ignore_errors=True)


def in_memory() -> Path | None:
    """Return the file system in memory, if the server's account can use it; there a copy takes a tenth of the time."""
    found = memory.folder()
    return found if found and is_open_to_others(found) else None


def _on_disk() -> Path:
    usual = temporary.folder_for_socket(_LONGEST_NAME)
    return usual if is_open_to_others(usual) else temporary.EVERYBODYS


def reachable(installation: Installation, short: Path, account: Account) -> Installation:
    """Return the installation, copied to where the account can run it if it cannot as it is."""
    if account.reaches_all or is_open_to_others(installation.programs / "postgres"):
        return installation
    package = installation.root.parent
    top = short / "installation"
    copy = top / package.name / installation.root.name
    shutil.copytree(installation.root, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for libraries in _bundled(package):
        shutil.copytree(libraries, top / libraries.relative_to(package.parent), symlinks=True)
    account.own(top)  # under a narrow umask it is as closed as the original
    return Installation(
        programs=copy / installation.programs.name,
        version=installation.version,
        share=copy / installation.share.relative_to(installation.root),
        extensions=installation.extensions,
    )


def _bundled(package: Path) -> Iterator[Path]:
    """Yield where a wheel keeps the libraries that it was given; its programs look there from where they are.

    Source: https://github.com/pypa/auditwheel#overview, https://github.com/matthew-brett/delocate#the-problem
    """
    yield from filter(Path.is_dir, (package.with_name(f"{package.name}.libs"), package / ".dylibs"))
