"""A version of PostgreSQL → a data directory that is made once, kept, and copied for each server."""

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
from deploy_suite.ports import Launcher, Runner, Workplace

SUPERUSER: Final = "postgres"
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_FORMAT: Final = 2  # counts changes of what a template holds
_INITDB_TIMEOUT_S: Final = 120
_BUILTIN_LOCALES_SINCE: Final = (17,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What starting a server needs."""

    runner: Runner
    launcher: Launcher
    workplace: Workplace
    account: Account


def made_once(installation: Installation, short: Path, machinery: Machinery) -> Path:
    """Return the folder with "data" and "password" for this version, made once and kept.

    Why: initdb takes 0.4 s, a copy of the folder less than a tenth of that (version 18.4 on a small machine).
    """
    kept = machinery.workplace.cache / "postgres" / f"{installation.shown}-{_FORMAT}"
    with machinery.workplace.locked(f"postgres-{installation.shown}"):
        if not (kept / "data" / "PG_VERSION").is_file() or not (kept / "password").is_file():
            _make(installation, short, kept, machinery)
    return kept


def copy(source: Path, target: Path) -> None:
    """Copy a folder with its owners and rights, by a process of its own.

    Here each of its thousand files would wait for the interpreter, which other threads keep busy: 0.5 s for 0.03.
    Raises: MachineError when it cannot be done.
    """
    done = subprocess.run(("cp", "-RPp", source, target), capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(f"PostgreSQL's data directory cannot be copied: {done.stderr.strip()[-300:]}")


def _make(installation: Installation, short: Path, kept: Path, machinery: Machinery) -> None:
    password, made = short / "password", short / "template"
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
    copy(made, partial / "data")
    shutil.copy(password, partial / "password")
    partial.rename(kept)
    shutil.rmtree(made)
    password.unlink()


def _initdb(installation: Installation, data: Path, password: Path) -> tuple[str, ...]:
    builtin = installation.version >= _BUILTIN_LOCALES_SINCE
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C") if builtin else ("--locale=C",)
    return (
        *(str(installation.programs / "initdb"), "--pgdata", str(data), "--username", SUPERUSER),
        *("--encoding=UTF8", *locale, "--auth=scram-sha-256", "--pwfile", str(password)),
        *("--no-sync", "--no-instructions", "--wal-segsize=1"),
    )
