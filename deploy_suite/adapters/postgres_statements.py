"""One statement on one connection, refusals translated."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret
from deploy_suite.ports import QueryError

Connection = psycopg.Connection[tuple[object, ...]]
_CONNECT_TIMEOUT_S: Final = 10
# What libpq and a server say where it has gone, or begins anew after one of its processes was ended.
_GONE: Final = (
    *("server closed the connection", "unexpected postmaster exit", "crash of another server process"),
    *("the database system is shutting down", "the database system is starting up"),
    *("the database system is in recovery mode", "the database system is not yet accepting connections"),
    *("Connection refused", "Connection reset", "No such file or directory", "the connection is closed"),
)


def connected(socket_folder: Path, *, port: int, user: str, password: Secret, database: str) -> Connection:
    """Return a connection on which each statement is a transaction of its own. Raises: MachineError."""
    try:
        return psycopg.connect(
            host=str(socket_folder),
            port=port,
            user=user,
            password=password.revealed(),
            dbname=database,
            connect_timeout=_CONNECT_TIMEOUT_S,
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        if _has_gone(error):
            raise _lost(error) from error
        raise


def composed(template: LiteralString, *values: str | Secret) -> str:
    """Return *template* with its braces filled: by names, and by the text of a Secret as a literal."""
    quoted = (sql.Literal(one.revealed()) if isinstance(one, Secret) else sql.Identifier(one) for one in values)
    return sql.SQL(template).format(*quoted).as_string()


def executed(connection: Connection, statement: sql.Composed) -> None:
    """Run *statement*. Raises: QueryError, MachineError where the server has gone."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise refusal(error) from error


def answered(connection: Connection, statement: str, parameters: Sequence[object]) -> Sequence[tuple[object, ...]]:
    """Run *statement* and return its rows, none where it has none. Raises: as `executed`."""
    try:
        # Without parameters a percent sign is a percent sign.
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else ()
    except psycopg.Error as error:
        raise refusal(error) from error


def refusal(error: psycopg.Error) -> QueryError | MachineError:
    """Return what the server said, in the suite's terms."""
    return _lost(error) if _has_gone(error) else QueryError(error.sqlstate or "", str(error).strip())


def _has_gone(error: psycopg.Error) -> bool:
    is_of_the_connection = isinstance(error, psycopg.OperationalError)
    return is_of_the_connection and any(words in str(error) for words in _GONE)


def _lost(error: psycopg.Error) -> MachineError:
    return MachineError(
        f"PostgreSQL ended while it was needed: {str(error).strip().splitlines()[0]}",
        remedy="run this again; where memory runs out, the kernel ends programs (see: dmesg | grep -i 'out of memory')",
    )
