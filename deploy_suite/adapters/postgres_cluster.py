"""A data directory of PostgreSQL made of a kept template, and the server process on it."""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGQUIT
from typing import Final

from deploy_suite.adapters import postgres_shared_memory
from deploy_suite.adapters.postgres_account import Account, is_open_to_others
from deploy_suite.adapters.postgres_folders import in_memory, reachable
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.adapters.postgres_template import ENVIRONMENT, Machinery, made_once, remove
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Process

PORT: Final = 5432  # it only names the socket, in a folder of its own
ALWAYS_TRUSTED: Final = frozenset({"vector"})  # managed servers let owners create it; its control file does not
_START_TIMEOUT_S: Final = 60
_STOP_TIMEOUT_S: Final = 3
_STATUS_LINE: Final = 8
_CONTROL_PATH_SINCE: Final = (18,)
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


@contextmanager
def started(
    installation: Installation, wanted: frozenset[str], machinery: Machinery, *, short: Path
) -> Iterator[Cluster]:
    """Start a server on a copy of the template, with its socket in the folder *short*; the copy goes away with it.

    Raises: MachineError when it does not start.
    """
    usable = reachable(installation, short, machinery.account)
    template = made_once(usable, short, machinery)
    data = _data_folder(short, machinery)
    try:
        template.lay_out(data)
        if not machinery.account.owns(data):  # the template was made under another one
            machinery.account.own(data)
        cluster = Cluster(
            installation=usable,
            data=data,
            socket_folder=short,
            password=template.password,
            trusted=_trusted(usable, wanted, short, machinery.account),
        )
        with _serving(cluster, machinery):
            yield cluster
    finally:
        remove(data)


def socket_in(folder: Path) -> Path:
    """Return where a server that keeps its socket in *folder* makes it."""
    return folder / f".s.PGSQL.{PORT}"


def _data_folder(short: Path, machinery: Machinery) -> Path:
    """Return where the copy goes: into memory if that is to be had, else into the run's own folder if it is open."""
    run_folder = machinery.workplace.run_folder
    is_open = machinery.account.reaches_all or is_open_to_others(run_folder)
    is_better = is_open and short.parent != in_memory()
    return (run_folder if is_better else short) / f"postgres-{secrets.token_hex(4)}"


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
        postgres_shared_memory.note(cluster.data, cluster.socket_folder)
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
        environment=ENVIRONMENT,
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
