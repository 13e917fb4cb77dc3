"""What the superuser does on a running embedded server: roles, databases, extensions, and statements in them.

psycopg is imported by the first statement: it takes 0.06 s, and a service that is started early needs them sooner.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, LiteralString

from deploy_suite.adapters.postgres_cluster import PORT, Cluster
from deploy_suite.adapters.postgres_template import SUPERUSER
from deploy_suite.model.secret import Secret

if TYPE_CHECKING:  # it brings psycopg along
    from deploy_suite.adapters.postgres_statements import Connection

_MAINTENANCE: Final = "postgres"  # the database that every server has
_STRATEGIES_SINCE: Final = (15,)
_DISCONNECT: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class Administration:
    """Statements as the superuser, each a transaction of its own. All raise QueryError."""

    def __init__(self, cluster: Cluster) -> None:
        """Speak with the server of *cluster*."""
        self.cluster = cluster
        self._lock = threading.Lock()
        self._kept: Connection | None = None

    def close(self) -> None:
        """Let the connection go that was kept; nothing may be asked after that."""
        with self._lock:
            if self._kept:
                self._kept.close()

    def create_role(self, name: str, password: Secret) -> None:
        """Create a role that can log in, and make databases as those of managed servers can."""
        self._run("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}", name, password)

    def create_database(self, name: str, *, owner: str, template: str) -> None:
        """Create a database as a copy of *template*."""
        # Copying files takes half the time of logging pages (0.12 s against 0.22 s on a disk).
        copies = " STRATEGY file_copy" if self.cluster.installation.version >= _STRATEGIES_SINCE else ""
        self._run("CREATE DATABASE {} OWNER {} TEMPLATE {}" + copies, name, owner, template)

    def disconnect(self, name: str) -> None:
        """End the sessions in the database *name*."""
        self.query(_MAINTENANCE, _DISCONNECT, (name,))

    def create_extension(self, extension: str, *, database: str) -> None:
        """Create *extension* in *database*."""
        self._run("CREATE EXTENSION {}", extension, database=database)

    def drop(self, name: str) -> None:
        """Remove the database *name*, its sessions included."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def query(self, database: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement in *database* and return its rows."""
        from deploy_suite.adapters import postgres_statements  # noqa: PLC0415  see the module's docstring

        with self._maintaining() if database == _MAINTENANCE else self._connected(database) as connection:
            return postgres_statements.answered(connection, statement, parameters)

    def _connected(self, database: str) -> "Connection":
        from deploy_suite.adapters import postgres_statements  # noqa: PLC0415  see the module's docstring

        return postgres_statements.connected(
            self.cluster.socket_folder, port=PORT, user=SUPERUSER, password=self.cluster.password, database=database
        )

    @contextmanager
    def _maintaining(self) -> Iterator["Connection"]:
        """Yield the connection that is kept: a new one costs the server a process, and both sides a proof."""
        with self._lock:
            if self._kept is None or self._kept.closed:
                self._kept = self._connected(_MAINTENANCE)
            yield self._kept

    def load(self, database: str, dump: str, *, owner: str) -> None:
        """Run the SQL of *dump* in *database* as *owner*."""
        from deploy_suite.adapters import postgres_statements  # noqa: PLC0415  likewise

        switched = postgres_statements.composed("SET SESSION AUTHORIZATION {};\n", owner)
        self.query(database, switched + dump)

    def _run(self, template: LiteralString, *values: str | Secret, database: str = _MAINTENANCE) -> None:
        from deploy_suite.adapters import postgres_statements  # noqa: PLC0415  likewise

        self.query(database, postgres_statements.composed(template, *values))
