"""An address that was made up for a variable: does what a program says of a closed door speak of it?"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_REFUSED: Final = re.compile(
    r"refused|Errno 111|ECONNREFUSED|Error 111|Cannot connect|Can't connect|unreachable", re.IGNORECASE
)

# Where a client connects to whose URL names no port.
_PORTS: Final = {"mongodb": 27017, "redis": 6379, "amqp": 5672, "mysql": 3306, "mariadb": 3306, "postgresql": 5432}
# The client of MySQL tells the host alone: https://dev.mysql.com/doc/mysql-errors/8.4/en/client-error-reference.html
_BY_MYSQL: Final = ("mysql", "mariadb")
_OF_MYSQL: Final = re.compile(r"MySQL server on '(?P<host>[^']+)'")


def spoken_of(values: Iterable[tuple[str, str]], said: str) -> str:
    """Return the variable at whose address, as *said* has it, nothing listens; "" where it is none of *values*.

    Shape: *values* are names with their made-up texts.
    """
    for name, text in values if _REFUSED.search(said) else ():
        place = address(text)
        if place and re.search(rf"{re.escape(place[0])}\W+(?:port )?\W*{place[1]}\b|:{place[1]}\b", said):
            return name
        if place and text.startswith(_BY_MYSQL) and any(one["host"] == place[0] for one in _OF_MYSQL.finditer(said)):
            return name
    return ""


def closed_door(said: str) -> str:
    """Return the first line of *said* that complains of something at which nothing listens, "" for none."""
    return next((line.strip() for line in said.splitlines() if _REFUSED.search(line)), "")


def address(text: str) -> tuple[str, int] | None:
    """Return host and port that *text*, a URL or "host:port", names; a URL without a port means its system's own."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme.partition("+")[0])
    except ValueError:
        return None
    return (host, port) if host and port else None
