"""Which services of a Blueprint run code of this repository, and why the others do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import Snapshot
from deploy_suite.targets.render import places
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource
from deploy_suite.targets.render.lints import paths

STORES: Final = frozenset({"keyvalue", "redis"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Shape: `skipped` maps the path of each service that is not run here onto the reason."""

    skipped: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


def read(blueprint: Blueprint, snapshot: Snapshot, slug: str) -> Ownership:
    """Return whose code each service runs; *slug* is the repository's owner and name, "" when it has no origin.

    A fork, a copy and a repository that was renamed keep the old name in `repo:`. Where all services name one and
    the same other repository and this commit has what each of them is built from, they are taken for this one's.
    """
    kinds = {one.path: reason for one in blueprint.services if (reason := _of_no_kind(one))}
    able = [one for one in blueprint.services if one.path not in kinds]
    is_named = not snapshot.commit.has_near_origin
    elsewhere = [one for one in able if is_named and _is_elsewhere(one, slug)]
    is_one = elsewhere == able and len({_repository(one).lower() for one in able}) == 1
    if is_one and all(_has_source(one, snapshot) for one in able):
        return Ownership(skipped=kinds, findings=(_taken(able[0], slug),))
    others = {one.path: f"its code is in another repository: {_repository(one)}" for one in elsewhere}
    return Ownership(skipped=kinds | others)


def _of_no_kind(service: ServiceResource) -> str:
    """Return why preflight can run no service of this kind, "" when it can."""
    if service.is_python or service.is_image:
        return ""
    if service.type in STORES:
        return "it is a store that Render runs, and no code of this repository"
    if service.type not in facts().values["type"].allowed:
        return f"{service.type or 'nothing'} is no type of a service that is known here"
    what = f"it runs on {service.runtime}" if service.runtime else "it states no runtime that can be read"
    return f"{what}, and only Render's own Python and Dockerfiles are checked here"


def _is_elsewhere(service: ServiceResource, slug: str) -> bool:
    repository = _repository(service)
    return bool(repository and slug) and repository.rpartition("/")[2].lower() != slug.rpartition("/")[2].lower()


def _repository(service: ServiceResource) -> str:
    return (service.text("repo") or "").strip().removesuffix(".git").rstrip("/")


def _has_source(service: ServiceResource, snapshot: Snapshot) -> bool:
    """Whether the commit has the Dockerfile of *service*, or a list of requirements in its folder."""
    if service.is_image:
        from deploy_suite.targets.render import docker  # noqa: PLC0415  only services in images need it

        return docker.requested(service, snapshot) is not None
    root = paths.root_of(service)
    return root is not None and places.has_manifest(snapshot, root)


def _taken(service: ServiceResource, slug: str) -> Finding:
    return Finding(
        code="service-repository-differs",
        outcome=Outcome.NOTE,
        message=f"Render builds {_repository(service)}, and this clone comes from {slug}: its own commit is checked",
        location=service.at("repo"),
        remedy=f"remove `repo:` from {service.file}, or name this repository there",
        certainty="uncertain: a fork or a repository that was renamed; the commit has what the services are built from",
    )
