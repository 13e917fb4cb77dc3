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
    root = root_of(service)
    if root is not None and (snapshot_files.is_folder(folder, root) or snapshot_files.is_in_submodule(folder, root)):
        return
    import difflib  # noqa: PLC0415  only a folder that is missing needs it

    near = difflib.get_close_matches(str(root or ""), _folders(folder), n=1, cutoff=0.5)
    yield fails(
        service,
        "wrong-root-directory",
        f"the commit has no folder {service.text('rootDir')}, the rootDir of {service.label}",
        key="rootDir",
        evidence=f"rootDir: {service.text('rootDir')}",
        remedy=f"write `rootDir: {near[0]}` in {service.file}" if near else f"correct `rootDir:` in {service.file}",
    )


def _folders(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]


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
