"""platforms/servers.toml into typed values: programs, worker classes and how servers bind."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """A distribution and which others are known to bring it along."""

    distribution: str
    carriers: frozenset[str]
    is_rarely_carried: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Provided):
    """A program on the PATH of an environment."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker(Provided):
    """A worker class of gunicorn. Shape: `speaks` is "wsgi" or "asgi"; `distribution` "" for gunicorn's own."""

    prefix: str
    speaks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a server binds.

    Shape: `bind` are options whose value is host:port, `sockets` those that replace the address. `host` and `port` are
    what it takes when nothing is said; `host_with_port_variable` when only `port_variable` is set, "" for the same.
    """

    name: str
    bind: tuple[str, ...]
    host_option: tuple[str, ...]
    port_option: tuple[str, ...]
    sockets: tuple[str, ...]
    host_variable: str
    port_variable: str
    host: str
    host_with_port_variable: str
    port: int
    source: str


def program(name: str) -> Program | None:
    """Return what is known of the program *name*."""
    return next((one for one in _programs() if one.name == name), None)


def worker(name: str) -> Worker | None:
    """Return what is known of the worker class *name*, by its own name or its module."""
    return next((one for one in _workers() if name == one.prefix or name.startswith(f"{one.prefix}.")), None)


def server(name: str) -> Server | None:
    """Return how the server *name* binds."""
    return next((one for one in _servers() if one.name == name), None)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("deploy_suite.knowledge.platforms").joinpath("servers.toml").read_text("utf-8"))


@cache
def _programs() -> tuple[Program, ...]:
    return tuple(Program(**{**row, "carriers": frozenset(row["carriers"])}) for row in _table()["programs"])


@cache
def _workers() -> tuple[Worker, ...]:
    return tuple(Worker(**{**row, "carriers": frozenset(row["carriers"])}) for row in _table()["workers"])


@cache
def _servers() -> tuple[Server, ...]:
    return tuple(Server(**_frozen(row)) for row in _table()["servers"])


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
