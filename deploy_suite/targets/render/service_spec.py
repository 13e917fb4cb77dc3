"""What a contract needs of a service beside its build and its start: as the Blueprint has it, or assumed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.knowledge.platforms.render import Plan, facts
from deploy_suite.manifests.yaml_document import Scalar
from deploy_suite.model.contract import FromDatabase, Variable
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.targets.render import environment_variables, nodes, own_hosts
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource

_PLAN: Final = "starter"  # of who states none


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One service, whatever builds it.

    Shape: `type` is Render's word ("web", "pserv", …); `hostname` the name that the target gives it, and `host` the
    Host header of health checks; `databases` maps the names that the variables refer to onto major versions.
    """

    name: str
    type: str
    plan: Plan
    hostname: str
    host: str
    variables: tuple[Variable, ...] = ()
    health_path: str = ""
    pre_deploy: CommandText | None = None
    shutdown_s: int | None = None
    databases: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = None


def stated(service: ServiceResource, blueprint: Blueprint, snapshot: Snapshot) -> ServiceSpec:
    """Return what the Blueprint says of *service*."""
    variables = environment_variables.of_service(service, blueprint)
    others = (hostname(one.label) for one in blueprint.services)
    at_target = own_hosts.given(hostname(service.label), snapshot, variables, others=others)
    domains = [nodes.text(node) or "" for node in nodes.items(service.block.get("domains"))]
    return ServiceSpec(
        name=service.label,
        type=service.type,
        plan=facts().plan(service.text("plan") or _PLAN) or facts().plans[_PLAN],
        hostname=at_target,
        host=next(filter(None, (*domains, service.text("domain") or "")), at_target),
        variables=variables,
        health_path=service.health_path,
        pre_deploy=command(service, "preDeployCommand"),
        shutdown_s=nodes.integer(service.block.get("maxShutdownDelaySeconds")),
        databases=_databases(variables, blueprint),
        location=service.location,
    )


def assumed(
    name: str,
    snapshot: Snapshot,
    *,
    type: str,  # noqa: A002  Render's word for it
    variables: tuple[Variable, ...] = (),
    pre_deploy: CommandText | None = None,
    location: Location | None = None,
) -> ServiceSpec:
    """Return the service *name* as the manifest that is not there would have it."""
    at_target = (own_hosts.stated(snapshot) if type == "web" else "") or hostname(name)
    return ServiceSpec(
        name=name,
        type=type,
        plan=facts().plans[_PLAN],
        hostname=at_target,
        host=at_target,
        variables=variables,
        pre_deploy=pre_deploy,
        location=location,
    )


def command(service: ServiceResource, key: str) -> CommandText | None:
    """Return the command under *key* with the line of its first word."""
    node = service.block.get(key)
    text = nodes.text(node)
    if text is None or not isinstance(node, Scalar) or not text.strip():
        return None
    is_block = not node.is_quoted and "\n" in text.rstrip("\n")
    return CommandText(text=text.strip(), location=Location(service.file, node.line + (1 if is_block else 0)))


def hostname(name: str) -> str:
    """Return the name under which Render serves *name*."""
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{label or 'service'}.{facts().host_suffix}"


def _databases(variables: tuple[Variable, ...], blueprint: Blueprint) -> Mapping[str, str]:
    """Return the databases that *variables* refer to, with the major version asked for."""
    names = dict.fromkeys(one.source.name for one in variables if isinstance(one.source, FromDatabase))
    found = {name: blueprint.database(name) for name in names}
    return {name: (one.text("postgresMajorVersion") or "").strip() if one else "" for name, one in found.items()}
