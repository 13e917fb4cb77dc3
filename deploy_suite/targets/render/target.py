"""A project into what Render would make of it."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.manifests import resemblance, yaml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.manifests.yaml_document import Block, Items, Node, Scalar, ScalarKind
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files
from deploy_suite.targets.base import Reading
from deploy_suite.targets.render import blueprint as blueprints
from deploy_suite.targets.render import contracts, guesses, ownership, places, schema
from deploy_suite.targets.render.blueprint import Blueprint
from deploy_suite.targets.render.contracts import TARGET
from deploy_suite.targets.render.lints import names, paths, plans, references, secrets, services, values

_DOCS: Final = "https://render.com/docs/blueprint-spec"


def read(snapshot: Snapshot, settings: Settings, *, repository_slug: str) -> Reading:
    """Return the contracts of *snapshot* on Render, from render.yaml or, without one, as the Dashboard proposes.

    Raises: UsageError when no service is found.
    """
    place = places.find(snapshot)
    if place.file is None:
        guessed = guesses.read(snapshot, settings, slug=repository_slug)
        reading = Reading(contracts=guessed.contracts, findings=(*place.findings, *guessed.findings))
    else:
        reading = _blueprint(snapshot, settings, place, slug=repository_slug)
    findings = (*reading.findings, *_unknown_settings(settings, reading, snapshot))
    return Reading(
        contracts=reading.contracts,
        findings=tuple(finding.about(check="", service="", target=TARGET) for finding in _once(findings)),
    )


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


def _blueprint(snapshot: Snapshot, settings: Settings, place: places.Place, *, slug: str) -> Reading:
    file = str(place.file)
    text = snapshot_files.text(snapshot.folder, PurePosixPath(file)) or ""
    try:
        root = yaml_document.parse(text, file=file)
    except ManifestError as error:
        return _without_blueprint(error, snapshot, settings, place, slug=slug)
    if not isinstance(root, Block):
        empty = ManifestError("it holds no mapping of keys to values", Location(file, 1))
        return _without_blueprint(empty, snapshot, settings, place, slug=slug)
    place = replace(place, findings=(*place.findings, *_encoding(snapshot, file)))
    blueprint = blueprints.read(root, file=file)
    if not blueprint.services and not _is_malformed(root.get("services")):
        raise UsageError(
            f"{file} defines no service",
            source=file,
            remedy=f"add one under `services:` in {file} ({_DOCS})",
        )
    return _services(snapshot, settings, place, blueprint, slug=slug)


def _encoding(snapshot: Snapshot, file: str) -> Iterator[Finding]:
    data = snapshot_files.data(snapshot.folder, PurePosixPath(file)) or b""
    is_utf16 = snapshot_files.is_utf16(data)
    try:
        data.decode("utf-16" if is_utf16 else "utf-8")
    except UnicodeDecodeError as error:
        line = 0 if is_utf16 else data.count(b"\n", 0, error.start) + 1
        yield Finding(
            code="render-yaml-encoding",
            outcome=Outcome.WARNING,
            message=f"{file} is not valid {'UTF-16' if is_utf16 else 'UTF-8'}",
            location=Location(file, line),
            remedy=f"save {file} as UTF-8, in an editor or, if it is Latin-1: "
            f"iconv -f LATIN1 -t UTF-8 {file} > new.yaml && mv new.yaml {file}",
            certainty="likely: YAML must be Unicode, and readers refuse what is not",
        )
        return
    if is_utf16:
        yield Finding(
            code="render-yaml-encoding",
            outcome=Outcome.WARNING,
            message=f"{file} is encoded as UTF-16",
            location=Location(file),
            remedy=f"save {file} as UTF-8: iconv -f UTF-16 -t UTF-8 {file} > new.yaml && mv new.yaml {file}",
            certainty="uncertain: YAML allows it, and Render does not say whether it reads it",
        )


def _is_malformed(services: Node | None) -> bool:
    """Whether `services` holds something that is no service, which the schema's findings tell."""
    match services:
        case None | Scalar(kind=ScalarKind.NULL):
            return False
        case Items(items=items):
            return bool(items)
        case _:
            return True


def _without_blueprint(
    error: ManifestError, snapshot: Snapshot, settings: Settings, place: places.Place, *, slug: str
) -> Reading:
    """Return the *error*; where the file is quite another one, no service of Render can be made of it: go on without.

    What runs then has its commands in the Dashboard, as where there is no Blueprint.
    """
    file = error.location.file
    text = snapshot_files.text(snapshot.folder, PurePosixPath(file)) or ""
    held = resemblance.content(text) or "commands of a shell" * resemblance.are_commands(text)
    if held in {"", "a Blueprint"}:
        return Reading(contracts=(), findings=(*place.findings, _unreadable(error)))
    told = _unreadable(
        ManifestError(
            f"it holds {held}",
            Location(file, resemblance.first_line(text)),
            remedy=f"write a Blueprint to {file} ({_DOCS}), and move what it holds to a file of its own",
        )
    )
    try:
        guessed = guesses.read(snapshot, settings, slug=slug)
    except UsageError:
        return Reading(contracts=(), findings=(*place.findings, told))
    doubted = replace(
        told,
        outcome=Outcome.WARNING,
        certainty="certain where a Blueprint is made of it; a service that the Dashboard defines does not read it",
    )
    return Reading(contracts=guessed.contracts, findings=(*place.findings, doubted, *guessed.findings))


def _unreadable(error: ManifestError) -> Finding:
    return Finding(
        code="render-yaml-invalid",
        outcome=Outcome.FAILED,
        message=f"{error.location.file} cannot be read: {error.message}",
        location=error.location,
        remedy=error.remedy or f"correct {error.location} so that it is one YAML mapping ({_DOCS})",
    )


def _services(
    snapshot: Snapshot,
    settings: Settings,
    place: places.Place,
    blueprint: Blueprint,
    *,
    slug: str,
) -> Reading:
    whose = ownership.read(blueprint, snapshot, slug or snapshot.commit.repository_slug)
    skipped = dict(whose.skipped)
    ours = places.within(snapshot, [one for one in blueprint.services if one.path not in skipped], place)
    elsewhere = frozenset(skipped)
    made: list[Contract] = []
    found: list[Finding] = []
    for service in ours:
        own = settings.services.get(service.label, ServiceSettings())
        if service.is_image:
            from deploy_suite.targets.render import docker  # noqa: PLC0415  only services in images need it

            built = docker.of_service(service, blueprint, snapshot, settings=own, slug=slug)
            contract, problems = built.contract, built.findings
            skipped |= {service.path: built.reason} if built.reason else {}
        else:
            root = places.root_of(service, snapshot, place)
            contract, problems = None, ()
            if root.path is not None:
                contract, problems = contracts.contract(
                    service, blueprint, snapshot, root=root.path, settings=own, slug=slug
                )
            problems = (*problems, *root.findings)
        made += [contract] if contract else []
        found += (one.about(check="", service=service.label, target="") for one in problems)
    return Reading(
        contracts=tuple(made),
        findings=(
            *place.findings,
            *whose.findings,
            *_lints(blueprint, snapshot, elsewhere=elsewhere),
            *found,
            *_skipped(blueprint, skipped, is_all=not made),
        ),
    )


def _lints(blueprint: Blueprint, snapshot: Snapshot, *, elsewhere: frozenset[str]) -> Iterator[Finding]:
    yield from schema.problems(blueprint.root, file=blueprint.file)
    yield from names.problems(blueprint)
    yield from services.problems(blueprint)
    yield from plans.problems(blueprint)
    yield from values.problems(blueprint)
    yield from references.problems(blueprint)
    yield from secrets.problems(blueprint)
    yield from paths.problems(blueprint, snapshot.folder, elsewhere=elsewhere)


def _skipped(blueprint: Blueprint, reasons: dict[str, str], *, is_all: bool) -> Iterator[Finding]:
    """Yield what is not checked; where that is all there is, the verdict is incomplete. A store has no code."""
    for service in blueprint.services:
        if service.path in reasons and (is_all or service.type not in ownership.STORES):
            yield Finding(
                code="service-not-checked",
                outcome=Outcome.SKIPPED,
                message=f"{service.label} is not checked: {reasons[service.path]}",
                location=service.location,
                service=service.label,
                required=is_all,
            )


def _unknown_settings(settings: Settings, reading: Reading, snapshot: Snapshot) -> Iterator[Finding]:
    if snapshot.root.parts and not snapshot_files.find(snapshot.folder, snapshot.root / "deploy.toml"):
        return  # it speaks of all services of the repository, of which these are some
    known = [contract.service for contract in reading.contracts]
    for name in settings.services:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            yield Finding(
                code="deploy-toml-unknown-service",
                outcome=Outcome.WARNING,
                message=f"deploy.toml speaks of the service {name}, which the project does not have",
                location=Location("deploy.toml"),
                remedy=f"rename it to one of {', '.join(known)}; the nearest is {near[0]}",
                certainty="certain; what is said of it has no effect",
            )
