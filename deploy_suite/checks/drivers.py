"""A database driver that is absent → the made-up addresses that alone may ask for it, and the settings that do."""

from collections.abc import Mapping
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.tracing.values import Chain, Trace

_POSTGRESQL: Final = ("postgres",)
_MYSQL: Final = ("mysql",)
# The schemes of the addresses by which SQLAlchemy and others choose a driver.
_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "asyncpg": _POSTGRESQL,
    "pg8000": _POSTGRESQL,
    "psycopg": _POSTGRESQL,
    "psycopg2": _POSTGRESQL,
    "MySQLdb": _MYSQL,
    "aiomysql": _MYSQL,
    "asyncmy": _MYSQL,
    "mysql": _MYSQL,
    "pymysql": _MYSQL,
    "aiosqlite": ("sqlite",),
    "oracledb": ("oracle",),
    "pymssql": ("mssql",),
    "pyodbc": ("mssql",),
    "redis": ("redis",),
}
# Source: https://docs.djangoproject.com/en/stable/ref/settings/#engine
_BACKENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "psycopg": ("django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis"),
    "psycopg2": ("django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis"),
    "MySQLdb": ("django.db.backends.mysql", "django.contrib.gis.db.backends.mysql"),
    "oracledb": ("django.db.backends.oracle",),
}
# With one of these installed the project means PostgreSQL, and an address in the target's own form asks rightly.
OF_POSTGRESQL: Final = frozenset(
    {"asyncpg", "pg8000", "psycopg", "psycopg-binary", "psycopg-c", "psycopg2", "psycopg2-binary"}
)


def is_driver(module: str) -> bool:
    """Whether *module* is one that the address of a database asks for."""
    return module in _SCHEMES


def doubtful_addresses(module: str, built: Built) -> tuple[str, ...]:
    """Return the variables whose made-up value may be all that asks for the driver *module*, () when none is."""
    schemes = _SCHEMES.get(module.partition(".")[0])
    if schemes is None or (schemes is _POSTGRESQL and OF_POSTGRESQL & built.environment.packages.keys()):
        return ()
    values = built.bindings.values
    return tuple(sorted(name for name in built.bindings.dummies if values[name].revealed().startswith(schemes)))


def of_settings(module: str, traced: Trace) -> Chain:
    """Return how a start comes to the line of Django's settings that asks for the driver *module*, no hop for none."""
    backends = _BACKENDS.get(module.partition(".")[0], ())
    chains = (one.chain for one in traced.imports if one.chain.hops)
    return next((one for one in chains if any(f'"{name}' in one.last.statement for name in backends)), Chain())
