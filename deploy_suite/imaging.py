"""A project as the image of one of its services has it, and what is found there as it concerns the project."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from deploy_suite.images import judging, tree
from deploy_suite.model.contract import Contract, Literal
from deploy_suite.model.finding import CheckResult
from deploy_suite.ports import Ports
from deploy_suite.project import entry_points
from deploy_suite.project.loading import Project


def staged(contract: Contract, project: Project, ports: Ports) -> tuple[Contract, Project]:
    """Return *contract* and *project* with what its image has of the commit; both as they are where it has no image."""
    if contract.container is None:
        return contract, project
    sizes = (_size_bytes(project.snapshot.folder / origin) for _, origin in contract.container.files)
    folder = ports.workplace.folder_for(sum(sizes))
    snapshot = tree.laid_out(contract.container, project.snapshot, folder, root=contract.root)
    entry = contract.entry
    if contract.start is not None and (entry is None or entry.file is None):
        known = {one.name: one.source.value.revealed() for one in contract.variables if isinstance(one.source, Literal)}
        entry = entry_points.from_command(contract.start, folder=folder, root=contract.root, variables=known)
    return replace(contract, entry=entry), replace(project, snapshot=snapshot)


def judged(contract: Contract, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return *results* as they concern the project: an image's own paths and programs are not to be had here."""
    if contract.container is None:
        return list(results)
    if contract.container.stand_ins:
        from deploy_suite.checks import left_out  # noqa: PLC0415  few images need it

        results = left_out.unmade(results, contract.container)
    return [judging.judged(result, contract) for result in results]


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
