"""A service of a Blueprint into a contract."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.settings import ServiceSettings
from deploy_suite.manifests.yaml_document import Scalar
from deploy_suite.model.contract import (
    MEBIBYTE,
    Contract,
    FromDatabase,
    Limits,
    Literal,
    PythonRequest,
    ServiceKind,
    Variable,
)
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, EntryPoint, Snapshot
from deploy_suite.project import entry_points, snapshot_files
from deploy_suite.targets.render import dashboard, environment_variables, nodes, own_hosts, python_version
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource
from deploy_suite.targets.render.environment_variables import Circumstances

TARGET: Final = "render"
KINDS: Final[Mapping[str, ServiceKind]] = {
    "web": ServiceKind.WEB,
    "pserv": ServiceKind.PRIVATE,
    "worker": ServiceKind.WORKER,
    "cron": ServiceKind.CRON,
}
_FIXED_PORT: Final = re.compile(
    r"(?:--port[= ]|-p[= ]?|--bind[= ]\S*:|-b[= ]?\S*:|--server\.port[= ]|--listen=\S*:|:)\d{4,5}\b"
)
_DEFAULTED_PORT: Final = re.compile(
    r"\$\{PORT:?[-=]\d+\}|PORT['\"]\s*,\s*(?:default=)?['\"]?\d+|PORT['\"]\)\s*or\s*\d+"
)
_IMAGE: Final = "render-native"  # a row of knowledge/platforms/images.toml
_HIGHEST_PORT: Final = 65535


def contract(
    service: ServiceResource,
    blueprint: Blueprint,
    snapshot: Snapshot,
    *,
    root: PurePosixPath,
    settings: ServiceSettings,
    slug: str,
) -> tuple[Contract, tuple[Finding, ...]]:
    """Return the contract of *service*, whose commands run in *root*, and what is wrong with its variables."""
    variables = environment_variables.of_service(service, blueprint)
    choice = python_version.choose(
        snapshot.folder,
        root,
        variable=next((one for one in variables if one.name == python_version.VARIABLE), None),
        written=environment_variables.written(service, blueprint, python_version.VARIABLE),
    )
    plan = facts().plan(service.text("plan") or "starter") or facts().plans["starter"]
    others = map(hostname, (one.label for one in blueprint.services))
    at_target = own_hosts.given(hostname(service.label), snapshot, variables, others=others)
    made = assembled(
        Circumstances(
            name=service.label,
            type=service.type,
            plan=plan,
            hostname=at_target,
            commit=snapshot.commit,
            slug=slug,
        ),
        snapshot,
        root=root,
        settings=settings,
        variables=variables,
        python=choice.request,
        commands=_commands(service, snapshot, root, settings),
        health_path=service.health_path,
        host=host(service, at_target),
        shutdown_s=nodes.integer(service.block.get("maxShutdownDelaySeconds")),
        databases=databases(variables, blueprint),
        location=service.location,
    )
    if service.has("healthCheckPath"):
        made = replace(made, health_location=service.at("healthCheckPath"))
    return made, (*choice.findings, *port_problems(service, variables))


def _commands(
    service: ServiceResource, snapshot: Snapshot, root: PurePosixPath, settings: ServiceSettings
) -> Mapping[str, CommandText | None]:
    """Return the commands of *service*, one that it lacks as the Dashboard would propose it.

    That it is lacking is told elsewhere; what lies behind is met in the same run.
    """
    build, start = command(service, "buildCommand"), command(service, "startCommand")
    return {
        "buildCommand": build or dashboard.build_command(snapshot.folder, root),
        "preDeployCommand": command(service, "preDeployCommand"),
        "startCommand": start or dashboard.start_command(snapshot.folder, root, entry=settings.entry),
    }


def assembled(
    about: Circumstances,
    snapshot: Snapshot,
    *,
    root: PurePosixPath,
    settings: ServiceSettings,
    variables: tuple[Variable, ...],
    python: PythonRequest,
    commands: Mapping[str, CommandText | None],
    health_path: str,
    host: str,
    shutdown_s: int | None,
    databases: Mapping[str, str],
    location: Location | None,
) -> Contract:
    """Return the contract made of its parts; platform variables, limits and the entry point are added here."""
    port = _port(variables)
    taken = frozenset(one.name for one in variables)
    start = commands.get("startCommand")
    return Contract(
        target=TARGET,
        service=about.name,
        kind=KINDS[about.type],
        root=root,
        python=python,
        variables=(*variables, *environment_variables.platform(about, taken, port=port)),
        build=commands.get("buildCommand"),
        pre_deploy=commands.get("preDeployCommand"),
        start=start,
        entry=_entry(snapshot, root, start, settings, variables),
        port=port,
        port_is_movable=not _names_a_port(snapshot, root, start, port),
        health_path=health_path if about.type == "web" else "",
        host=host if about.type == "web" else "",
        memory_bytes=about.plan.memory_mib * MEBIBYTE,
        plan=about.plan.name,
        limits=_limits(shutdown_s),
        databases=databases,
        tool_versions=_tools(variables),
        tool_signs={tool.name: tool.sign for tool in facts().tools if tool.sign and not about.is_image},
        probes=settings.probes,
        location=location,
        image=_IMAGE,
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


def host(service: ServiceResource, at_target: str) -> str:
    """Return the Host header of health checks: a custom domain if there is one, else the name *at_target*."""
    domains = [nodes.text(node) or "" for node in nodes.items(service.block.get("domains"))]
    return next(filter(None, (*domains, service.text("domain") or "")), at_target)


def _literal(variables: tuple[Variable, ...], name: str) -> str | None:
    found = next((one.source for one in variables if one.name == name), None)
    return found.value.revealed() if isinstance(found, Literal) else None


def _port(variables: tuple[Variable, ...]) -> int:
    written = (_literal(variables, "PORT") or "").strip()
    is_port = written.isascii() and written.isdecimal() and 0 < int(written[:6]) <= _HIGHEST_PORT
    return int(written) if is_port else facts().default_port


def port_problems(service: ServiceResource, variables: tuple[Variable, ...]) -> tuple[Finding, ...]:
    """Return what is wrong with the service's own PORT."""
    written = _literal(variables, "PORT")
    if written is None or service.type != "web":
        return ()
    variable = next(one for one in variables if one.name == "PORT")
    port = _port(variables)
    if port in facts().reserved_ports:
        problem = f"PORT is {port}, which Render reserves"
    elif str(port) != written.strip():
        problem = f"PORT is {'empty' if not written.strip() else 'no port number'}"
    else:
        return ()
    return (
        Finding(
            code="invalid-port-value",
            outcome=Outcome.WARNING,
            message=f"{problem}; Render's own value is {facts().default_port}",
            location=variable.location,
            evidence=("key: PORT",),
            remedy=f"remove PORT from envVars of {service.label} in {service.file}",
            certainty="uncertain: the Dashboard may hold another value, and Render may take an empty one for none",
            service=service.label,
        ),
    )


def databases(variables: tuple[Variable, ...], blueprint: Blueprint) -> Mapping[str, str]:
    """Return the databases that *variables* refer to, with the major version asked for."""
    names = dict.fromkeys(one.source.name for one in variables if isinstance(one.source, FromDatabase))
    found = {name: blueprint.database(name) for name in names}
    return {name: (one.text("postgresMajorVersion") or "").strip() if one else "" for name, one in found.items()}


def _entry(
    snapshot: Snapshot,
    root: PurePosixPath,
    start: CommandText | None,
    settings: ServiceSettings,
    variables: tuple[Variable, ...],
) -> EntryPoint | None:
    """Return what deploy.toml names, else what the start command runs, else what the sources look like."""
    known = {one.name: one.source.value.revealed() for one in variables if isinstance(one.source, Literal)}
    if settings.entry:
        told = CommandText(text=f"gunicorn {settings.entry}")
        return entry_points.from_command(told, folder=snapshot.folder, root=root, variables=known)
    if start is None:
        return entry_points.by_framework(snapshot.folder, root)
    return entry_points.from_command(start, folder=snapshot.folder, root=root, variables=known)


def _names_a_port(snapshot: Snapshot, root: PurePosixPath, start: CommandText | None, port: int) -> bool:
    """Whether a literal of the project fixes the port: in the start command, or in a file that it names."""
    if start is None:
        return False
    own = _DEFAULTED_PORT.sub("", start.text)
    if _FIXED_PORT.search(own) or re.search(rf"\b{port}\b", own):
        return True
    words = {word.strip("'\"") for word in re.split(r"[\s=;&|]+", start.text)} | {"gunicorn.conf.py"}
    texts = (snapshot_files.text(snapshot.folder, root / word) for word in words if word and "\0" not in word)
    return any(re.search(rf"\b{port}\b", _DEFAULTED_PORT.sub("", text)) for text in texts if text)


def _limits(shutdown_s: int | None) -> Limits:
    known = facts().limits
    return Limits(
        build_s=known["build_s"],
        pre_deploy_s=known["pre_deploy_s"],
        start_s=known["start_s"],
        health_request_s=known["health_request_s"],
        shutdown_s=float(shutdown_s) if shutdown_s and shutdown_s > 0 else known["shutdown_s"],
    )


def _tools(variables: tuple[Variable, ...]) -> Mapping[str, str]:
    return {tool.name: (_literal(variables, tool.variable) or "").strip() or tool.default for tool in facts().tools}
