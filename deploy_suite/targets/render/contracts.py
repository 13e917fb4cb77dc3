"""A service of a Blueprint into a contract."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.settings import ServiceSettings
from deploy_suite.model.contract import (
    MEBIBYTE,
    Contract,
    Limits,
    Literal,
    PythonRequest,
    ServiceKind,
    Variable,
)
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import CommandText, Commit, EntryPoint, Snapshot
from deploy_suite.project import entry_points, snapshot_files
from deploy_suite.targets.render import dashboard, environment_variables, python_version, service_spec
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource
from deploy_suite.targets.render.service_spec import ServiceSpec

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
    """Return the contract of *service*, whose commands run in *root*, and what is wrong with its variables.

    A command that it lacks is the one that the Dashboard would propose: that it is lacking is told elsewhere, and what
    lies behind is met in the same run.
    """
    spec = service_spec.stated(service, blueprint, snapshot)
    choice = python_version.choose(
        snapshot.folder,
        root,
        variable=next((one for one in spec.variables if one.name == python_version.VARIABLE), None),
        written=environment_variables.written(service, blueprint, python_version.VARIABLE),
    )
    made = assembled(
        spec,
        snapshot,
        root=root,
        settings=settings,
        python=choice.request,
        build=service_spec.command(service, "buildCommand") or dashboard.build_command(snapshot.folder, root),
        start=service_spec.command(service, "startCommand")
        or dashboard.start_command(snapshot.folder, root, entry=settings.entry),
        slug=slug,
    )
    if service.has("healthCheckPath"):
        made = replace(made, health_location=service.at("healthCheckPath"))
    return made, (*choice.findings, *port_problems(service, spec.variables))


def assembled(
    spec: ServiceSpec,
    snapshot: Snapshot,
    *,
    root: PurePosixPath,
    settings: ServiceSettings,
    python: PythonRequest,
    build: CommandText | None,
    start: CommandText | None,
    slug: str,
    is_image: bool = False,
) -> Contract:
    """Return the contract made of its parts; platform variables, limits and the entry point are added here."""
    port = _port(spec.variables)
    return Contract(
        target=TARGET,
        service=spec.name,
        kind=KINDS[spec.type],
        root=root,
        python=python,
        variables=(*spec.variables, *_of_platform(spec, snapshot.commit, port=port, slug=slug, is_image=is_image)),
        build=build,
        pre_deploy=spec.pre_deploy,
        start=start,
        entry=_entry(snapshot, root, start, settings, spec.variables),
        port=port,
        port_is_movable=not _names_a_port(snapshot, root, start, port),
        health_path=spec.health_path if spec.type == "web" else "",
        host=spec.host if spec.type == "web" else "",
        memory_bytes=spec.plan.memory_mib * MEBIBYTE,
        plan=spec.plan.name,
        limits=_limits(spec.shutdown_s),
        databases=spec.databases,
        tool_versions=_tools(spec.variables),
        tool_signs={tool.name: tool.sign for tool in facts().tools if tool.sign and not is_image},
        probes=settings.probes,
        location=spec.location,
        image=_IMAGE,
    )


def _of_platform(spec: ServiceSpec, commit: Commit, *, port: int, slug: str, is_image: bool) -> tuple[Variable, ...]:
    """Return the variables that the platform sets and the service's own do not replace."""
    hostname = spec.hostname if spec.type == "web" else ""
    cpus = spec.plan.cpus
    names = {
        "name": spec.name,
        "type": spec.type,
        "hostname": hostname,
        "url": f"https://{hostname}" if hostname else "",
        "branch": commit.branch or "main",
        "commit": commit.sha,
        "slug": slug or commit.repository_slug,
        "cpus": f"{cpus:g}",
        "workers": str(spec.plan.workers),
        "port": str(port),
    }
    taken = {one.name for one in spec.variables}
    given = environment_variables.platform(names, type=spec.type, is_image=is_image)
    return tuple(one for one in given if one.name not in taken)


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
