"""Everything in the suite that reads what others wrote, each as a function of bytes."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case
from deploy_suite.checks.config import check as config
from deploy_suite.checks.packages import binaries
from deploy_suite.entry import cli
from deploy_suite.environments import pip_call, recipe
from deploy_suite.errors import DeployError
from deploy_suite.knowledge import explain
from deploy_suite.knowledge.build_log import parse_build_log
from deploy_suite.knowledge.diagnosis import diagnose_stream
from deploy_suite.manifests import (
    alembic_ini,
    compose,
    conda_file,
    dockerfile,
    dockerignore,
    dotenv_file,
    lock_files,
    lock_freshness,
    pipfile,
    poetry_constraint,
    procfile,
    pyproject,
    python_version_file,
    requirement_text,
    requirements_file,
    settings,
    shell,
    text_encoding,
    toml_document,
    yaml_document,
)
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import CommandText, Commit, EntryPoint, Framework, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.probes import json_paths
from deploy_suite.reports import diagnosis as diagnosis_reports
from deploy_suite.targets.registry import TARGETS
from deploy_suite.tracing import tracer
from deploy_suite.tracing.variables import collect as variables

Read = Callable[[bytes], object]
_COMMIT: Final = Commit(sha="1" * 40, tree="2" * 40, subject="fuzz")
AGREED: Final = (DeployError, ManifestError)


@dataclass(frozen=True, slots=True)
class Reader:
    """Shape: `seeds` are glob patterns of real files whose edits it is given, from `folder` too where that is set."""

    read: Read
    seeds: tuple[str, ...] = ()
    folder: Path | None = None
    most_bytes: int = 20_000


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="surrogateescape" if data[:1] == b"\0" else "replace")


def _of_text(parse: Callable[[str], object]) -> Read:
    return lambda data: parse(_text(data))


def _shell(text: str) -> None:
    for command in shell.parse(text).commands:
        shell.unwrapped(command)


def _lock(parse: Callable[[str], lock_files.LockFile], fresh: Callable[[lock_files.LockFile, str], object]) -> Read:
    def read(data: bytes) -> None:
        lock_text, _, manifest = _text(data).partition("\n# ----\n")
        lock = parse(lock_text)
        with contextlib.suppress(ManifestError):
            fresh(lock, manifest or lock_text)

    return read


def _poetry(data: bytes) -> None:
    lock_freshness.poetry(lock_files.parse_poetry('metadata.content-hash = "x"'), _text(data))


def _snapshot(files: Mapping[str, bytes], folder: Path) -> Snapshot:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Snapshot(commit=_COMMIT, folder=folder)


_PROJECT: Final[Mapping[str, bytes]] = {
    "render.yaml": (
        b"services:\n- type: web\n  name: web\n  runtime: python\n  plan: free\n"
        b"  buildCommand: ./build.sh\n  startCommand: ./start.sh\n  envVars:\n  - key: A\n    value: b\n"
    ),
    "build.sh": b"#!/bin/sh\nset -e\npip install -r requirements.txt\n",
    "start.sh": b"exec uvicorn app.main:app --host 0.0.0.0 --port $PORT\n",
    "requirements.txt": b"fastapi\nuvicorn\n",
    "app/__init__.py": b"",
    "app/main.py": b"from fastapi import FastAPI\nfrom app import more\napp = FastAPI()\n",
    "app/more.py": b"import os\nX = os.environ.get('X')\n",
}


_LISTS: Final[Mapping[str, bytes]] = {
    "pyproject.toml": b'[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n',
    "uv.lock": b'version = 1\n[[package]]\nname = "flask"\nversion = "3.0"\n',
    "environment.yml": b"dependencies:\n- numpy=1.26\n",
    ".env": b"A=1\n",
}


def _project_with(name: str, *, without: tuple[str, ...] = ()) -> Read:
    """Return what reads a whole project of which the file *name* holds the bytes."""

    def read(data: bytes) -> None:
        files = {key: value for key, value in {**_PROJECT, name: data}.items() if key not in without}
        with tempfile.TemporaryDirectory() as folder:
            snapshot = _snapshot(files, Path(folder))
            for target in TARGETS.values():
                reading = target.read(snapshot, Settings(), repository_slug="")
                for contract in reading.contracts:
                    recipe.read(contract, snapshot)

    return read


def _dockerfile(text: str) -> None:
    for stage in dockerfile.parse(text).stages:
        for one in stage.instructions:
            _ = (one.words, one.pairs, one.exec)
            _shell(one.source)


def _in_container(data: bytes) -> None:
    """Read a service of render.yaml whose Dockerfile holds the bytes."""
    service = b"services:\n  - type: web\n    name: app\n    runtime: docker\n    dockerContext: .\n"
    files = {**_PROJECT, "render.yaml": service, "Dockerfile": data}
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(files, Path(folder))
        for contract in TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts:
            recipe.read(contract, snapshot)


def _checked(name: str, **of_manifest: bytes) -> Read:
    """Return what puts a project to the checks of its sources; the file *name* holds the bytes."""

    def read(data: bytes) -> None:
        manifest = _PROJECT["render.yaml"].replace(b"./build.sh", of_manifest.get("build", b"./build.sh"))
        with tempfile.TemporaryDirectory() as folder:
            snapshot = _snapshot({**_PROJECT, **_LISTS, "render.yaml": manifest, name: data}, Path(folder))
            for contract in TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts:
                case = Case(snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences())
                dependencies.check(case)
                config.check(case)

    return read


def _build_command(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(_PROJECT, Path(folder))
        (contract,) = TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts
        recipe.read(replace(contract, build=CommandText(text=_text(data))), snapshot)


def _pip(data: bytes) -> None:
    if call := pip_call.read(["install", *_text(data).split()]):
        call.uv_arguments()


def _traced(framework: Framework) -> Read:
    def read(data: bytes) -> None:
        files = {**_PROJECT, "app/main.py": b"from app import more\napp = more.create_app()\n", "app/more.py": data}
        entry = EntryPoint(
            module="app.main",
            framework=framework,
            file=PurePosixPath("app/main.py"),
        )
        with tempfile.TemporaryDirectory() as folder:
            _snapshot(files, Path(folder))
            for python in ("3.8", "3.12"):
                found = tracer.trace(
                    entry, folder=Path(folder), python=python, variables={"DJANGO_SETTINGS_MODULE": "app.more"}
                )
                variables.read(found.files, folder=Path(folder), version=(3, 12), entry=entry)

    return read


def _log(data: bytes) -> None:
    found = diagnose_stream(io.BytesIO(data))
    diagnosis_reports.render_text(found)
    diagnosis_reports.render_json(found)


def _arguments(data: bytes) -> None:
    """Every command line is read or refused with the exit code of a wrong usage."""
    words = [word for word in _text(data).replace("\0", "").split("\n") if word][:8]
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            cli._parser().parse_args(words)
        except SystemExit as ended:
            if ended.code not in {0, 2}:
                raise AssertionError(words) from ended


_PYTHON: Final = ("*.py", "*.py.seed")
_ALONE: Final = ("render.yaml", "Procfile", "requirements.txt", "pyproject.toml", "app/main.py")

READERS: Final[Mapping[str, Reader]] = {
    "alembic.ini": Reader(_of_text(lambda text: alembic_ini.parse(text, file="alembic.ini")), ("alembic.ini",)),
    "alembic in pyproject": Reader(
        _of_text(lambda text: alembic_ini.parse_pyproject(text, file="pyproject.toml")), ("pyproject.toml",)
    ),
    "compose": Reader(_of_text(lambda text: compose.parse(text, file="compose.yaml")), ("*.yaml", "*.yml")),
    "environment.yml": Reader(
        _of_text(lambda text: conda_file.parse(text, file="environment.yml")), ("environment*.yml", "*.yaml")
    ),
    "Dockerfile": Reader(_of_text(_dockerfile), ("Dockerfile",)),
    "dockerignore": Reader(
        _of_text(lambda text: dockerignore.parse(text).rule_for(PurePosixPath("a/b.py"))), ("*.txt",)
    ),
    "dotenv": Reader(_of_text(dotenv_file.parse), (".env*",)),
    "poetry.lock": Reader(_lock(lock_files.parse_poetry, lock_freshness.poetry), ("poetry.lock",)),
    "poetry freshness": Reader(_poetry, ("pyproject.toml",)),
    "uv.lock": Reader(_lock(lock_files.parse_uv, lock_freshness.uv), ("uv.lock",)),
    "Pipfile.lock": Reader(_lock(lock_files.parse_pipenv, lock_freshness.pipenv), ("Pipfile.lock",)),
    "Pipfile": Reader(_of_text(lambda text: pipfile.parse(text, file="Pipfile")), ("Pipfile",)),
    "Procfile": Reader(
        _of_text(lambda text: (procfile.parse(text, file="Procfile"), procfile.unread(text, file="Procfile"))),
        ("Procfile",),
    ),
    "pyproject.toml": Reader(_of_text(lambda text: pyproject.parse(text, file="pyproject.toml")), ("pyproject.toml",)),
    "python version": Reader(
        _of_text(lambda text: python_version_file.parse(text, file="runtime.txt")), ("runtime.txt", ".python-version")
    ),
    "poetry constraint": Reader(_of_text(poetry_constraint.specifiers)),
    "requirement": Reader(
        _of_text(lambda text: (requirement_text.read(text), requirement_text.read(text, is_editable=True))),
        ("requirements*.txt",),
    ),
    "requirements.txt": Reader(
        lambda data: requirements_file.parse(data, file="requirements.txt"), ("requirements*.txt", "*.in")
    ),
    "encoding": Reader(text_encoding.decode, ("requirements*.txt",)),
    "deploy.toml": Reader(_of_text(lambda text: settings.parse(text, file="deploy.toml")), ("deploy.toml",)),
    "shell": Reader(_of_text(_shell), ("*.sh",)),
    "toml": Reader(_of_text(lambda text: toml_document.parse(text, file="a.toml")), ("*.toml",)),
    "yaml": Reader(_of_text(lambda text: yaml_document.parse(text, file="a.yaml")), ("*.yaml", "*.yml")),
    "json path": Reader(_of_text(lambda text: json_paths.value_at(json_paths.parse(text), text)), ("*.json",)),
    "pip call": Reader(_pip, ("requirements*.txt",)),
    "build command": Reader(_build_command, ("*.sh",)),
    "project by render.yaml": Reader(_project_with("render.yaml"), ("render.yaml",)),
    "project by Procfile": Reader(_project_with("Procfile", without=("render.yaml",)), ("Procfile",)),
    "project by pyproject.toml": Reader(_project_with("pyproject.toml", without=("render.yaml",)), ("pyproject.toml",)),
    "project by Dockerfile": Reader(_project_with("Dockerfile", without=_ALONE), ("Dockerfile",)),
    "project by Dockerfile in render.yaml": Reader(_in_container, ("Dockerfile",)),
    "project by compose file": Reader(_project_with("compose.yaml", without=_ALONE), ("*.yaml", "*.yml")),
    "project by start script": Reader(_project_with("start.sh"), ("*.sh",)),
    "project by entry point": Reader(_project_with("app/main.py", without=("render.yaml",)), _PYTHON),
    "project by requirements": Reader(_project_with("requirements.txt"), ("requirements*.txt",)),
    "checks of requirements": Reader(_checked("requirements.txt"), ("requirements*.txt",)),
    "checks of pyproject.toml": Reader(_checked("pyproject.toml", build=b"uv sync"), ("pyproject.toml",)),
    "checks of uv.lock": Reader(_checked("uv.lock", build=b"uv sync"), ("uv.lock",)),
    "checks of a module": Reader(_checked("app/more.py"), _PYTHON),
    "checks of a start script": Reader(_checked("start.sh"), ("*.sh",)),
    "checks of .env": Reader(_checked(".env"), (".env*",)),
    "checks of environment.yml": Reader(_checked("environment.yml"), ("environment*.yml",)),
    "checks of alembic.ini": Reader(_checked("alembic.ini"), ("alembic.ini",)),
    "trace": Reader(_traced(Framework.FASTAPI), _PYTHON),
    "trace of Django's settings": Reader(_traced(Framework.DJANGO), ("settings*.py", "*.py.seed")),
    "compose value": Reader(_of_text(compose.interpolated)),
    "shared library": Reader(
        lambda data: binaries.of_bytes("a.so", data), ("*.so",), folder=Path(sys.prefix, "lib"), most_bytes=100_000
    ),
    "diagnosis": Reader(_log, ("*.log", "*.txt")),
    "build log": Reader(_of_text(parse_build_log), ("*.log", "*.txt")),
    "explain": Reader(_of_text(explain.explain)),
    "command line": Reader(_arguments, ("arguments.txt",)),
}
