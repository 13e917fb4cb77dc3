"""PostgreSQL servers that are thrown away."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret


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

    def prepare(self) -> None:
        """Do what the first statement would wait for."""

    def serve(
        self, *, foreign: Secret | None, extensions: frozenset[str] = frozenset()
    ) -> AbstractContextManager[DatabaseServer]:
        """Start a server in a fraction of a second, or use the disposable one at *foreign*.

        Shape: *extensions* are those that the project creates; a server that has them is preferred.
        """
