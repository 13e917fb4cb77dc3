"""A version of PostgreSQL → a data directory that is made once, kept as an archive, and laid out for each server."""

import contextlib
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.adapters.postgres_account import Account
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Launcher, Runner, Workplace

SUPERUSER: Final = "postgres"
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_FORMAT: Final = 4  # counts changes of what a template holds
_ARCHIVE: Final = "data.tar"
_PASSWORD: Final = "password"  # noqa: S105  the name of a file
_INITDB_TIMEOUT_S: Final = 120
_BUILTIN_LOCALES_SINCE: Final = (17,)
_SETTINGS_SINCE: Final = (16,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What starting a server needs."""

    runner: Runner
    launcher: Launcher
    workplace: Workplace
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A data directory as initdb makes it.

    Shape: `spare` is the folder that initdb has just made, which nobody else needs; None where it was made before.
    """

    archive: Path
    password: Secret
    spare: Path | None = None

    def lay_out(self, data: Path) -> None:
        """Make the folder *data* of it, with its owners and rights. Raises: MachineError."""
        if self.spare:
            with contextlib.suppress(OSError):  # it may lie on another disk
                self.spare.rename(data)
                return
            remove(self.spare)
        try:
            data.mkdir(mode=0o700)
        except OSError as error:
            raise MachineError(f"cannot make {data}: {error.strerror}", remedy="free space there") from error
        _tar("-xpf", self.archive, data)


def remove(data: Path) -> None:
    """Remove a folder that was laid out, by a process of its own, as in `_tar`; what stays goes with the next run."""
    with contextlib.suppress(OSError):
        subprocess.run(("rm", "-rf", data), capture_output=True, check=False)


def made_once(installation: Installation, short: Path, machinery: Machinery) -> Template:
    """Return the template for this version, made once and kept.

    Why: initdb takes 0.4 s, its thousand files are laid out in a tenth of that (version 18.4 on a small machine).
    """
    kept, spare = machinery.workplace.cache / "postgres" / f"{installation.shown}-{_FORMAT}", None
    with machinery.workplace.locked(f"postgres-{installation.shown}"):
        if not (password := _password(kept)):
            spare = _make(installation, short, kept, machinery)
            password = _password(kept)
    if not password:
        raise MachineError(f"what was written to {kept} a moment ago has changed", remedy="see who else writes there")
    return Template(archive=kept / _ARCHIVE, password=password, spare=spare)


def _password(kept: Path) -> Secret | None:
    """Return the password of the template in *kept*, None of one that is not there or not whole."""
    with contextlib.suppress(OSError, ValueError):
        password, size_bytes = (kept / _PASSWORD).read_text(encoding="utf-8").split()
        if (kept / _ARCHIVE).stat().st_size == int(size_bytes):
            return Secret(password)
    return None


def _tar(options: str, archive: Path, folder: Path) -> None:
    """Move the content of *folder* into or out of *archive*, by a process of its own.

    Here each of its files would wait for the interpreter, which other threads keep busy: 0.5 s for 0.04.
    """
    words = ("tar", options, archive, "-C", folder, *((".",) if "c" in options else ()))
    try:
        # Else that of macOS adds a file of its own metadata beside each:
        # https://github.com/apple-oss-distributions/libarchive/blob/main/libarchive/tar/bsdtar.1
        environment = {**os.environ, "COPYFILE_DISABLE": "1"}
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise MachineError(
            "PostgreSQL's data directory cannot be laid out: no tar here", remedy="install tar"
        ) from error
    if done.returncode:
        raise MachineError(f"PostgreSQL's data directory cannot be laid out: {done.stderr.strip()[-300:]}")


def _make(installation: Installation, short: Path, kept: Path, machinery: Machinery) -> Path:
    """Fill the folder *kept*, and return the data directory that its archive was made of."""
    machinery.account.require_name()
    password, made = short / _PASSWORD, short / "template"
    password.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    password.chmod(0o600)
    machinery.account.own(short)
    command = Command(
        argv=machinery.account.lowered(_initdb(installation, made, password)),
        cwd=Path("/"),
        environment=ENVIRONMENT,
    )
    done = machinery.runner.run(command, timeout_s=_INITDB_TIMEOUT_S)
    if not done.ok:
        raise MachineError(f"initdb of PostgreSQL {installation.shown} failed: {done.output.strip()[-600:]}")
    partial = kept.with_name(f"{kept.name}.partial")  # the lock is held: one that is there was left by a killed run
    for stale in (partial, kept):
        shutil.rmtree(stale, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    _tar("-cf", partial / _ARCHIVE, made)
    told = f"{password.read_text(encoding='utf-8')}\n{(partial / _ARCHIVE).stat().st_size}\n"
    shutil.copy(password, partial / _PASSWORD)  # its rights too
    (partial / _PASSWORD).write_text(told, encoding="utf-8")
    partial.rename(kept)
    password.unlink()
    return made


def _initdb(installation: Installation, data: Path, password: Path) -> tuple[str, ...]:
    builtin = installation.version >= _BUILTIN_LOCALES_SINCE
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C") if builtin else ("--locale=C",)
    # Containers have 64 MB of POSIX shared memory or none, and what fails in it stays there.
    memory = ("--set=dynamic_shared_memory_type=mmap",) if installation.version >= _SETTINGS_SINCE else ()
    return (
        *(str(installation.programs / "initdb"), "--pgdata", str(data), "--username", SUPERUSER),
        *("--encoding=UTF8", *locale, *memory, "--auth=scram-sha-256", "--pwfile", str(password)),
        *("--no-sync", "--no-instructions", "--wal-segsize=1"),
    )
