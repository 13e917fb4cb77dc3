"""A running embedded PostgreSQL server as the suite uses it."""

import os
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.adapters.postgres_administration import Administration
from deploy_suite.adapters.postgres_cluster import ALWAYS_TRUSTED, PORT
from deploy_suite.adapters.postgres_front import Front, Gate
from deploy_suite.adapters.postgres_installations import Installation
from deploy_suite.adapters.postgres_template import SUPERUSER
from deploy_suite.model.command import Command
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Runner

_LOOPBACK: Final = "127.0.0.1"
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
        administration: Callable[[], Administration],
        front: Front,
        runner: Runner,
    ) -> None:
        """Serve databases behind *front*; *administration* waits until the server runs.

        Shape: *wanted* are the extensions that the project creates.
        """
        self._installation = installation
        self._wanted = wanted
        self._administration = administration
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
            self._administration().disconnect(template)
        self._administration().create_database(name, owner=role.name, template=template or "template1")
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
        self._administration().drop(name)

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement as the superuser."""
        return self._administration().query(name, statement, parameters)

    def dump(self, name: str) -> str:
        """Return the database as SQL; what only psql reads is left out."""
        cluster = self._administration().cluster
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
        self._administration().load(name, dump, owner=self._roles[name].name)

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
            self._administration().create_role(role.name, role.password)
            self._made.add(role.name)

    def _create_untrusted(self, name: str) -> None:
        """Create what the role may not create itself: `CREATE EXTENSION IF NOT EXISTS` then finds it there."""
        administration = self._administration()
        trusted = administration.cluster.trusted
        for extension in sorted((self._wanted | ALWAYS_TRUSTED) & self.extensions - trusted):
            if not self._installation.is_trusted(extension):
                administration.create_extension(extension, database=name)


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
