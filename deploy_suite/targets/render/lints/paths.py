"""Paths in the Blueprint that the repository lacks."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from deploy_suite.model.finding import Finding
from deploy_suite.project import module_files, snapshot_files
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource
from deploy_suite.targets.render.lints.saying import fails, warns


def problems(blueprint: Blueprint, folder: Path, *, elsewhere: frozenset[str]) -> Iterator[Finding]:
    """Yield root folders and Dockerfiles that are not in *folder*; *elsewhere* are services of other repositories."""
    for service in blueprint.services:
        if service.path not in elsewhere:
            yield from _root(service, folder)
            yield from _dockerfile(service, folder)


def root_of(service: ServiceResource) -> PurePosixPath | None:
    """Return rootDir relative to the repository, None when it leads out of it."""
    written = (service.text("rootDir") or "").strip().lstrip("/")
    return module_files.normal(PurePosixPath(written))


def _root(service: ServiceResource, folder: Path) -> Iterator[Finding]:
    if has_root(service, folder):
        return
    meant = meant_root(service, folder)
    say = (
        f"write `rootDir: {meant}` in {service.file}"
        if meant and meant.parts
        else f"correct `rootDir:` in {service.file}"
    )
    yield fails(
        service,
        "wrong-root-directory",
        f"the commit has no folder {service.text('rootDir')}, the rootDir of {service.label}",
        key="rootDir",
        evidence=f"rootDir: {service.text('rootDir')}",
        remedy=f"take `rootDir:` out of {service.file}: the repository's top holds what the commands name"
        if meant is not None and not meant.parts
        else say,
    )


def has_root(service: ServiceResource, folder: Path) -> bool:
    """Whether rootDir is a folder of the repository, or lies in a submodule, whose folders are not known."""
    root = root_of(service)
    return root is not None and (
        snapshot_files.is_folder(folder, root) or snapshot_files.is_in_absent_submodule(folder, root)
    )


def meant_root(service: ServiceResource, folder: Path) -> PurePosixPath | None:
    """Return the folder that must be meant by a rootDir which the repository lacks, None where none stands out."""
    from deploy_suite.targets.render import meant_roots  # noqa: PLC0415  only a folder that is missing needs it

    return meant_roots.meant(service, folder, service.text("rootDir") or "")


def _dockerfile(service: ServiceResource, folder: Path) -> Iterator[Finding]:
    if service.runtime != "docker":
        return
    written = PurePosixPath((service.text("dockerfilePath") or "Dockerfile").strip().lstrip("/"))
    root = root_of(service) or PurePosixPath()
    if any(snapshot_files.find(folder, path) for path in (written, root / written)):
        return
    yield warns(
        service,
        "dockerfile-missing",
        f"the commit has no {written}, from which {service.label} is built",
        key="dockerfilePath",
        remedy=f"commit {written}, or correct `dockerfilePath:` in {service.file}",
        certainty="likely: it is neither at the top of the repository nor in rootDir",
    )
