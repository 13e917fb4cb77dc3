"""A service of a few lines, built and ready to be started by the boot check with real adapters."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import cast

import psutil

from deploy_suite.adapters.clock import SystemClock
from deploy_suite.adapters.http import HttpxHttp
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.adapters.websockets import SyncWebSockets
from deploy_suite.checks.base import Built, Case
from deploy_suite.model.command import Command
from deploy_suite.model.contract import (
    Bindings,
    Contract,
    FromService,
    Limits,
    Literal,
    Prompted,
    PythonRequest,
    ServiceKind,
    Variable,
)
from deploy_suite.model.environment import Environment, Interpreter, Preferences
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.probe import Probe
from deploy_suite.model.project import CommandText, Commit, EntryPoint, Framework, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.ports import (
    Databases,
    Git,
    Interpreters,
    Networks,
    Ports,
    WorkingState,
    Workplace,
)
from tests.doubles.machine import Heard

HOST = "konan.onrender.com"
START = Location("render.yaml", 7)
PORT = 10000


def real_ports(networks: Networks | None = None, said: Heard | None = None) -> Ports:
    return Ports(
        clock=SystemClock(),
        runner=WardenedRunner(),
        launcher=WardenedLauncher(),
        networks=networks or LocalNetworks(),
        http=HttpxHttp(),
        websockets=SyncWebSockets(),
        databases=cast("Databases", None),
        interpreters=cast("Interpreters", None),
        git=cast("Git", None),
        workplace=cast("Workplace", None),
        progress=said or Heard(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a test says of its service."""

    start: str = "python app.py"
    files: Mapping[str, str] = field(default_factory=dict)
    kind: ServiceKind = ServiceKind.WEB
    health: str = "/health"
    pre_deploy: str = ""
    memory_bytes: int = 512 * 1024 * 1024
    start_s: float = 60.0
    shutdown_s: float = 5.0
    probes: tuple[Probe, ...] = ()
    dummies: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    framework: Framework = Framework.OTHER
    preferences: Preferences = field(default_factory=Preferences)


def built(service: Service, folder: Path, venv: Path = Path(sys.prefix)) -> Built:
    top = folder / "top"
    for name, text in service.files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(dedent(text), encoding="utf-8")
    top.mkdir(exist_ok=True)
    (folder / "home").mkdir(exist_ok=True)
    environment = Environment(
        key="test",
        interpreter=Interpreter(path=venv / "bin" / "python", version="3.11.0"),
        venv=venv,
        workdir=top,
        top=top,
        packages=service.packages,
        search_path=f"{venv / 'bin'}{os.pathsep}/usr/local/bin:/usr/bin:/bin",
        home=folder / "home",
    )
    values = {"PORT": str(PORT), "PYTHONDONTWRITEBYTECODE": "1", **service.variables, **service.dummies}
    case = Case(
        snapshot=Snapshot(commit=Commit(sha="0" * 40, tree="1" * 40, subject="s"), folder=top),
        contract=contract(service),
        state=WorkingState(),
        preferences=service.preferences,
    )
    bindings = Bindings(
        values={name: Secret(value) for name, value in values.items()}, dummies=frozenset(service.dummies)
    )
    return Built(case=case, environment=environment, bindings=bindings, server=None)


def contract(service: Service) -> Contract:
    return Contract(
        target="render",
        service="konan",
        kind=service.kind,
        root=PurePosixPath(),
        python=PythonRequest(version="3.11", origin="test"),
        variables=(
            Variable(name="PORT", source=Literal(Secret(str(PORT))), is_platform=True),
            *(
                Variable(name=name, source=Literal(Secret(value)), location=START)
                for name, value in service.variables.items()
            ),
            *(
                Variable(name=name, source=FromService("redis", "connectionString") if "URL" in name else Prompted())
                for name in service.dummies
            ),
        ),
        build=None,
        pre_deploy=CommandText(text=service.pre_deploy, location=START) if service.pre_deploy else None,
        start=CommandText(text=service.start, location=START),
        entry=EntryPoint(module="app", framework=service.framework),
        port=PORT,
        port_is_movable=True,
        health_path=service.health,
        host=HOST,
        memory_bytes=service.memory_bytes,
        plan="starter",
        limits=Limits(
            build_s=60, pre_deploy_s=20, start_s=service.start_s, health_request_s=2, shutdown_s=service.shutdown_s
        ),
        databases={},
        tool_versions={},
        probes=service.probes,
        location=Location("render.yaml", 2),
    )


def shape(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Return of each finding its code, its outcome and its place: what a reader acts on."""
    return [(each.code, each.outcome.value, str(each.location or "")) for each in findings]


@contextmanager
def nothing_left_running(folder: Path) -> Iterator[None]:
    """Fail when a process that works below *folder*, or one that we started ourselves, outlives the block."""
    WardenedRunner().run(Command(argv=("true",), cwd=folder), timeout_s=10)  # what forks all wardens stays
    ours = set(psutil.Process().children(recursive=True))
    yield
    left = [
        each.info
        for each in psutil.process_iter(["pid", "cwd"])
        if Path(each.info["cwd"] or "/").is_relative_to(folder)
    ]
    assert (left, set(psutil.Process().children(recursive=True)) - ours) == ([], set())
