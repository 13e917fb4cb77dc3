"""A PostgreSQL data directory from a kept template, and the server process on it."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGQUIT
from typing import Final

from deploy_suite.adapters import memory, ownership
from deploy_suite.adapters.postgres_account import Account, is_open_to_others
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Launcher, Process, Runner, Workplace

SUPERUSER: Final = "postgres"
PORT: Final = 5432  # it only names the socket, in a folder of its own
ALWAYS_TRUSTED: Final = frozenset({"vector"})  # managed servers let owners create it; its control file does not
_FORMAT: Final = 2  # counts changes of what a template holds
_INITDB_TIMEOUT_S: Final = 120
_START_TIMEOUT_S: Final = 60
_STOP_TIMEOUT_S: Final = 3
_SHORT: Final = "preflight-pg-"
_MARK: Final = "mark"
_STATUS_LINE: Final = 8
_LONGEST_SOCKET: Final = 100  # sun_path holds 104 bytes on macOS, 108 on Linux, the closing zero included
_BUILTIN_LOCALES_SINCE: Final = (17,)
_CONTROL_PATH_SINCE: Final = (18,)
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": "",  # over TCP it is the front that answers
    "port": str(PORT),
    "unix_socket_permissions": "0777",
    # The data is thrown away: nothing need survive a crash of this machine.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "120",
    "shared_buffers": "64MB",
    # Files in the data directory go away with it even when the server is killed; shared memory would stay.
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A server on a data directory of its own.

    Shape: `trusted` are extensions that owners may create though their control file says no.
    """

    installation: Installation
    data: Path
    socket_folder: Path
    password: Secret
    trusted: frozenset[str]

    @property
    def socket(self) -> Path:
        """The server's unix socket."""
        return socket_in(self.socket_folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What starting a server needs."""

    runner: Runner
    launcher: Launcher
    workplace: Workplace
    account: Account


@contextmanager
def started(
    installation: Installation, wanted: frozenset[str], machinery: Machinery, *, short: Path
) -> Iterator[Cluster]:
    """Start a server on a copy of the template, with its socket in the folder *short*; the copy goes away with it.

    Raises: MachineError when it does not start.
    """
    usable = _reachable(installation, short, machinery.account)
    template = _template(usable, short, machinery)
    data = _data_folder(short, machinery)
    try:
        _copy(template / "data", data)
        if not machinery.account.owns(data):  # the template was made under another one
            machinery.account.own(data)
        cluster = Cluster(
            installation=usable,
            data=data,
            socket_folder=short,
            password=Secret((template / "password").read_text(encoding="utf-8")),
            trusted=_trusted(usable, wanted, short, machinery.account),
        )
        with _serving(cluster, machinery):
            yield cluster
    finally:
        shutil.rmtree(data, ignore_errors=True)


def socket_in(folder: Path) -> Path:
    """Return where a server that keeps its socket in *folder* makes it."""
    return folder / f".s.PGSQL.{PORT}"


def sweep() -> None:
    """Remove the folders of runs that were killed; their servers have ended with them."""
    for parent in filter(None, (_in_memory(), _on_disk())):
        for folder in parent.glob(f"{_SHORT}*"):
            if ownership.is_abandoned(folder / _MARK):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def short_folder(account: Account) -> Iterator[Path]:
    """Yield a folder of this run whose path is short enough for a socket and open to every account."""
    parent = _in_memory() or _on_disk()
    folder = Path(tempfile.mkdtemp(prefix=_SHORT, dir=parent))
    try:
        with ownership.held(folder / _MARK):
            folder.chmod(0o755)
            account.own(folder)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> Path | None:
    """Return the file system in memory, if the server's account can use it; there a copy takes a tenth of the time."""
    found = memory.folder()
    return found if found and is_open_to_others(found) else None


def _on_disk() -> Path:
    usual = Path(tempfile.gettempdir())
    length = len(os.fsencode(usual / f"{_SHORT}abcdefgh/.s.PGSQL.65535.lock"))
    return usual if length <= _LONGEST_SOCKET and is_open_to_others(usual) else Path("/tmp")  # noqa: S108


def _reachable(installation: Installation, short: Path, account: Account) -> Installation:
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


def _data_folder(short: Path, machinery: Machinery) -> Path:
    """Return where the copy goes: into memory if that is to be had, else into the run's own folder if it is open."""
    run_folder = machinery.workplace.run_folder
    is_open = machinery.account.reaches_all or is_open_to_others(run_folder)
    is_better = is_open and short.parent != _in_memory()
    return (run_folder if is_better else short) / f"postgres-{secrets.token_hex(4)}"


def _template(installation: Installation, short: Path, machinery: Machinery) -> Path:
    """Return the folder with "data" and "password" for this version, made once and kept.

    Shape: initdb takes 0.4 s and a copy of the folder 0.1 s (measured with version 18.4 on a small machine).
    """
    kept = machinery.workplace.cache / "postgres" / f"{installation.shown}-{_FORMAT}"
    with machinery.workplace.locked(f"postgres-{installation.shown}"):
        if not (kept / "data" / "PG_VERSION").is_file() or not (kept / "password").is_file():
            _make_template(installation, short, kept, machinery)
    return kept


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its owners and rights, by a process of its own.

    Here each of its thousand files would wait for the interpreter, which other threads keep busy: 0.5 s for 0.03.
    Raises: MachineError when it cannot be done.
    """
    done = subprocess.run(("cp", "-RPp", source, target), capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(f"PostgreSQL's data directory cannot be copied: {done.stderr.strip()[-300:]}")


def _make_template(installation: Installation, short: Path, kept: Path, machinery: Machinery) -> None:
    password, made = short / "password", short / "template"
    password.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    password.chmod(0o600)
    machinery.account.own(short)
    command = Command(
        argv=machinery.account.lowered(_initdb(installation, made, password)),
        cwd=Path("/"),
        environment=_ENVIRONMENT,
    )
    done = machinery.runner.run(command, timeout_s=_INITDB_TIMEOUT_S)
    if not done.ok:
        raise MachineError(f"initdb of PostgreSQL {installation.shown} failed: {done.output.strip()[-600:]}")
    partial = kept.with_name(f"{kept.name}.partial")  # the lock is held: one that is there was left by a killed run
    for stale in (partial, kept):
        shutil.rmtree(stale, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    _copy(made, partial / "data")
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


def _trusted(installation: Installation, wanted: frozenset[str], short: Path, account: Account) -> frozenset[str]:
    """Let owners of databases create the extensions *wanted*, as a managed PostgreSQL does; return which.

    A control file that says so shadows the installation's own.
    Source: https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-EXTENSION-CONTROL-PATH
    """
    names = frozenset(name for name in wanted & installation.extensions if not installation.is_trusted(name))
    if installation.version < _CONTROL_PATH_SINCE or not names:
        return frozenset()
    folder = short / "share" / "extension"
    folder.mkdir(parents=True)
    for name in names:
        control = installation.control_file(name)
        text = control.read_text(encoding="utf-8") + "\ntrusted = true\nsuperuser = true\n"
        (folder / control.name).write_text(text, encoding="utf-8")
        for script in control.parent.glob(f"{name}--*.sql"):
            (folder / script.name).symlink_to(script)
    account.own(short / "share")
    return names


@contextmanager
def _serving(cluster: Cluster, machinery: Machinery) -> Iterator[None]:
    with machinery.launcher.start(_start(cluster, machinery.account)) as process:
        if not _answers(process, cluster):
            shown, said = cluster.installation.shown, process.output().strip()[-600:]
            raise MachineError(f"PostgreSQL {shown} does not start: {said}")
        try:
            yield
        finally:
            _stop(process)


def _start(cluster: Cluster, account: Account) -> Command:
    options = {**_OPTIONS, "unix_socket_directories": str(cluster.socket_folder)}
    if cluster.trusted:
        options["extension_control_path"] = f"{cluster.socket_folder / 'share'}:$system"
    settings = tuple(word for name, value in options.items() for word in ("-c", f"{name}={value}"))
    return Command(
        argv=account.lowered((str(cluster.installation.programs / "postgres"), "-D", str(cluster.data), *settings)),
        cwd=Path("/"),
        environment=_ENVIRONMENT,
    )


def _answers(process: Process, cluster: Cluster) -> bool:
    """Wait until the server takes connections; false when it ended, or said nothing for too long."""
    deadline, pause = time.monotonic() + _START_TIMEOUT_S, 0.01
    while process.exit_code() is None and time.monotonic() < deadline:
        if _says_ready(cluster.data / "postmaster.pid"):
            return True
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return False


def _says_ready(file: Path) -> bool:
    """Whether the server has noted that it takes connections, which is how pg_ctl waits for it.

    Source: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
    """
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return len(lines) >= _STATUS_LINE and lines[_STATUS_LINE - 1].strip() == "ready"


def _stop(process: Process) -> None:
    """Ask for an immediate shutdown, which frees the server's shared memory; whoever started it ends what is left."""
    process.signal(SIGQUIT)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while process.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.01)
