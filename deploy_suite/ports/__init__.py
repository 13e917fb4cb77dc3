"""What the suite needs of the world, as Protocols. The adapters are the only code behind them."""

from dataclasses import dataclass, field

from deploy_suite.model.secret import Curtain
from deploy_suite.ports.databases import Databases, DatabaseServer, QueryError, Reservation
from deploy_suite.ports.exchange import Address, Http, HttpRequest, HttpResponse, UnreachableError, WebSockets
from deploy_suite.ports.keeping import Credentials, Ledger, NoCredentials, NoLedger, Workplace
from deploy_suite.ports.machine import Caller, Clock, Interpreters, Progress
from deploy_suite.ports.networks import Network, Networks, Reach
from deploy_suite.ports.processes import OUTPUT_LIMIT_BYTES, Launcher, Listener, Process, Runner
from deploy_suite.ports.repositories import Absent, Git, RemoteRefusedError, Remotes, WorkingState

__all__ = [
    "OUTPUT_LIMIT_BYTES",
    "Absent",
    "Address",
    "Caller",
    "Clock",
    "Credentials",
    "DatabaseServer",
    "Databases",
    "Git",
    "Http",
    "HttpRequest",
    "HttpResponse",
    "Interpreters",
    "Launcher",
    "Ledger",
    "Listener",
    "Network",
    "Networks",
    "NoCredentials",
    "NoLedger",
    "Ports",
    "Process",
    "Progress",
    "QueryError",
    "Reach",
    "RemoteRefusedError",
    "Remotes",
    "Reservation",
    "Runner",
    "UnreachableError",
    "WebSockets",
    "WorkingState",
    "Workplace",
]


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
