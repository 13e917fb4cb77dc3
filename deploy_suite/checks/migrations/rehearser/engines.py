"""The guard on SQLAlchemy's connections, and the record of what they execute."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import RefusedError
from .target import Target

_NAMES = ("dbname", "database")


def guard(target: Target) -> None:
    """Let every engine of this process connect to *target* only, and tell it each statement."""
    sqlalchemy = importlib.import_module("sqlalchemy")
    engine = importlib.import_module("sqlalchemy.engine").Engine
    pool = importlib.import_module("sqlalchemy.pool").Pool
    listen = sqlalchemy.event.listen
    stale = importlib.import_module("sqlalchemy.exc").DisconnectionError

    def connecting(dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        if record is not None:
            record.info["rehearsal"] = target.generation
        _redirect(target, dialect.name, arguments, parameters)

    def checking_out(connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("rehearsal", target.generation) != target.generation:
            raise stale("the rehearsal went on to another database")

    def executing(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        target.statements.append(statement)

    listen(engine, "do_connect", connecting)
    listen(pool, "checkout", checking_out)
    listen(engine, "before_cursor_execute", executing)


def _redirect(target: Target, dialect: str, arguments: list[Any], parameters: dict[str, Any]) -> None:
    if dialect == "sqlite":
        if arguments:
            arguments[0] = target.admitted_file(str(arguments[0]))
        return
    if dialect != "postgresql":
        host, port = parameters.get("host", ""), parameters.get("port", 0)
        raise RefusedError(dialect, host, port, parameters.get("database") or parameters.get("db") or "")
    key = next((name for name in _NAMES if name in parameters), _NAMES[1])
    target.admit(dialect, parameters.get("host"), parameters.get("port"), parameters.get(key))
    if target.database:
        parameters[key] = target.database["name"]
        parameters["user"] = target.database["user"]
        parameters["password"] = target.database["password"]
