"""Where a service is put on trial: its network, its port and its variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.environments import bindings as binding
from deploy_suite.errors import CannotCheckError
from deploy_suite.model import own_place
from deploy_suite.model.command import Command
from deploy_suite.model.contract import Contract, ServiceKind
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Address, Network, Ports

_BIND: Final = re.compile(r"(--bind[= ]\S*?:)(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A service about to be started.

    Shape: `port` is where it must listen here; `values` are the variables of its processes; `notes` say in which way
    this differs from the target.
    """

    built: Built
    ports: Ports
    network: Network
    port: int
    values: Mapping[str, Secret]
    notes: tuple[str, ...] = ()

    @property
    def contract(self) -> Contract:
        """The service's contract."""
        return self.built.case.contract

    @property
    def address(self) -> Address:
        """Where the suite reaches the service."""
        return self.network.way_in(self.port)

    @property
    def base_url(self) -> str:
        """The address as a person would type it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def needs_http(self) -> bool:
        """Whether the target asks it over HTTP; other private services may speak anything."""
        return self.contract.kind is ServiceKind.WEB

    def command(self, text: str) -> Command:
        """Return *text* as the target runs it: by a shell in the service's folder, under its variables."""
        environment = self.built.environment
        return Command(
            argv=("bash", "-c", own_place.here(text, environment.top)),
            cwd=environment.workdir,
            environment=environment.process_environment(self.values),
        )

    def program(self, argv: tuple[str, ...], *, stdin: str = "") -> Command:
        """Return a program of the suite's own in the service's folder, under its variables."""
        environment = self.built.environment
        return Command(
            argv=argv, cwd=environment.workdir, environment=environment.process_environment(self.values), stdin=stdin
        )

    def health_headers(self) -> Mapping[str, str]:
        """Return what the target's health checks send: plain HTTP under the service's host name."""
        return {"Host": self.contract.host} if self.contract.host else {}

    def visitor_headers(self) -> Mapping[str, str]:
        """Return what the target's proxy sends for a visitor, who came over TLS."""
        return {**self.health_headers(), "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


def on_stage(built: Built, ports: Ports, network: Network) -> Stage:
    """Return the stage in *network*, the database offered inside.

    Raises: CannotCheckError when the contract's port is taken here and the service could not be told of another.
    """
    contract = built.case.contract
    values = binding.at_run(contract, built.bindings)
    if network.is_isolated:
        _offer_database(built, network)
        return Stage(built=built, ports=ports, network=network, port=contract.port, values=values)
    notes = ("this machine grants no isolated network, so the service could reach the outside",)
    port = ports.networks.free_port(contract.port) if contract.kind.answers_http else contract.port
    if port == contract.port:
        return Stage(built=built, ports=ports, network=network, port=port, values=values, notes=notes)
    if not contract.port_is_movable:
        raise CannotCheckError(
            f"port {contract.port} is taken on this machine, and the project states it literally",
            remedy=f"end what listens on port {contract.port} (lsof -i :{contract.port}), or let the service use $PORT",
        )
    moved = f"port {contract.port} is taken on this machine: the service was given port {port}"
    return Stage(
        built=built, ports=ports, network=network, port=port, values=_moved(values, port), notes=(*notes, moved)
    )


def _offer_database(built: Built, network: Network) -> None:
    """Let the service reach the server where its variables say: PostgreSQL names its sockets by the port."""
    for socket in (built.server.socket if built.server else None, built.database_socket):
        if socket:
            network.offer(int(socket.suffix.removeprefix(".")), socket)


def _moved(values: Mapping[str, Secret], port: int) -> Mapping[str, Secret]:
    """Return *values* with *port* in the two variables that the platform itself sets."""
    moved = {**values, "PORT": Secret(str(port))}
    if arguments := values.get("GUNICORN_CMD_ARGS"):
        moved["GUNICORN_CMD_ARGS"] = Secret(_BIND.sub(rf"\g<1>{port}", arguments.revealed()))
    return moved
