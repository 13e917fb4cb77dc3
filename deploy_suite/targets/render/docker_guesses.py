"""A project with no more than a compose file or a Dockerfile into the services that Render would make of it."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.manifests import dockerfile
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.project import snapshot_files
from deploy_suite.targets.base import Reading
from deploy_suite.targets.render import composed, docker, image_services, service_spec
from deploy_suite.targets.render.docker import Request
from deploy_suite.targets.render.service_spec import ServiceSpec

_DOCKERFILE: Final = "Dockerfile"
_OF_DESK: Final = re.compile(r"\brunserver\b|\bflask run\b|--reload\b|\bfastapi dev\b")


def read(snapshot: Snapshot, settings: Settings, *, slug: str) -> Reading | None:
    """Return the services of a compose file, else that of the one Dockerfile; None where there is neither."""
    file = composed.found(snapshot)
    if file is not None:
        services = list(composed.services(file, snapshot))
        source = file.file
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
    if not services or not _starts(snapshot) or _builds_others(snapshot):
        return None
    return _reading(services, str(services[0][0].file), snapshot, settings, slug=slug)


def _builds_others(snapshot: Snapshot) -> bool:
    return any(request.file != snapshot.root / _DOCKERFILE for request, _ in _of_compose(snapshot))


def is_for_deploys(snapshot: Snapshot) -> bool:
    """Whether a Dockerfile in the root of *snapshot* says how to start what no developer's server serves."""
    starts = _starts(snapshot)
    return bool(starts) and not any(map(_OF_DESK.search, starts))


def _starts(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(image_services.starts(snapshot, snapshot.root / _DOCKERFILE))


def _reading(
    services: list[tuple[Request, ServiceSpec]], source: str, snapshot: Snapshot, settings: Settings, *, slug: str
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
    return len(_of_compose(snapshot)) > 1


def _of_compose(snapshot: Snapshot) -> tuple[tuple[Request, ServiceSpec], ...]:
    file = composed.found(snapshot)
    return tuple(composed.services(file, snapshot)) if file is not None else ()


def _of_dockerfile(snapshot: Snapshot, slug: str) -> Iterator[tuple[Request, ServiceSpec]]:
    """Yield the service of the Dockerfile in the project's folder, or in the one folder below that has one."""
    below = on_disk.folders(snapshot.path)
    files = [
        folder / _DOCKERFILE
        for folder in (snapshot.root, *(snapshot.root / name for name in below))
        if image_services.is_python(snapshot, folder / _DOCKERFILE, "")
    ]
    if files and (files[0].parent == snapshot.root or len(files) == 1):
        name = slug.rpartition("/")[2] or "web"
        contexts = tuple(dict.fromkeys((files[0].parent, snapshot.root)))
        yield (
            Request(file=files[0], contexts=contexts, command=_wanted_command(snapshot, files[0])),
            service_spec.assumed(name, snapshot, type="web", location=Location(str(files[0]), 1)),
        )


def _wanted_command(snapshot: Snapshot, file: PurePosixPath) -> CommandText | None:
    """Return what the one compose service of *file* hands to an ENTRYPOINT that the image gives nothing to."""
    parsed = dockerfile.parse(snapshot_files.text(snapshot.folder, file) or "")
    names = {one.name for stage in parsed.stages for one in stage.instructions}
    given = _of_compose(snapshot) if "ENTRYPOINT" in names and "CMD" not in names else ()
    found = [request.command for request, _ in given if request.file == file]
    return found[0] if len(found) == 1 else None


def _skipped(about: ServiceSpec, reason: str, *, is_all: bool) -> Finding:
    return Finding(
        code="service-not-checked",
        outcome=Outcome.SKIPPED,
        message=f"{about.name} is not checked: {reason}",
        location=about.location,
        service=about.name,
        required=is_all,
    )


def _said(source: str, services: list[tuple[Request, ServiceSpec]]) -> Finding:
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
