"""One statement on one connection, refusals translated."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from deploy_suite.ports import QueryError

Connection = psycopg.Connection[tuple[object, ...]]


def executed(connection: Connection, statement: sql.Composed) -> None:
    """Run *statement*. Raises: QueryError."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise refusal(error) from error


def answered(connection: Connection, statement: str, parameters: Sequence[object]) -> Sequence[tuple[object, ...]]:
    """Run *statement* and return its rows, none where it has none. Raises: QueryError."""
    try:
        # Without parameters a percent sign is a percent sign.
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else ()
    except psycopg.Error as error:
        raise refusal(error) from error


def refusal(error: psycopg.Error) -> QueryError:
    """Return what the server said, in the suite's terms."""
    return QueryError(error.sqlstate or "", str(error).strip())
