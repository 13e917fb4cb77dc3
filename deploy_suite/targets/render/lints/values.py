"""Values that YAML or Render reads otherwise than they look, and numbers out of range."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.yaml_document import Block, Entry, Scalar, ScalarKind
from deploy_suite.model.finding import Finding
from deploy_suite.targets.render import nodes
from deploy_suite.targets.render.blueprint import Blueprint, Resource, ServiceResource
from deploy_suite.targets.render.lints.saying import warns

_DISK_STEP_GB: Final = 5
_OFF: Final = frozenset({"off", "no", "false"})


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield unquoted `off`s, previews that clash with a branch, and numbers out of range."""
    root = Resource(block=blueprint.root, path="", file=blueprint.file)
    yield from _generation(root)
    for service in blueprint.services:
        found = (
            *_off(service, service.block.entry("autoDeployTrigger")),
            *_trigger(service),
            *_generation(service),
            *_branch(service, root),
            *_ranges(service),
            *_mount_path(service),
        )
        yield from (finding.about(check="", service=service.label, target="") for finding in found)
    for database in blueprint.databases:
        yield from _disk_size(database)


def _off(resource: Resource, entry: Entry | None) -> Iterator[Finding]:
    if entry is None or not isinstance(entry.value, Scalar) or entry.value.is_quoted:
        return
    if entry.value.kind is ScalarKind.BOOLEAN and entry.value.text.lower() in _OFF:
        yield warns(
            resource,
            "render-unquoted-off",
            f"`{entry.key}: {entry.value.text}` is the boolean false to readers of YAML 1.1, not the word off",
            key=entry.key,
            evidence=f"{entry.key}: {entry.value.text}",
            remedy=f"write `{entry.key}: 'off'` in {resource.file}",
            certainty="uncertain: it depends on the YAML reader; with quotes it cannot be misread",
        )


def _trigger(service: ServiceResource) -> Iterator[Finding]:
    written = service.block.get("autoDeployTrigger")
    known = facts().values["auto_deploy_trigger"].allowed
    if isinstance(written, Scalar) and written.kind is ScalarKind.TEXT and written.text not in known:
        yield warns(
            service,
            "render-unknown-autoDeployTrigger",
            f"{written.text} is no trigger that is known here",
            key="autoDeployTrigger",
            evidence=f"autoDeployTrigger: {written.text}",
            remedy=f"use one of {', '.join(known)}",
            certainty="likely: Render documents these values only",
        )


def _generation(resource: Resource) -> Iterator[Finding]:
    previews = nodes.block(resource.block.get("previews"))
    if previews is not None:
        inner = Resource(block=previews, path=resource.path, file=resource.file)
        yield from _off(inner, previews.entry("generation"))


def _makes_previews(block: Block) -> bool:
    previews = nodes.block(block.get("previews"))
    generation = nodes.text(previews.get("generation")) if previews else None
    old = nodes.flag(block.get("previewsEnabled")) or nodes.flag(block.get("pullRequestPreviewsEnabled"))
    return bool(old) or generation in {"manual", "automatic"}


def _branch(service: ServiceResource, root: Resource) -> Iterator[Finding]:
    if service.text("branch") and (_makes_previews(service.block) or _makes_previews(root.block)):
        yield warns(
            service,
            "render-branch-with-previews",
            f"{service.label} names a branch, so its preview environments deploy that branch and not the pull request",
            key="branch",
            remedy=f"remove `branch:` from {service.label} in {service.file}",
        )


def _mount_path(service: ServiceResource) -> Iterator[Finding]:
    disk = nodes.block(service.block.get("disk"))
    path = nodes.text(disk.get("mountPath")) if disk else None
    if disk and path and not path.startswith("/"):
        yield warns(
            Resource(block=disk, path=service.path, file=service.file),
            "render-mount-path",
            f"the disk of {service.label} is mounted at {path}, which is no absolute path",
            key="mountPath",
            evidence=f"mountPath: {path}",
            remedy=f"write a path from the root in {service.file}, such as "
            f"`mountPath: /opt/render/project/src/{path.removeprefix('./')}`",
            certainty="likely: Render documents absolute paths",
        )


def _disk_size(database: Resource) -> Iterator[Finding]:
    """Yield sizes of a database's disk that Render has not.

    Source: https://render.com/docs/blueprint-spec#database-fields
    """
    size = nodes.integer(database.block.get("diskSizeGB"))
    if size is not None and size != 1 and (size < 1 or size % _DISK_STEP_GB):
        yield warns(
            database,
            "render-out-of-range:diskSizeGB",
            f"diskSizeGB of {database.name or database.path} is {size}; Render takes 1 or a multiple of 5",
            key="diskSizeGB",
            evidence=f"diskSizeGB: {size}",
            remedy=f"write {max(_DISK_STEP_GB, -(-size // _DISK_STEP_GB) * _DISK_STEP_GB)} in {database.file}",
            certainty="likely: the sizes are documented, what Render does with others is not",
        )


def _ranges(service: ServiceResource) -> Iterator[Finding]:
    scopes = (service.block, nodes.block(service.block.get("scaling")), nodes.block(service.block.get("disk")))
    for scope in scopes:
        for entry in scope.entries if scope else ():
            bounds = facts().ranges.get(entry.key)
            number = nodes.integer(entry.value)
            if bounds and number is not None and not bounds[0] <= number <= bounds[1]:
                yield warns(
                    Resource(block=scope or service.block, path=service.path, file=service.file),
                    f"render-out-of-range:{entry.key}",
                    f"{entry.key} of {service.label} is {number}; Render takes {bounds[0]} to {bounds[1]}",
                    key=entry.key,
                    evidence=f"{entry.key}: {number}",
                    remedy=f"write a number from {bounds[0]} to {bounds[1]} in {service.file}",
                    certainty="likely: the range is documented, what Render does outside it is not",
                )
