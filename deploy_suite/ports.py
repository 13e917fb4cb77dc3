"""What the suite needs of the world, as Protocols. The adapters are the only code behind them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn, Protocol

from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import DatabaseAddress, Interpreter
from deploy_suite.model.project import Commit
from deploy_suite.model.push import AddedLine, Outgoing, Remote
from deploy_suite.model.secret import Curtain, Secret

OUTPUT_LIMIT_BYTES: Final = 4 * 1024 * 1024


class Clock(Protocol):
    """Time. Seconds are those of the monotonic clock."""

    def now_s(self) -> float:
        """Return the monotonic time."""

    def utc(self) -> str:
        """Return the wall-clock time, ISO 8601 in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Runner(Protocol):
    """Runs a command to its end.

    The process gets a session of its own. When the time is up, or the suite is interrupted or killed, the whole tree
    of processes ends, daemons that left the session included.
    """

    def run(
        self,
        command: Command,
        *,
        timeout_s: float,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
        on_line: Callable[[str], None] | None = None,
        network: "Network | None" = None,
    ) -> Completed:
        """Return what became of *command*; only a suite that cannot run anything raises (MachineError)."""

    def give_up(self) -> None:
        """End all that is run or launched, whichever thread waits for it, and start nothing more: the run is over."""


@dataclass(frozen=True, slots=True)
class Listener:
    """An open TCP port of a process. Shape: `address` is "0.0.0.0", "127.0.0.1", "::" and so on."""

    address: str
    port: int


class Process(Protocol):
    """A running command and all its descendants."""

    @property
    def pid(self) -> int:
        """The process id of the command itself, as this machine sees it."""

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def signal(self, number: int) -> None:
        """Send a signal to the command's process group."""

    def kill(self) -> None:
        """End the whole tree at once. Idempotent."""

    def output(self) -> str:
        """Return the log so far: head and tail of at most the limit, the middle cut out of a longer one."""

    def listeners(self) -> Sequence[Listener]:
        """Return the TCP ports on which the tree listens."""

    def memory_bytes(self) -> int:
        """Return the proportional set size of the tree (resident where the system has no such figure)."""

    def process_count(self) -> int:
        """Return how many processes the tree has."""

    def cpu_s(self) -> float:
        """Return the processor time that the running processes of the tree have used, in seconds."""


class Launcher(Protocol):
    """Starts a command that is to keep running."""

    def start(
        self,
        command: Command,
        *,
        network: "Network | None" = None,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
    ) -> AbstractContextManager[Process]:
        """Start *command*; leaving the context ends its whole tree, and so does the death of the suite."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A host that a process wanted to reach. Shape: `port` is 0 where only the name was looked up."""

    host: str
    port: int = 0


class Network(Protocol):
    """A network with loopback only, in which processes can be started, or this machine's own.

    Shape: `is_isolated` is false where the system grants no namespace, or the caller allowed the network.
    """

    @property
    def is_isolated(self) -> bool:
        """Whether processes in it can reach nothing but themselves and what is offered."""

    def offer(self, port: int, socket: Path) -> None:
        """Let processes inside reach the unix socket *socket* at 127.0.0.1:*port*."""

    def way_in(self, port: int) -> "Address":
        """Return where the suite reaches 127.0.0.1:*port* of the inside."""

    def reached_for(self) -> Sequence[Reach]:
        """Return what processes inside tried to reach outside, in order, each host once."""


class Networks(Protocol):
    """Makes networks."""

    def open(self, *, isolated: bool) -> AbstractContextManager[Network]:
        """Return a network; one that is asked to be isolated but cannot be says so itself."""

    def prepared(self) -> AbstractContextManager[None]:
        """Begin to make an isolated network, which is what the next one that is asked for gets."""

    def free_port(self, preferred: int) -> int:
        """Return *preferred* if nothing listens there on this machine, else another free TCP port."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: a unix socket, or host and port; over TLS, what the certificate must name is `host`."""

    host: str
    port: int
    socket: Path | None = None
    has_tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request. Shape: `path` starts with "/" and includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """An answer.

    Shape: header names in lower case; `body` holds at most 1 MiB; `certificate_ends` is when the server's certificate
    expires, None without TLS or where the system's TLS does not tell.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float
    certificate_ends: datetime | None = None

    @property
    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", errors="replace")


class UnreachableError(Exception):
    """No whole answer came.

    `reason` is one of "refused", "tls", "expired", "timeout", "reset", "protocol"; `was_sent` is false where
    certainly nothing of the request reached the other side.
    """

    def __init__(self, reason: str, detail: str, *, was_sent: bool = True) -> None:
        """Keep the kind of failure apart from its wording."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.was_sent = was_sent


class Http(Protocol):
    """Asks over HTTP/1.1, never following redirects.

    Over TLS the system's trust store counts, and so do the caller's proxies, which those who reach a public host
    through one have set; an address without TLS is asked directly.
    """

    def prepare(self) -> None:
        """Do ahead, while nothing waits, what the first request would have to wait for."""

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        """Return the answer.

        Raises: UnreachableError when no connection was made within *connect_s* or no whole answer came within
        *timeout_s* in all.
        """


class WebSockets(Protocol):
    """Speaks WebSocket."""

    def prepare(self) -> None:
        """Do ahead, while nothing waits, what the first exchange would have to wait for."""

    def exchange(
        self,
        address: Address,
        path: str,
        *,
        headers: Mapping[str, str],
        frames: Sequence[str],
        receive: int,
        timeout_s: float,
    ) -> Sequence[str]:
        """Connect, send *frames*, return the first *receive* messages. Raises: UnreachableError."""


class Reservation(Protocol):
    """A database that is still to be made: who connects to it waits."""

    address: DatabaseAddress

    @property
    def socket(self) -> Path:
        """The unix socket at which visitors wait, to be offered to an isolated network."""

    @property
    def waited_s(self) -> float:
        """How long the first visitor has waited, or had to."""

    def fill(self, template: str) -> bool:
        """Make it a copy of *template* and let in who waits; false where the two belong to different roles."""


class DatabaseServer(Protocol):
    """A running PostgreSQL that may be thrown away."""

    @property
    def version(self) -> str:
        """Return the server's version, "18.1"."""

    @property
    def extensions(self) -> frozenset[str]:
        """Return the extensions that can be created on it."""

    @property
    def socket(self) -> Path | None:
        """The unix socket on which it answers too, to be offered to an isolated network; None for a foreign server."""

    def create(self, name: str, *, template: str = "") -> DatabaseAddress:
        """Create a database with a role of its own that owns it; as a copy of *template* when that is named."""

    def reserve(self, name: str, *, like: str) -> Reservation | None:
        """Return the address of a database that is made later, as a copy of one that belongs to the role of *like*.

        None where the server cannot keep visitors waiting.
        """

    def drop(self, name: str) -> None:
        """Remove the database, its sessions included."""

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement in the database *name* and return its rows. Raises: QueryError."""

    def dump(self, name: str) -> str:
        """Return all that the database *name* holds as SQL, "" where this server cannot tell."""

    def load(self, name: str, dump: str) -> None:
        """Fill the new database *name* with what `dump` returned, as its owner. Raises: QueryError."""


class QueryError(Exception):
    """The server refused a statement. `sqlstate` is the five-character code."""

    def __init__(self, sqlstate: str, message: str) -> None:
        """Keep the code apart from the message."""
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate
        self.message = message


class Databases(Protocol):
    """Starts a PostgreSQL server for one preflight."""

    def serve(
        self, *, foreign: Secret | None, extensions: frozenset[str] = frozenset()
    ) -> AbstractContextManager[DatabaseServer]:
        """Start a server in a fraction of a second, or use the disposable one at *foreign*.

        Shape: *extensions* are those that the project creates; a server that has them is preferred.
        """


class Interpreters(Protocol):
    """The Pythons of this machine."""

    def installed(self) -> Sequence[Interpreter]:
        """Return them, each version once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingState:
    """How the folder differs from the commit, and the commit from what was pushed. Paths are repository-relative.

    Shape: `upstream` is "origin/main" or ""; `unpushed` are the commits that the upstream lacks, oldest first;
    `behind` counts the commits that only the upstream has. `upstream_texts` are the files that list requirements and
    differ there, each with its content there, "" for one that the upstream lacks.
    """

    modified: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    upstream: str = ""
    unpushed: tuple[Commit, ...] = ()
    behind: int = 0
    upstream_texts: Mapping[str, str] = field(default_factory=dict)


class RemoteRefusedError(Exception):
    """A remote was asked in vain. Shape: `output` is what git printed; `is_late` when its time was up."""

    def __init__(self, output: str, *, is_late: bool = False) -> None:
        """Keep what git printed."""
        super().__init__(output)
        self.output = output
        self.is_late = is_late


class Remotes(Protocol):
    """Git's way to other repositories. Nobody is asked for a password, and every call has its deadline."""

    def remotes(self, repository: Path) -> Sequence[Remote]:
        """Return the remotes."""

    def upstream(self, repository: Path, branch: str) -> tuple[str, str]:
        """Return the remote and the branch there that *branch* is configured to follow, two times "" for none."""

    def tip(self, repository: Path, remote: Remote, branch: str, *, timeout_s: float) -> str:
        """Return the commit at which *branch* is on *remote* now, "" where there is none; its history is fetched.

        Raises: RemoteRefusedError.
        """

    def obtained(self, repository: Path, remote: Remote, sha: str, *, timeout_s: float) -> bool:
        """Return whether the commit *sha* is here, fetched from *remote* where it was not; no branch is moved."""

    def outgoing(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Outgoing:
        """Return what *remote*, whose branch is at *base* ("" for a new one), lacks of *commit*."""

    def added_lines(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Iterator[AddedLine]:
        """Yield the lines that the outgoing commits add to text files, oldest commit first."""

    def between(self, repository: Path, base: str, tip: str) -> Sequence[Commit] | None:
        """Return the commits of *tip* that *base* lacks, oldest first; None where one of the two is not known here."""

    def push(
        self,
        repository: Path,
        remote: Remote,
        branch: str,
        commit: Commit,
        *,
        timeout_s: float,
        heard: Callable[[str], None],
    ) -> None:
        """Let *branch* on *remote* be at *commit*, never by force; *heard* is called with what the remote says.

        Raises: RemoteRefusedError.
        """


class Git(Remotes, Protocol):
    """The system's git."""

    def top(self, folder: Path) -> Path:
        """Return the top of the repository around *folder*. Raises: UsageError when there is none."""

    def commit(self, repository: Path, revision: str) -> Commit:
        """Return the commit that *revision* names. Raises: UsageError when it names none."""

    def materialise(self, repository: Path, commit: Commit, folder: Path) -> None:
        """Write the commit's content into the empty *folder* as a clone would, submodules left empty."""

    def working_state(self, repository: Path, commit: Commit) -> WorkingState:
        """Return how the folder and the upstream differ from *commit*."""

    def blobs(self, repository: Path, commit: Commit) -> Mapping[str, str]:
        """Return the id of each file's content: equal ids are equal files."""

    def added_since(self, repository: Path, base: str, commit: Commit) -> tuple[str, ...]:
        """Return the files that *commit* has and *base* lacks."""

    def size_bytes(self, repository: Path, commit: Commit) -> int | None:
        """Return how much room the commit's content takes, None where finding out would take long."""


class Progress(Protocol):
    """Tells a person what is going on while it goes on; masks what the run's curtain hides."""

    def began(self, step: str) -> None:
        """A step began."""

    def waiting(self, text: str) -> None:
        """Something takes long; said at least every 10 s."""

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """A step ended."""

    def said(self, source: str, text: str) -> None:
        """Something that runs elsewhere said a line; *source* tells what."""


class Credentials(Protocol):
    """Where keys are kept: the environment first, then the system's keyring. Never on a command line."""

    def secret(self, name: str, /) -> Secret | None:
        """Return the secret called *name*, as an environment variable would be; None where nobody keeps it.

        Raises: MachineError when the keyring holds it back.
        """

    def kept_in(self, name: str, /) -> str:
        """Return where the secret called *name* is, "the environment" or "the system's keyring"; "" for nowhere."""


class NoCredentials:
    """Keeps nothing."""

    def secret(self, _name: str, /) -> Secret | None:
        """Return None."""
        return None

    def kept_in(self, _name: str, /) -> str:
        """Return ""."""
        return ""


class Workplace(Protocol):
    """Folders for one run, and for what is kept between runs.

    Whatever a run that was killed left behind (processes, folders, databases) is removed when the next one starts.
    """

    @property
    def run_folder(self) -> Path:
        """An empty folder that is removed at the end of this run."""

    def folder_for(self, size_bytes: int | None) -> Path:
        """Return another empty folder that is removed at the end of this run, in memory if it surely fits there.

        Programs need not be executable in it: systems often mount such memory without that right.
        """

    @property
    def cache(self) -> Path:
        """The folder of what is kept between runs."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock *name* against other runs; says what it waits for."""

    def locked_at_once(self, name: str) -> AbstractContextManager[bool]:
        """Hold the lock *name* if nobody else does; yields whether it is held."""


class Ledger(Protocol):
    """What is kept of releases, for good, in a folder that only this user can read.

    Places are relative to that folder, with "/" between their parts. Raises, all of them: MachineError.
    """

    @property
    def folder(self) -> Path:
        """Where all of it is."""

    def append(self, place: str, line: str, *, is_vital: bool = True) -> None:
        """Add *line* to the file at *place*; one that is vital is on the disk when this returns."""

    def write(self, place: str, text: str) -> None:
        """Put *text* into the file at *place* in one step: it is the old text or the new one, never a part."""

    def read(self, place: str) -> str:
        """Return what is in the file at *place*, "" where there is none."""

    def names(self, place: str) -> Sequence[str]:
        """Return the names of what is in the folder at *place*, sorted; none where there is no such folder."""

    def remove(self, place: str) -> None:
        """Remove the folder at *place* with all that is in it."""

    def locked_at_once(self, place: str) -> AbstractContextManager[bool]:
        """Hold the lock of *place* if nobody else does; yields whether it is held. It falls with its process."""


class NoLedger:
    """Keeps nothing, and lets nobody begin what must be kept."""

    @property
    def folder(self) -> Path:
        """Return a folder that is not there."""
        return Path("/nonexistent")

    def append(self, place: str, _line: str, *, is_vital: bool = True) -> NoReturn:
        """Refuse."""
        raise MachineError(f"{place}: nothing {'vital ' if is_vital else ''}is kept here")

    def write(self, place: str, text: str) -> NoReturn:
        """Refuse."""
        self.append(place, text)

    def read(self, _place: str) -> str:
        """Return ""."""
        return ""

    def names(self, _place: str) -> Sequence[str]:
        """Return none."""
        return ()

    def remove(self, _place: str) -> None:
        """Do nothing."""

    def locked_at_once(self, _place: str) -> AbstractContextManager[bool]:
        """Yield that it is not held."""
        return nullcontext(enter_result=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What is taken over from the shell that started the suite; the service's processes never see it.

    Shape: `installer_settings` are the environment variables with which installers reach this machine's package index
    (indexes, proxies, certificates); `search_path` are the folders of the caller's PATH; `target_settings` are the
    environment variables, none of them secret, that say how a target is reached.
    """

    installer_settings: Mapping[str, Secret] = field(default_factory=dict)
    target_settings: Mapping[str, str] = field(default_factory=dict)
    search_path: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The world, as the suite sees it."""

    clock: Clock
    runner: Runner
    launcher: Launcher
    networks: Networks
    http: Http
    websockets: WebSockets
    databases: Databases
    interpreters: Interpreters
    git: Git
    workplace: Workplace
    progress: Progress
    credentials: Credentials = field(default_factory=NoCredentials)
    ledger: Ledger = field(default_factory=NoLedger)
    caller: Caller = field(default_factory=Caller)
    curtain: Curtain = field(default_factory=Curtain)
