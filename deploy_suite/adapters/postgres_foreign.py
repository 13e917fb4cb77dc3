"""Throw-away databases on a PostgreSQL server that the caller names as disposable."""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psycopg
from psycopg import conninfo, sql

from deploy_suite.adapters import ownership
from deploy_suite.adapters.postgres_statements import Connection, answered, executed
from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, QueryError

_PREFIX: Final = "preflight_"
_LONGEST_NAME: Final = 63
_DEFAULT_PORT: Final = 5432
_CONNECT_TIMEOUT_S: Final = 10
_DRIVER: Final = re.compile(r"^postgres(ql)?(\+\w+)?://")


@contextmanager
def served(url: Secret, journals: Path) -> Iterator[DatabaseServer]:
    """Use the server at *url*; what is created there is dropped in the end, or by the next run if this one is killed.

    Shape: databases that exist are never touched: ours carry random names, each written to a journal in the folder
    *journals* before it is created.
    Raises: UsageError for an address that is none, MachineError when the server does not answer.
    """
    server = ForeignServer(_access(url), journals)
    server.sweep()
    with server.recorded():
        yield server


def _access(url: Secret) -> dict[str, str]:
    try:
        parts = conninfo.conninfo_to_dict(_DRIVER.sub("postgresql://", url.revealed()))
    except psycopg.ProgrammingError as error:
        raise UsageError(
            "the address of the disposable database server is not one of PostgreSQL",
            remedy="write it as postgresql://user:password@host:port/postgres",
        ) from error
    return {name: str(value) for name, value in parts.items() if value is not None}


class ForeignServer:
    """A server whose databases, except those made here, belong to somebody; an implementation of `DatabaseServer`."""

    def __init__(self, access: dict[str, str], journals: Path) -> None:
        """Ask the server for what it is."""
        self._access = access
        self._token = secrets.token_hex(6)
        self._journals = journals
        self._journal = journals / f"{self._token}.json"
        self._made: dict[str, str] = {}
        with self._connected() as connection:
            rows = answered(connection, "SELECT current_setting('server_version'), inet_server_port()", ())
            names = answered(connection, "SELECT name FROM pg_available_extensions", ())
        self._version = str(rows[0][0]).split()[0]
        self._extensions = frozenset(str(name) for (name,) in names)

    @property
    def version(self) -> str:
        """The server's version."""
        return self._version

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions that can be created."""
        return self._extensions

    @property
    def socket(self) -> Path | None:
        """None: only a network that is not isolated reaches it."""
        return None

    def create(self, name: str, *, template: str = "") -> DatabaseAddress:
        """Create a database that belongs to the role of the address itself."""
        actual = f"{_PREFIX}{self._token}_{name}"[:_LONGEST_NAME]
        self._made[name] = actual
        self._note()
        source = self._made[template] if template else "template1"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(actual), sql.Identifier(source)))
        return DatabaseAddress(
            host=self._access.get("host", "localhost"),
            port=int(self._access.get("port", _DEFAULT_PORT)),
            user=self._access.get("user", ""),
            password=Secret(self._access.get("password", "")),
            name=actual,
        )

    def reserve(self, name: str, *, like: str) -> None:
        """Return None: what connects to such a server does so directly."""

    def drop(self, name: str) -> None:
        """Remove a database that was created here, by either of its names."""
        actual = self._actual(name)
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(actual)))
        self._made = {key: value for key, value in self._made.items() if value != actual}
        self._note()

    def query(self, name: str, statement: str, parameters: Sequence[object] = ()) -> Sequence[tuple[object, ...]]:
        """Run one statement."""
        with self._connected(dbname=self._actual(name)) as connection:
            return answered(connection, statement, parameters)

    def dump(self, name: str) -> str:  # noqa: ARG002  the programs of this machine may be older than the server
        """Return "": a foreign server is not asked for more than databases."""
        return ""

    def load(self, name: str, dump: str) -> None:
        """Fill the database, as `dump` never has anything for it to do."""
        self.query(name, dump)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Keep the journal while the context lasts, then remove all that was created."""
        self._journals.mkdir(parents=True, exist_ok=True)
        with ownership.held(self._journal):
            try:
                yield
            finally:
                for name in tuple(self._made):
                    with suppress(QueryError, MachineError):
                        self.drop(name)
                if not self._made:
                    self._journal.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what runs that were killed left on this server."""
        for journal in self._journals.glob("*.json"):
            if ownership.is_abandoned(journal):
                self._finish(journal)

    def _finish(self, journal: Path) -> None:
        left = json.loads(journal.read_text(encoding="utf-8") or "{}")
        if left and left["server"] != self._label():
            return
        for name in left.get("databases", ()):
            if name.startswith(_PREFIX):
                self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        journal.unlink(missing_ok=True)

    def _note(self) -> None:
        noted = {"server": self._label(), "databases": sorted(self._made.values())}
        self._journal.write_text(json.dumps(noted), encoding="utf-8")

    def _label(self) -> str:
        return f"{self._access.get('host', 'localhost')}:{self._access.get('port', _DEFAULT_PORT)}"

    def _actual(self, name: str) -> str:
        """Return the name on the server of a database made here. Raises: QueryError for any other."""
        if name in self._made:
            return self._made[name]
        if name in self._made.values():
            return name
        raise QueryError("3D000", f"no database {name} was created by this run")

    def _run(self, statement: sql.Composed) -> None:
        with self._connected() as connection:
            executed(connection, statement)

    def _connected(self, **changes: str) -> Connection:
        access = {"dbname": "postgres", "connect_timeout": str(_CONNECT_TIMEOUT_S), **self._access, **changes}
        try:
            return psycopg.connect(conninfo.make_conninfo("", **access), autocommit=True)
        except psycopg.OperationalError as error:
            raise MachineError(
                f"the disposable database server at {self._label()} does not answer",
                remedy="check --database-url: its host, port, user and password",
            ) from error
