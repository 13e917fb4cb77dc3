"""A running embedded PostgreSQL server as the suite uses it."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from deploy_suite.adapters.postgres_cluster import ALWAYS_TRUSTED, LOOPBACK, SUPERUSER, Cluster
from deploy_suite.adapters.postgres_statements import Connection, answered, executed
from deploy_suite.model.command import Command
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Runner

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

    def __init__(self, cluster: Cluster, wanted: frozenset[str], port: int, runner: Runner) -> None:
        """Serve the databases of *cluster* at *port*; *wanted* are the extensions that the project creates."""
        self._cluster = cluster
        self._runner = runner
        self._port = port
        self._untrusted = frozenset(
            name
            for name in (wanted | ALWAYS_TRUSTED) & self.extensions - cluster.trusted
            if not cluster.installation.is_trusted(name)
        )
        self._roles: dict[str, _Role] = {}

    @property
    def version(self) -> str:
        """The server's version."""
        return self._cluster.installation.shown

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions that can be created."""
        return self._cluster.installation.extensions

    @property
    def socket(self) -> Path:
        """The unix socket, open to every account of this machine."""
        return self._cluster.socket_folder / f".s.PGSQL.{self._port}"

    def create(self, name: str, *, template: str = "") -> DatabaseAddress:
        """Create a database.

        A copy belongs to the role of its template, which owns all that is in it; a name that is created again after
        it was dropped keeps its role and password.
        """
        role = self._roles[template] if template else self._roles.get(name) or self._new_role(name)
        self._roles[name] = role
        if template:
            self._disconnect(template)
        self._run(self._creation(name, role, template or "template1"))
        if not template:
            self._create_untrusted(name)
        return DatabaseAddress(host=LOOPBACK, port=self._port, user=role.name, password=role.password, name=name)

    def drop(self, name: str) -> None:
        """Remove the database, its sessions included."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement as the superuser."""
        with _connected(self._cluster, name) as connection:
            return answered(connection, statement, parameters)

    def dump(self, name: str) -> str:
        """Return the database as SQL; what only psql reads is left out."""
        program = self._cluster.installation.programs / "pg_dump"
        where = ("-h", str(self._cluster.socket_folder), "-p", str(self._cluster.port), "-U", SUPERUSER, name)
        done = self._runner.run(
            Command(
                argv=(str(program), *_AS_STATEMENTS, *where),
                cwd=self._cluster.socket_folder,
                environment={"PATH": os.defpath, "PGPASSWORD": self._cluster.password},
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
        with _connected(self._cluster, name) as connection:
            answered(connection, owner.as_string(connection) + dump, ())

    def _creation(self, name: str, role: _Role, template: str) -> sql.Composed:
        # Copying files takes half the time of logging pages (0.12 s against 0.22 s on a disk).
        copies = sql.SQL(" STRATEGY file_copy" if self._cluster.installation.version >= _STRATEGIES_SINCE else "")
        names = (sql.Identifier(word) for word in (name, role.name, template))
        return sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(*names) + copies

    def _new_role(self, name: str) -> _Role:
        role = _Role(name, Secret(secrets.token_urlsafe(18)))
        self._run(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(role.name), sql.Literal(role.password.revealed())
            )
        )
        return role

    def _create_untrusted(self, name: str) -> None:
        """Create what the role may not create itself: `CREATE EXTENSION IF NOT EXISTS` then finds it there."""
        for extension in sorted(self._untrusted):
            self._run(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)), database=name)

    def _disconnect(self, name: str) -> None:
        ended = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        self._run(ended.format(sql.Literal(name)))

    def _run(self, statement: sql.Composed, *, database: str = "postgres") -> None:
        with _connected(self._cluster, database) as connection:
            executed(connection, statement)


def _connected(cluster: Cluster, database: str) -> Connection:
    """Return a connection as the superuser, each statement its own transaction."""
    return psycopg.connect(
        host=str(cluster.socket_folder),
        port=cluster.port,
        user=SUPERUSER,
        password=cluster.password.revealed(),
        dbname=database,
        connect_timeout=_CONNECT_TIMEOUT_S,
        autocommit=True,
    )
