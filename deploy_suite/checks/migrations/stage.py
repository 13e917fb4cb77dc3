"""A rehearser and the databases that it is let at, for one service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import conversation, failures, own_words
from deploy_suite.checks.migrations.arrival import HEAD
from deploy_suite.checks.migrations.conversation import Conversation
from deploy_suite.checks.migrations.failures import Surroundings
from deploy_suite.checks.migrations.replies import Failure, Reply
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.environments import bindings as binding
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.finding import Finding
from deploy_suite.ports import DatabaseServer, Network, Ports

_STEP_S: Final = 120.0  # of the steps that only we take; the command itself has the target's time


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the rehearsal takes place.

    Shape: `address` is the database that the service's own variables lead to; `file` what stands in for SQLite's.
    """

    built: Built
    tool: Tool
    ports: Ports
    talk: Conversation
    network: Network
    address: DatabaseAddress | None
    file: Path

    @property
    def server(self) -> DatabaseServer:
        """The server; asked for only where a PostgreSQL was reached."""
        if self.built.server is None:
            raise LookupError("the contract has no database server")
        return self.built.server

    def ask(
        self, step: str, *, database: DatabaseAddress | None = None, timeout_s: float = _STEP_S, **order: object
    ) -> Reply:
        """Give an order; connections are led to *database*, by default to where the service's variables lead."""
        return self.talk.ask(step, timeout_s=timeout_s, database=database, file=str(self.file), **order)

    def upgrade(self, target: str, *, database: DatabaseAddress | None = None) -> Reply:
        """Run the command that upgrades a database, within the time that the target gives it."""
        limit_s = self.built.case.contract.limits.pre_deploy_s
        if self.tool.kind is Kind.DJANGO:
            options = {"run_syncdb": True} if "--run-syncdb" in self.tool.argv else {}
            return self.ask("upgrade", database=database, timeout_s=limit_s, options=options)
        return self.ask("upgrade", database=database, timeout_s=limit_s, to=target)

    def runs_command(self) -> bool:
        """Run the pre-deploy command itself, where that needs no shell. False where it does, or where that fails.

        The rehearser has imported what it needs already, which takes most of the time of a run of its own.
        """
        call = own_words.call(self.tool, self.built)
        limit_s = self.built.case.contract.limits.pre_deploy_s
        return call is not None and self.ask("command", timeout_s=limit_s, call=call).ok

    def database(self, name: str, *, template: str = "") -> DatabaseAddress:
        """Return a new database."""
        return self.server.create(name, template=template)

    def finding(self, failure: Failure, *, doing: str) -> Finding:
        """Return the finding for *failure*."""
        return failures.finding(failure, self.surroundings, doing=doing)

    @property
    def surroundings(self) -> Surroundings:
        """What failures are judged by."""
        reached = (f"{one.host}:{one.port}" if one.port else one.host for one in self.network.reached_for())
        return Surroundings(built=self.built, tool=self.tool, reached_for=tuple(reached))


@contextmanager
def opened(built: Built, tool: Tool, ports: Ports, *, at: str = HEAD) -> Iterator[Stage]:
    """Start the rehearser, cut off from every network but the throw-away server's; *at* begins its databases' names."""
    server, contract = built.server, built.case.contract
    needed = binding.databases_needed(contract) if server else ()
    addresses = {name: server.create(f"{at}_{number}") for number, name in enumerate(needed)} if server else {}
    bindings = binding.rebound(contract, built.bindings, addresses) if addresses else built.bindings
    first = next(iter(addresses.values()), None)
    is_foreign = server is not None and server.socket is None
    isolated = not built.case.preferences.allow_network and not is_foreign
    with ports.networks.open(isolated=isolated) as network:
        if server and server.socket and first:
            network.offer(first.port, server.socket)
        with conversation.opened(built, tool, ports, bindings=bindings, network=network, server=first) as talk:
            yield Stage(
                built=built,
                tool=tool,
                ports=ports,
                talk=talk,
                network=network,
                address=first,
                file=ports.workplace.run_folder / f"{at}-{contract.service}.sqlite3",
            )
