"""A running embedded PostgreSQL server as the suite uses it."""

import os
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from deploy_suite.adapters.postgres_cluster import ALWAYS_TRUSTED, PORT, SUPERUSER, Cluster
from deploy_suite.adapters.postgres_front import Front, Gate
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.adapters.postgres_statements import Connection, answered, executed
from deploy_suite.model.command import Command
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Runner

_LOOPBACK: Final = "127.0.0.1"
_CONNECT_TIMEOUT_S: Final = 10
_STRATEGIES_SINCE: Final = (15,)
_AS_STATEMENTS: Final = ("--no-owner", "--no-privileges", "--no-comments", "--rows-per-insert=500")
_DUMP_TIMEOUT_S: Final = 60
_LARGEST_DUMP_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Role:
    name: str
    password: Secret


class EmbeddedServer:
    """A server of this run alone; an implementation of `DatabaseServer`.

    Roles are no superusers: what a managed server refuses to its customers' roles fails here too. Extensions that the
    project asks for and whose control file wants a superuser can be created all the same, because managed servers
    allow those that they offer.
    """

    def __init__(
        self,
        installation: Installation,
        wanted: frozenset[str],
        *,
        cluster: Callable[[], Cluster],
        front: Front,
        runner: Runner,
    ) -> None:
        """Serve databases behind *front*; *cluster* waits until the server runs.

        Shape: *wanted* are the extensions that the project creates.
        """
        self._installation = installation
        self._wanted = wanted
        self._cluster = cluster
        self._front = front
        self._runner = runner
        self._roles: dict[str, _Role] = {}
        self._made: set[str] = set()
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The server's version."""
        return self._installation.shown

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions that can be created."""
        return self._installation.extensions

    @property
    def socket(self) -> Path:
        """The unix socket, open to every account of this machine."""
        return self._front.main.socket

    def create(self, name: str, *, template: str = "") -> DatabaseAddress:
        """Create a database.

        A copy belongs to the role of its template, which owns all that is in it; a name that is created again after
        it was dropped keeps its role and password.
        """
        role = self._roles[template] if template else self._role(name)
        self._roles[name] = role
        self._ensure(role)
        if template:
            self._disconnect(template)
        self._run(self._creation(name, role, template or "template1"))
        if not template:
            self._create_untrusted(name)
        return self._address(name, role, self._front.main)

    def reserve(self, name: str, *, like: str) -> "_Reservation":
        """See `ports.DatabaseServer.reserve`."""
        role = self._role(like)
        gate = self._front.gated()
        return _Reservation(self, gate, self._address(name, role, gate))

    def belongs_to(self, name: str, user: str) -> bool:
        """Whether the database *name* is owned by the role *user*."""
        return name in self._roles and self._roles[name].name == user

    def drop(self, name: str) -> None:
        """Remove the database, its sessions included."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement as the superuser."""
        with _connected(self._cluster(), name) as connection:
            return answered(connection, statement, parameters)

    def dump(self, name: str) -> str:
        """Return the database as SQL; what only psql reads is left out."""
        cluster = self._cluster()
        program = cluster.installation.programs / "pg_dump"
        where = ("-h", str(cluster.socket_folder), "-p", str(PORT), "-U", SUPERUSER, name)
        done = self._runner.run(
            Command(
                argv=(str(program), *_AS_STATEMENTS, *where),
                cwd=cluster.socket_folder,
                environment={"PATH": os.defpath, "PGPASSWORD": cluster.password},
            ),
            timeout_s=_DUMP_TIMEOUT_S,
            output_limit_bytes=_LARGEST_DUMP_BYTES + 1,
        )
        if not done.ok or len(done.out.encode()) > _LARGEST_DUMP_BYTES:
            return ""
        return "".join(line for line in done.out.splitlines(keepends=True) if not line.startswith("\\"))

    def load(self, name: str, dump: str) -> None:
        """Run *dump* as the role that owns the database."""
        owner = sql.SQL("SET SESSION AUTHORIZATION {};\n").format(sql.Identifier(self._roles[name].name))
        with _connected(self._cluster(), name) as connection:
            answered(connection, owner.as_string(connection) + dump, ())

    def _creation(self, name: str, role: _Role, template: str) -> sql.Composed:
        # Copying files takes half the time of logging pages (0.12 s against 0.22 s on a disk).
        copies = sql.SQL(" STRATEGY file_copy" if self._installation.version >= _STRATEGIES_SINCE else "")
        names = (sql.Identifier(word) for word in (name, role.name, template))
        return sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names) + copies

    def _address(self, name: str, role: _Role, gate: Gate) -> DatabaseAddress:
        return DatabaseAddress(host=_LOOPBACK, port=gate.port, user=role.name, password=role.password, name=name)

    def _role(self, name: str) -> _Role:
        """Return the role of the database *name*, which may not exist yet."""
        with self._lock:
            return self._roles.setdefault(name, _Role(name, Secret(secrets.token_urlsafe(18))))

    def _ensure(self, role: _Role) -> None:
        """Make the role, which may make further databases: platforms let it, and test runners in builds do.

        Source: https://render.com/tutorials/postgres-on-render/introduction (several databases share one user)
        """
        with self._lock:
            if role.name in self._made:
                return
            self._run(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    sql.Identifier(role.name), sql.Literal(role.password.revealed())
                )
            )
            self._made.add(role.name)

    def _create_untrusted(self, name: str) -> None:
        """Create what the role may not create itself: `CREATE EXTENSION IF NOT EXISTS` then finds it there."""
        trusted = self._cluster().trusted
        for extension in sorted((self._wanted | ALWAYS_TRUSTED) & self.extensions - trusted):
            if not self._installation.is_trusted(extension):
                self._run(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)), database=name)

    def _disconnect(self, name: str) -> None:
        ended = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        self._run(ended.format(sql.Literal(name)))

    def _run(self, statement: sql.Composed, *, database: str = "postgres") -> None:
        with _connected(self._cluster(), database) as connection:
            executed(connection, statement)


class _Reservation:
    """Implements `ports.Reservation`."""

    def __init__(self, server: EmbeddedServer, gate: Gate, address: DatabaseAddress) -> None:
        self._server = server
        self._gate = gate
        self.address = address

    @property
    def socket(self) -> Path:
        """See `ports.Reservation.socket`."""
        return self._gate.socket

    @property
    def waited_s(self) -> float:
        """See `ports.Reservation.waited_s`."""
        return self._gate.waited_s

    def fill(self, template: str) -> bool:
        """See `ports.Reservation.fill`."""
        if not self._server.belongs_to(template, self.address.user):
            return False
        self._server.create(self.address.name, template=template)
        self._gate.open()
        return True


def _connected(cluster: Cluster, database: str) -> Connection:
    """Return a connection as the superuser, each statement its own transaction."""
    return psycopg.connect(
        host=str(cluster.socket_folder),
        port=PORT,
        user=SUPERUSER,
        password=cluster.password.revealed(),
        dbname=database,
        connect_timeout=_CONNECT_TIMEOUT_S,
        autocommit=True,
    )
