"""A project in a folder, an environment that has the tools, and a server: what the rehearsals are run on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from deploy_suite.adapters.clock import SystemClock
from deploy_suite.adapters.git import SystemGit
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.postgres import PostgresDatabases
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.migrations import Head, to_head, wanted_extensions
from deploy_suite.environments import bindings as binding
from deploy_suite.model.contract import (
    Contract,
    DatabaseField,
    FromDatabase,
    Limits,
    PythonRequest,
    ServiceKind,
    Variable,
)
from deploy_suite.model.environment import Environment, Interpreter, Preferences
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Commit, Snapshot
from deploy_suite.ports import Ports, WorkingState
from tests.doubles.machine import Folders, Heard

LIMITS = Limits(build_s=600, pre_deploy_s=120, start_s=600, health_request_s=5, shutdown_s=30)


def ports(folder: Path) -> Ports:
    workplace, runner, launcher = Folders(folder), WardenedRunner(), WardenedLauncher()
    return Ports(
        clock=SystemClock(),
        runner=runner,
        launcher=launcher,
        networks=LocalNetworks(),
        http=None,  # type: ignore[arg-type]
        websockets=None,  # type: ignore[arg-type]
        databases=PostgresDatabases(runner=runner, launcher=launcher, workplace=workplace),
        interpreters=None,  # type: ignore[arg-type]
        git=SystemGit(),
        workplace=workplace,
        progress=Heard(),
    )


def contract(
    *,
    pre_deploy: str = "",
    start: str = "",
    build: str = "",
    variables: tuple[Variable, ...] | None = None,
    root: str = "",
) -> Contract:
    def command(text: str, line: int) -> CommandText | None:
        return CommandText(text=text, location=Location("render.yaml", line)) if text else None

    url = Variable(name="DATABASE_URL", source=FromDatabase("app-db", DatabaseField.CONNECTION_STRING))
    return Contract(
        target="render",
        service="app",
        kind=ServiceKind.WEB,
        root=PurePosixPath(root),
        python=PythonRequest(version="3.12", origin="test"),
        variables=(url,) if variables is None else variables,
        build=command(build, 5),
        pre_deploy=command(pre_deploy, 6),
        start=command(start, 7),
        entry=None,
        port=10000,
        port_is_movable=True,
        health_path="/",
        host="app.onrender.com",
        memory_bytes=512 * 1024 * 1024,
        plan="starter",
        limits=LIMITS,
        databases={"app-db": ""} if variables is None else {},
        tool_versions={},
        location=Location("render.yaml", 1),
    )


@contextmanager
def built(
    project: Path, given: Contract, scene: Ports, *, venv: Path, preferences: Preferences | None = None
) -> Iterator[Built]:
    """Yield *project* as if it had been built into *venv*, its variables bound to databases of a server."""
    commit = Commit(sha="0" * 40, tree="0" * 40, subject="")
    snapshot = Snapshot(commit=commit, folder=project)
    case = Case(
        snapshot=snapshot,
        contract=given,
        state=WorkingState(),
        preferences=preferences or Preferences(),
    )
    home = scene.workplace.run_folder / "home"
    home.mkdir(exist_ok=True)
    environment = Environment(
        key="test",
        interpreter=Interpreter(path=venv / "bin" / "python", version="3.12.1"),
        venv=venv,
        workdir=project / given.root,
        top=project,
        packages={},
        search_path=f"{venv / 'bin'}:{os.defpath}",
        home=home,
    )
    with scene.databases.serve(foreign=None, extensions=wanted_extensions(case)) as server:
        needed = binding.databases_needed(given)
        addresses = {name: server.create(f"build_{number}") for number, name in enumerate(needed)}
        bound = binding.bind(given, databases=addresses, answers={}, service_folder=project / given.root)
        yield Built(case=case, environment=environment, bindings=bound, server=server if needed else None)


def arrived(project: Path, given: Contract, venv: Path, folder: Path) -> Head:
    """Return what came of taking a database of *project* to its newest revision."""
    scene = ports(folder)
    with built(project, given, scene, venv=venv) as one:
        head = to_head(one, scene)
        head.close()
        return head


def tools_environment(folder: Path, *packages: str) -> Path:
    """Return a virtual environment with *packages*."""
    venv = folder / "venv"
    uv = (sys.executable, "-m", "uv")
    subprocess.run((*uv, "venv", "--quiet", "--python", sys.executable, str(venv)), check=True)
    python = str(venv / "bin" / "python")
    subprocess.run((*uv, "pip", "install", "--quiet", "--python", python, *packages), check=True)
    return venv
