"""What a user asks to have verified → the service, its probes and the commit that is meant; then the verification."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.errors import UsageError
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model.probe import Expectation, Probe
from deploy_suite.model.project import Snapshot
from deploy_suite.model.release import Deploy, LiveService
from deploy_suite.ports import Address, HttpRequest, Ports, UnreachableError
from deploy_suite.project.loading import settings_near
from deploy_suite.releases.requests import service_of
from deploy_suite.releases.verification import Baseline, Patience, Subject, Verification
from deploy_suite.releases.verifying import verify
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget
from deploy_suite.targets.live_registry import HEALTH_PATHS, LIVE_TARGETS

_SHA: Final = re.compile(r"[0-9a-f]{7,64}")
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_FIRST_LOOK_S: Final = 10.0
_NO_SERVER_ERROR: Final = frozenset(range(100, 500))  # as preflight asks `/`: a 404 there is no fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of `verify`. Shape: `url` or `target` is given; `revision` "" expects what the target says is live."""

    folder: Path
    url: str = ""
    target: str = ""
    service: str = ""
    revision: str = ""
    baseline: Baseline | None = None
    measures: bool = False
    patience: Patience = field(default_factory=Patience)


def carried_out(request: Request, ports: Ports) -> Verification:
    """Return what came of *request*. Raises: DeployError when there is nothing to ask."""
    subject, live = _of_target(request, ports) if request.target else (_of_url(request, ports), None)
    subject = over_tls(subject, ports)
    return verify(
        subject,
        ports,
        patience=request.patience,
        live=live,
        baseline=request.baseline,
        measures=request.measures,
    )


def subject_of(
    url: str, stated: ServiceSettings, *, service: str, health_path: str, target: str = "", expected: str = ""
) -> Subject:
    """Return what is to be asked at *url*: the health path, `/`, and what deploy.toml states. Raises: UsageError."""
    origin, address = _parsed(url)
    health = health_path or "/"
    own = [Probe(name=f"health {health}", path=health)] if health_path else []
    own += [] if health == "/" and own else [_front_page()]
    taken = {probe.name for probe in stated.probes}
    place = replace(stated.commit, path=stated.commit.path or health) if stated.commit else None
    return Subject(
        url=origin,
        address=address,
        service=service,
        probes=(*(probe for probe in own if probe.name not in taken), *stated.probes),
        target=target,
        expected=expected,
        place=place,
    )


def _front_page() -> Probe:
    return Probe(name="GET / as a visitor", follow_redirects=True, expect=Expectation(statuses=_NO_SERVER_ERROR))


def _of_target(request: Request, ports: Ports) -> tuple[Subject, Callable[[], Deploy | None]]:
    target = LIVE_TARGETS[request.target](ports)
    with Voice(ports.progress, ports.clock).alive(target.pace.heartbeat_s):
        service = service_of(target, request.folder, asked=request.service, ports=ports)
        if not service.url:
            raise UsageError(
                f"{service.name} has no public URL, so nobody can ask it from here",
                remedy="verify a web service: --service NAME",
            )
        live = None if request.revision else target.live(service)
    expected = _commit(request, ports) if request.revision else (live.commit if live else "")
    subject = subject_on(target, service, _settings(request.folder, ports), expected=expected)
    return subject, lambda: target.live(service)


def subject_on(target: LiveTarget, service: LiveService, settings: Settings, *, expected: str) -> Subject:
    """Return what is to be asked of *service* as *target* has it, with what deploy.toml states of it."""
    return subject_of(
        service.url,
        settings.services.get(service.name, ServiceSettings()),
        service=service.name,
        health_path=service.health_path,
        target=target.name,
        expected=expected,
    )


def _of_url(request: Request, ports: Ports) -> Subject:
    settings = _settings(request.folder, ports)
    paths = _health_paths(request.folder, ports)
    name = _named(request.service, settings, paths)
    return subject_of(
        request.url,
        settings.services.get(name, ServiceSettings()),
        service=name,
        health_path=paths.get(name, ""),
        expected=_commit(request, ports) if request.revision else "",
    )


def _settings(folder: Path, ports: Ports) -> Settings:
    return settings_near(Snapshot.as_it_lies(folder.resolve(), top=_top(folder, ports).resolve()))


def _top(folder: Path, ports: Ports) -> Path:
    try:
        return ports.git.top(folder)
    except UsageError:
        return folder  # a URL can be verified from anywhere


def _health_paths(folder: Path, ports: Ports) -> Mapping[str, str]:
    """Return the health path of each service in the manifests of all targets."""
    top = _top(folder, ports)
    found: dict[str, str] = {}
    for read in HEALTH_PATHS.values():
        found |= read(folder, top)
    return found


def _named(asked: str, settings: Settings, paths: Mapping[str, str]) -> str:
    known = tuple(dict.fromkeys((*settings.services, *paths)))
    if asked and known and asked not in known:
        raise UsageError(f"the project has no service {asked}", remedy=f"name one of: {', '.join(known)}")
    if asked or len(known) == 1:
        return asked or known[0]
    if known:
        raise UsageError(
            f"the project has several services: {', '.join(known)}", remedy=f"name one: --service {known[0]}"
        )
    return ""


def _commit(request: Request, ports: Ports) -> str:
    """Return the SHA that is expected; a bare one need not be in this repository. Raises: UsageError."""
    try:
        return ports.git.commit(ports.git.top(request.folder), request.revision).sha
    except UsageError:
        if _SHA.fullmatch(request.revision.lower()):
            return request.revision.lower()
        raise


def _parsed(url: str) -> tuple[str, Address]:
    """Return the origin that *url* names, and where to connect. Raises: UsageError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError("the URL cannot be read", remedy="give it as https://host or http://host:port") from error
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _PORTS or not parts.hostname or not is_bare:
        raise UsageError(
            "the URL must be an origin, without a path, a query or a password",
            remedy="give it as https://host or http://host:port; paths belong into deploy.toml's probes",
        )
    address = Address(parts.hostname, port or _PORTS[parts.scheme], has_tls=parts.scheme == "https")
    return f"{parts.scheme}://{parts.netloc}", address


def over_tls(subject: Subject, ports: Ports) -> Subject:
    """Return *subject* at https where its http does nothing but lead there, as at most platforms."""
    if subject.address.has_tls:
        return subject
    try:
        answer = ports.http.request(
            subject.address, HttpRequest(method="GET", path=subject.probes[0].path), timeout_s=_FIRST_LOOK_S
        )
        leads_to = urlsplit(answer.headers.get("location", ""))
    except (UnreachableError, ValueError):  # no answer, or one that leads to no URL
        return subject
    if answer.status in _REDIRECTS and leads_to.scheme == "https" and leads_to.hostname == subject.address.host:
        url, address = _parsed(f"https://{leads_to.netloc}")
        return replace(subject, url=url, address=address)
    return subject
