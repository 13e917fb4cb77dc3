"""A compose file → the services that Render would make of it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from deploy_suite.environments import database_variables
from deploy_suite.manifests import compose
from deploy_suite.manifests.compose import Compose
from deploy_suite.manifests.compose import Service as Composed
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.contract import DatabaseField, Literal, Prompted, Source, Variable
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.project import module_files, snapshot_files
from deploy_suite.targets.render import image_services, service_spec
from deploy_suite.targets.render.docker import Request
from deploy_suite.targets.render.service_spec import ServiceSpec


def found(snapshot: Snapshot) -> Compose | None:
    """Return the first compose file of the project, None where there is none or it cannot be read."""
    for name in compose.NAMES:
        path = snapshot.root / name
        text = snapshot_files.text(snapshot.folder, path)
        if text is None:
            continue
        try:
            return compose.parse(text, file=str(path))
        except ManifestError:
            return None
    return None


def services(composed: Compose, snapshot: Snapshot) -> Iterator[tuple[Request, ServiceSpec]]:
    """Yield the services that are built here, those that only a profile starts where there are no others."""
    made = tuple(_built(composed, snapshot))
    usual = {service.name for service in composed.services if not service.profiles}
    yield from [one for one in made if one[1].name in usual] or made


def _built(composed: Compose, snapshot: Snapshot) -> Iterator[tuple[Request, ServiceSpec]]:
    names = frozenset(service.name for service in composed.services)
    for service in composed.services:
        build = service.build
        if build is None or build.is_inline:
            continue
        context = module_files.normal(snapshot.root / build.context)
        file = module_files.normal(context / build.dockerfile) if context is not None else None
        if context is None or file is None or not image_services.is_python(snapshot, file, build.target):
            continue
        target = build.target if image_services.ends_there(snapshot, file, build.target) else ""
        is_of_desk = target != build.target and bool(
            image_services.SERVER.search(service.command.text if service.command else "")
        )
        command = None if is_of_desk else _command(service, composed.file)
        yield (
            Request(file=file, contexts=(context,), command=command, target=target),
            service_spec.assumed(
                service.name,
                snapshot,
                type="web" if service.ports or _serves(service, snapshot, file) else "worker",
                variables=tuple(one for one in _variables(service, composed, names) if one.name != "PORT"),
                location=Location(composed.file, service.line),
            ),
        )


def _serves(service: Composed, snapshot: Snapshot, file: PurePosixPath) -> bool:
    if service.command is not None:
        return bool(image_services.SERVER.search(service.command.text))
    return image_services.serves(snapshot, file)


def _command(service: Composed, file: str) -> CommandText | None:
    """Return the command that replaces CMD; the words of a list reach no shell."""
    if service.command is None:
        return None
    text = shlex.join(service.command.words) if service.command.words else service.command.text
    return CommandText(text=" ".join(text.split("\n")), location=Location(file, service.command.line))


def _variables(service: Composed, composed: Compose, names: frozenset[str]) -> Iterator[Variable]:
    """Yield the variables of *service*; where its database is another container, Render's has another user and name."""
    made = [
        Variable(name=one.name, source=_source(one.value, names), location=Location(composed.file, one.line))
        for one in service.environment
    ]
    parts = {one.name: part for one in made if (part := database_variables.part_named(one.name))}
    fields = {field for _, field in parts.values()}
    hosts = [one for one in made if isinstance(one.source, Prompted) and _is_host(parts.get(one.name))]
    for one in made:
        yield replace(one, source=Prompted()) if hosts and one.name in parts else one
    for host in hosts if DatabaseField.PORT not in fields else ():
        yield replace(host, name=f"{parts[host.name][0]}PORT")  # else the usual one, which is no throw-away database's


def _is_host(part: tuple[str, DatabaseField] | None) -> bool:
    return part is not None and part[1] is DatabaseField.HOST


def _source(value: str | None, names: frozenset[str]) -> Source:
    """Return the value, unless it is the caller's own or names another container: Render has other addresses."""
    if value is None or any(re.search(rf"(?:^|//|@){re.escape(name)}(?::\d+|/|$)", value) for name in names):
        return Prompted()
    return Literal(Secret(value))
