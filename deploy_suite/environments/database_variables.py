"""Which variables lead to a PostgreSQL, by their names and values, and what they say of another one."""

import re
from collections.abc import Mapping
from typing import Final

from deploy_suite.model.contract import Contract, DatabaseField, FromDatabase, Literal, Prompted, Variable
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret

DEFAULT_DATABASE: Final = "preflight"
_USUAL_SCHEME: Final = "postgresql"
_POSTGRES_URL: Final = re.compile(r"^(?P<scheme>postgres(?:ql)?(?:\+\w+)?)://")
_URL_NAME: Final = re.compile(
    r"^(?:.*_)?(?:(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQLALCHEMY(?:_DATABASE)?|ASYNC_DATABASE|SYNC_DATABASE)_?"
    r"(?:URL|URI|DSN|CONNECTION(?:_STRING)?)|DATABASE)$"
)
_PART_NAME: Final = re.compile(
    r"^(?:.*_)?(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQL)_?"
    r"(?P<part>HOST(?:NAME)?|SERVER|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DATABASE|DB)$"
)
_USUAL_PORT: Final = "5432"
_PARTS: Final[Mapping[str, DatabaseField]] = {
    "HOST": DatabaseField.HOST,
    "HOSTNAME": DatabaseField.HOST,
    "SERVER": DatabaseField.HOST,
    "PORT": DatabaseField.PORT,
    "USER": DatabaseField.USER,
    "USERNAME": DatabaseField.USER,
    "PASS": DatabaseField.PASSWORD,
    "PASSWORD": DatabaseField.PASSWORD,
    "NAME": DatabaseField.DATABASE,
    "DATABASE": DatabaseField.DATABASE,
    "DB": DatabaseField.DATABASE,
}


def stands_for_database(variable: Variable) -> bool:
    """Whether *variable* leads to a PostgreSQL, or is a part of what does."""
    match variable.source:
        case Prompted():
            return bool(_URL_NAME.match(variable.name) or _PART_NAME.match(variable.name))
        case Literal(value):
            return bool(_POSTGRES_URL.match(value.revealed()))
        case _:
            return False


def port_behind(variable: Variable, contract: Contract) -> str:
    """Return the database whose port *variable* states as PostgreSQL's usual one, as its neighbour says of the host.

    The host leads to a throw-away server here, and that answers on a port of its own; "" where nothing says so.
    """
    own = part_named(variable.name)
    if own is None or own[1] is not DatabaseField.PORT or not isinstance(variable.source, Literal):
        return ""
    if variable.source.value.revealed().strip() != _USUAL_PORT:
        return ""
    for one in contract.variables:
        beside = part_named(one.name)
        if beside is None or beside[0] != own[0]:
            continue
        match one.source:
            case FromDatabase(name, DatabaseField.HOST):
                return name
            case Prompted() if beside[1] is DatabaseField.HOST:
                return DEFAULT_DATABASE
            case _:
                pass
    return ""


def part_named(name: str) -> tuple[str, DatabaseField] | None:
    """Return what the names of one database's parts begin with and which part *name* is: DB_HOST is ("DB_", HOST)."""
    part = _PART_NAME.match(name)
    return (name.removesuffix(part["part"]), _PARTS[part["part"]]) if part else None


def of_database(name: str, address: DatabaseAddress, *, like: str) -> Secret:
    """Return what the variable *name* says of *address*: a part, or a URL of the scheme that *like* has."""
    part = part_named(name)
    if part and not _POSTGRES_URL.match(like):
        return part_of(address, part[1])
    scheme = _POSTGRES_URL.match(like)
    return address.url(scheme["scheme"] if scheme else _USUAL_SCHEME)


def part_of(address: DatabaseAddress, field: DatabaseField) -> Secret:
    """Return what *field* is of *address*."""
    match field:
        case DatabaseField.CONNECTION_STRING:
            return address.url(_USUAL_SCHEME)
        case DatabaseField.HOST:
            return Secret(address.host)
        case DatabaseField.PORT:
            return Secret(str(address.port))
        case DatabaseField.USER:
            return Secret(address.user)
        case DatabaseField.PASSWORD:
            return address.password
        case DatabaseField.DATABASE:
            return Secret(address.name)
