"""A service whose manifest is of no interest to the test: gunicorn on Render."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Contract, Limits, PythonRequest, ServiceKind
from deploy_suite.model.environment import Preferences
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Commit, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.project import entry_points
from tests.projects import write

CONTRACT: Final = Contract(
    target="render",
    service="web",
    kind=ServiceKind.WEB,
    root=PurePosixPath(),
    python=PythonRequest(version="3.11.9", origin="test"),
    variables=(),
    build=None,
    pre_deploy=None,
    start=None,
    entry=None,
    port=10000,
    port_is_movable=True,
    health_path="",
    host="web.onrender.com",
    memory_bytes=1,
    plan="free",
    limits=Limits(build_s=1, pre_deploy_s=1, start_s=1, health_request_s=1, shutdown_s=1),
    databases={},
    tool_versions={},
)


def case(
    folder: Path,
    files: Mapping[str, str],
    *,
    build: str = "pip install -r requirements.txt",
    start: str = "gunicorn main:app",
    python: str = "3.11.9",
    state: WorkingState | None = None,
) -> Case:
    """Return a service of *files*, written into *folder*, as the checks get it."""
    write(folder, files)
    command = CommandText(text=start, location=Location("render.yaml", 6))
    contract = replace(
        CONTRACT,
        python=PythonRequest(version=python, origin="test"),
        build=CommandText(text=build, location=Location("render.yaml", 5)),
        start=command,
        entry=entry_points.from_command(command, folder=folder, root=PurePosixPath()),
        location=Location("render.yaml", 2),
    )
    return case_of(contract, folder, state=state)


def case_of(contract: Contract, folder: Path, *, state: WorkingState | None = None) -> Case:
    """Return the service of *contract* in *folder*, as the checks get it."""
    snapshot = Snapshot(commit=Commit(sha="0" * 40, tree="1" * 40, subject="x"), folder=folder)
    return Case(snapshot=snapshot, contract=contract, state=state or WorkingState(), preferences=Preferences())
