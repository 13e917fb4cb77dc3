"""A rehearser and the databases that it is let at, for one service."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
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

    Shape: `address` is the database that the service's own variables lead to; `file` what stands in for SQLite's;
    `begin` starts one more rehearser.
    """

    built: Built
    tool: Tool
    ports: Ports
    talk: Conversation
    begin: Callable[[], Conversation]
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

    def upgrade(self, target: str, *, database: DatabaseAddress | None = None, limit_s: float | None = None) -> Reply:
        """Run the command that upgrades a database, within *limit_s* or else the time that the target gives it."""
        limit_s = limit_s or self.built.case.contract.limits.pre_deploy_s
        if self.tool.kind is Kind.DJANGO:
            options = {"run_syncdb": True} if "--run-syncdb" in self.tool.argv else {}
            return self.ask("upgrade", database=database, timeout_s=limit_s, options=options)
        return self.ask("upgrade", database=database, timeout_s=limit_s, to=target)

    def command(self) -> Reply | None:
        """Run the pre-deploy command itself in a copy of the rehearser, None where it takes a shell.

        The rehearser has imported what it needs already, which takes most of the time of a run of its own. That it
        fails there proves nothing.
        """
        call = own_words.call(self.tool, self.built)
        return self.ask("command", call=call) if call else None

    def anew(self) -> "Stage":
        """Return the same stage with a rehearser that has not run anything: so each deploy begins."""
        self.talk.end()
        return replace(self, talk=self.begin())

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
        with ExitStack() as rehearsers:

            def begin() -> Conversation:
                return rehearsers.enter_context(
                    conversation.opened(built, tool, ports, bindings=bindings, network=network, server=first)
                )

            yield Stage(
                built=built,
                tool=tool,
                ports=ports,
                talk=begin(),
                begin=begin,
                network=network,
                address=first,
                file=ports.workplace.run_folder / f"{at}-{contract.service}.sqlite3",
            )
