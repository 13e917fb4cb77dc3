"""A folder with a few files as a project, built by the real adapters in a cache of the tests' own."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from deploy_suite.adapters import workplace
from deploy_suite.adapters.caller import caller
from deploy_suite.adapters.clock import SystemClock
from deploy_suite.adapters.interpreters import SystemInterpreters
from deploy_suite.adapters.processes import WardenedRunner
from deploy_suite.environments import registry
from deploy_suite.environments.base import Installer
from deploy_suite.model.contract import Bindings, Contract, Limits, Literal, PythonRequest, ServiceKind, Variable
from deploy_suite.model.environment import BuildFailure, Environment, Preferences
from deploy_suite.model.project import CommandText, Commit, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Caller, Databases, Git, Http, Launcher, Networks, Ports, WebSockets
from tests.doubles.machine import Heard


@contextmanager
def run(cache: Path, *, taken_over: Caller | None = None) -> Iterator[Ports]:
    """Yield the ports of one run of the suite; what no build needs is not there."""
    said = Heard()
    with workplace.opened(said, environment={workplace.ROOT_VARIABLE: str(cache)}) as place:
        nothing = object()
        yield Ports(
            clock=SystemClock(),
            runner=WardenedRunner(place.record_process),
            launcher=cast("Launcher", nothing),
            networks=cast("Networks", nothing),
            http=cast("Http", nothing),
            websockets=cast("WebSockets", nothing),
            databases=cast("Databases", nothing),
            interpreters=SystemInterpreters(cache=place.cache / "interpreters.json"),
            git=cast("Git", nothing),
            workplace=place,
            progress=said,
            caller=taken_over or caller(),
        )


def project(top: Path, files: Mapping[str, str], *, tree: str = "tree") -> Snapshot:
    """Write *files* and return them as a snapshot; shell scripts are executable."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name.endswith(".sh") else 0o644)
    return Snapshot(commit=Commit(sha="a" * 40, tree=tree, subject=""), folder=top)


def contract(
    build: str,
    *,
    python: str = "3.12",
    root: str = "",
    variables: Mapping[str, str] | None = None,
    databases: Mapping[str, str] | None = None,
    tools: Mapping[str, str] | None = None,
    start: str = "gunicorn app:app",
    limit_s: float = 300,
) -> Contract:
    """Return a contract of which only what a build sees matters."""
    return Contract(
        target="render",
        service="web",
        kind=ServiceKind.WEB,
        root=PurePosixPath(root),
        python=PythonRequest(version=python, origin="the test"),
        variables=tuple(Variable(name=n, source=Literal(Secret(v))) for n, v in (variables or {}).items()),
        build=CommandText(text=build),
        pre_deploy=None,
        start=CommandText(text=start),
        entry=None,
        port=10000,
        port_is_movable=True,
        health_path="/",
        host="web.example.com",
        memory_bytes=512 * 1024**2,
        plan="free",
        limits=Limits(build_s=limit_s, pre_deploy_s=1, start_s=1, health_request_s=1, shutdown_s=1),
        databases=databases or {},
        tool_versions=tools or {},
    )


def bound(agreed: Contract) -> Bindings:
    """Return the values that the contract states itself."""
    literals = ((v.name, v.source) for v in agreed.variables)
    return Bindings(values={name: source.value for name, source in literals if isinstance(source, Literal)})


@dataclass(frozen=True, slots=True)
class Stage:
    """Builds projects, each build a run of its own or several in one."""

    ports: Ports

    def build(
        self,
        snapshot: Snapshot,
        agreed: Contract,
        *,
        preferences: Preferences | None = None,
        installer: Installer | None = None,
    ) -> Environment | BuildFailure:
        """Return the outcome."""
        return registry.build(
            agreed, snapshot, bound(agreed), preferences or Preferences(), self.ports, installer=installer
        )

    def built(
        self,
        snapshot: Snapshot,
        agreed: Contract,
        *,
        preferences: Preferences | None = None,
        installer: Installer | None = None,
    ) -> Environment:
        """Return the environment; a failure shows its log."""
        outcome = self.build(snapshot, agreed, preferences=preferences, installer=installer)
        assert isinstance(outcome, Environment), outcome.log
        return outcome

    def failed(self, snapshot: Snapshot, agreed: Contract, *, installer: Installer | None = None) -> BuildFailure:
        """Return the failure."""
        outcome = self.build(snapshot, agreed, installer=installer)
        assert isinstance(outcome, BuildFailure), outcome.log
        return outcome


def waited_for(path: Path, *, timeout_s: float = 30) -> str:
    """Return the text of *path* once it is there."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")
