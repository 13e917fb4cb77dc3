"""A project with no more than a compose file or a Dockerfile into the services that Render would make of it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.environments import database_variables
from deploy_suite.images import bases
from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests import compose, dockerfile
from deploy_suite.manifests.compose import Compose
from deploy_suite.manifests.compose import Service as Composed
from deploy_suite.manifests.dockerfile_words import expanded
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract, DatabaseField, Literal, Prompted, Source, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.project import module_files, snapshot_files
from deploy_suite.targets.base import Reading
from deploy_suite.targets.render import contracts, docker, own_hosts
from deploy_suite.targets.render.docker import Request, Service

_DOCKERFILE: Final = "Dockerfile"
_SERVES: Final = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|daphne|waitress-serve|granian|runserver|flask run|fastapi run)\b"
)
_OF_DESK: Final = re.compile(r"\brunserver\b|\bflask run\b|--reload\b|\bfastapi dev\b")


def read(snapshot: Snapshot, settings: Settings, *, slug: str) -> Reading | None:
    """Return the services of a compose file, else that of the one Dockerfile; None where there is neither."""
    composed = _composed(snapshot)
    if composed is not None:
        services = list(_of_compose(composed, snapshot))
        source = composed.file
    else:
        services = list(_of_dockerfile(snapshot, slug))
        source = str(services[0][0].file) if services else ""
    return _reading(services, source, snapshot, settings, slug=slug) if services else None


def alone(snapshot: Snapshot, settings: Settings, *, slug: str) -> Reading | None:
    """Return the service of the Dockerfile at the project's top that says how it starts: Render builds that as it is.

    Shape: None too where a compose file builds others besides. An image that cannot be enacted is not checked: what its
    sources suggest would be another deploy.
    """
    services = [one for one in _of_dockerfile(snapshot, slug) if one[0].file == snapshot.root / _DOCKERFILE]
    if not services or not _says_how_to_start(snapshot) or _builds_others(snapshot):
        return None
    return _reading(services, str(services[0][0].file), snapshot, settings, slug=slug)


def _builds_others(snapshot: Snapshot) -> bool:
    composed = _composed(snapshot)
    built = _of_compose(composed, snapshot) if composed is not None else ()
    return any(request.file != snapshot.root / _DOCKERFILE for request, _ in built)


def is_for_deploys(snapshot: Snapshot) -> bool:
    """Whether a Dockerfile in the root of *snapshot* says how to start what no developer's server serves."""
    return _says_how_to_start(snapshot) and not any(_OF_DESK.search(text) for text in _starts(snapshot))


def _says_how_to_start(snapshot: Snapshot) -> bool:
    return any(True for _ in _starts(snapshot))


def _starts(snapshot: Snapshot) -> Iterator[str]:
    """Yield what the stages of the Dockerfile in the root of *snapshot* run."""
    parsed = dockerfile.parse(snapshot_files.text(snapshot.folder, snapshot.root / _DOCKERFILE) or "")
    for stage in parsed.stages:
        for one in stage.instructions:
            if one.name in {"CMD", "ENTRYPOINT"}:
                yield " ".join(one.exec) if one.exec is not None else one.text


def _reading(
    services: list[tuple[Request, Service]], source: str, snapshot: Snapshot, settings: Settings, *, slug: str
) -> Reading:
    made: list[Contract] = []
    found: list[Finding] = []
    for request, about in services:
        own = settings.services.get(about.name, ServiceSettings())
        built = docker.read(request, about, snapshot, settings=own, slug=slug)
        made += [built.contract] if built.contract else []
        found += (one.about(check="", service=about.name, target="") for one in built.findings)
        found += [_skipped(about, built.reason, is_all=len(services) == 1)] if built.reason else []
    return Reading(contracts=tuple(made), findings=(_said(source, services), *found))


def has_several(snapshot: Snapshot) -> bool:
    """Whether a compose file builds several services of Python: more than one folder of sources suggests."""
    composed = _composed(snapshot)
    return composed is not None and len(list(_of_compose(composed, snapshot))) > 1


def _composed(snapshot: Snapshot) -> Compose | None:
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


def _of_compose(composed: Compose, snapshot: Snapshot) -> Iterator[tuple[Request, Service]]:
    """Yield the services that are built here, those that only a profile starts where there are no others."""
    made = tuple(_built(composed, snapshot))
    usual = {service.name for service in composed.services if not service.profiles}
    yield from [one for one in made if one[1].name in usual] or made


def _built(composed: Compose, snapshot: Snapshot) -> Iterator[tuple[Request, Service]]:
    names = frozenset(service.name for service in composed.services)
    for service in composed.services:
        build = service.build
        if build is None or build.is_inline:
            continue
        context = module_files.normal(snapshot.root / build.context)
        file = module_files.normal(context / build.dockerfile) if context is not None else None
        if context is None or file is None or not _is_python(snapshot, file, build.target):
            continue
        target = build.target if _ends_there(snapshot, file, build.target) else ""
        is_of_desk = target != build.target and bool(_SERVES.search(service.command.text if service.command else ""))
        command = None if is_of_desk else _command(service, composed.file)
        yield (
            Request(file=file, contexts=(context,), command=command, target=target),
            _service(
                service.name,
                snapshot,
                kind="web" if service.ports or _serves(service, snapshot, file) else "worker",
                variables=tuple(_variables(service, composed, names)),
                location=Location(composed.file, service.line),
            ),
        )


def _of_dockerfile(snapshot: Snapshot, slug: str) -> Iterator[tuple[Request, Service]]:
    """Yield the service of the Dockerfile in the project's folder, or in the one folder below that has one."""
    below = on_disk.folders(snapshot.path)
    files = [
        folder / _DOCKERFILE
        for folder in (snapshot.root, *(snapshot.root / name for name in below))
        if _is_python(snapshot, folder / _DOCKERFILE, "")
    ]
    if files and (files[0].parent == snapshot.root or len(files) == 1):
        name = slug.rpartition("/")[2] or "web"
        contexts = tuple(dict.fromkeys((files[0].parent, snapshot.root)))
        yield (
            Request(file=files[0], contexts=contexts, command=_wanted_command(snapshot, files[0])),
            _service(name, snapshot, kind="web", location=Location(str(files[0]), 1)),
        )


def _wanted_command(snapshot: Snapshot, file: PurePosixPath) -> CommandText | None:
    """Return what the one compose service of *file* hands to an ENTRYPOINT that the image gives nothing to."""
    parsed = dockerfile.parse(snapshot_files.text(snapshot.folder, file) or "")
    names = {one.name for stage in parsed.stages for one in stage.instructions}
    composed = _composed(snapshot) if "ENTRYPOINT" in names and "CMD" not in names else None
    found = [
        request.command for request, _ in (_of_compose(composed, snapshot) if composed else ()) if request.file == file
    ]
    return found[0] if len(found) == 1 else None


def _is_python(snapshot: Snapshot, file: PurePosixPath, target: str) -> bool:
    """Whether the last stage of *file*, or the stage *target*, is built on an image of Python."""
    text = snapshot_files.text(snapshot.folder, file)
    parsed = dockerfile.parse(text) if text else None
    if parsed is None or not parsed.stages:
        return False
    values = {pair.name: pair.value or "" for one in parsed.arguments for pair in one.pairs}
    stage = (parsed.stage(target) if target else None) or parsed.stages[-1]
    for _ in parsed.stages:
        parent = parsed.stage(stage.base)
        if parent is None or parent.index >= stage.index:
            break
        stage = parent
    return bases.read(expanded(stage.base, values)) is not None


def _ends_there(snapshot: Snapshot, file: PurePosixPath, target: str) -> bool:
    """Whether *target* is what Render makes of *file*: it builds the last stage, and knows no other.

    Where that is no image of Python, or says nothing of how it starts, *target* is what is meant all the same.
    Source: https://render.com/docs/blueprint-spec#docker
    """
    parsed = dockerfile.parse(snapshot_files.text(snapshot.folder, file) or "")
    last = parsed.stages[-1]
    starts = any(one.name in {"CMD", "ENTRYPOINT"} for one in last.instructions)
    return not target or parsed.stage(target) is last or not starts or not _is_python(snapshot, file, "")


def _serves(service: Composed, snapshot: Snapshot, file: PurePosixPath) -> bool:
    if service.command is not None:
        return bool(_SERVES.search(service.command.text))
    parsed = dockerfile.parse(snapshot_files.text(snapshot.folder, file) or "")
    started = [one.text for stage in parsed.stages[-1:] for one in stage.instructions if one.name in {"CMD", "EXPOSE"}]
    return any(_SERVES.search(text) or text.strip().isdecimal() for text in started)


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


def _service(
    name: str, snapshot: Snapshot, *, kind: str, location: Location, variables: tuple[Variable, ...] = ()
) -> Service:
    hostname = (own_hosts.stated(snapshot) if kind == "web" else "") or contracts.hostname(name)
    return Service(
        name=name,
        type=kind,
        plan=facts().plans["starter"],
        hostname=hostname,
        host=hostname,
        variables=tuple(one for one in variables if one.name != "PORT"),
        health_path="",
        pre_deploy=None,
        shutdown_s=None,
        databases={},
        location=location,
    )


def _skipped(about: Service, reason: str, *, is_all: bool) -> Finding:
    return Finding(
        code="service-not-checked",
        outcome=Outcome.SKIPPED,
        message=f"{about.name} is not checked: {reason}",
        location=about.location,
        service=about.name,
        required=is_all,
    )


def _said(source: str, services: list[tuple[Request, Service]]) -> Finding:
    listed = tuple(
        f"{about.name}: type {about.type}, dockerfilePath {request.file}, dockerContext "
        f"{request.contexts[0] if request.contexts[0].parts else '.'}"
        for request, about in services
    )
    is_image = source == str(services[0][0].file)
    unread = "" if is_image else "Render reads no compose file, and "
    return Finding(
        code="render-yaml-missing",
        # A Dockerfile is what Render itself builds; of a compose file it reads nothing.
        outcome=Outcome.NOTE if is_image else Outcome.WARNING,
        message=f"the project has no render.yaml: its services are assumed as {source} describes them",
        location=Location(source, 1),
        evidence=listed,
        remedy="write them to render.yaml at the top of the repository, each with `runtime: docker` "
        "(https://render.com/docs/blueprint-spec#docker)",
        certainty=f"uncertain: {unread}the Dashboard may hold other commands and variables",
        required=False,
    )
