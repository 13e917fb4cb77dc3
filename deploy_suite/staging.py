"""Databases for each stage of a rehearsal, and the variables that lead there."""

from collections.abc import Mapping
from dataclasses import replace

from deploy_suite.checks.base import Built
from deploy_suite.environments import bindings as binding
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.ports import DatabaseServer, Ports


def databases(
    contract: Contract, server: DatabaseServer | None, stage: str, *, template: str = "", leave_first: bool = False
) -> Mapping[str, DatabaseAddress]:
    """Return a fresh database for each that *contract* names; the first is the one that migrations are for."""
    if server is None:
        return {}
    needed = binding.databases_needed(contract)
    return {
        name: server.create(named(stage, number), template="" if number else template)
        for number, name in enumerate(needed)
        if number or not leave_first
    }


def named(stage: str, number: int = 0) -> str:
    """Return what the database of that number is called at a stage."""
    return f"{stage.replace('-', '_')}_{number}"


def rebound(contract: Contract, bound: Bindings, addresses: Mapping[str, DatabaseAddress], ports: Ports) -> Bindings:
    """Return *bound* with other databases in it, whose passwords are hidden from now on."""
    found = binding.rebound(contract, bound, addresses)
    ports.curtain.add(binding.masker(contract, found, addresses))
    return found


def copied(built: Built, stage: str, template: str, ports: Ports) -> Built:
    """Return *built* with databases of its own, the first a copy of *template*."""
    contract = built.case.contract
    addresses = databases(contract, built.server, stage, template=template)
    return replace(built, bindings=rebound(contract, built.bindings, addresses, ports))
