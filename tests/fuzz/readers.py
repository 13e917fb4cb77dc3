"""Everything in the suite that reads what others wrote, each as a function of bytes."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite import outline
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case
from deploy_suite.checks.config import check as config
from deploy_suite.checks.migrations import extensions, revisions
from deploy_suite.checks.packages import binaries
from deploy_suite.entry import calling, cli
from deploy_suite.environments import pip_call, recipe
from deploy_suite.errors import DeployError
from deploy_suite.images import tree
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
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult, Finding
from deploy_suite.model.project import CommandText, Commit, EntryPoint, Framework, Snapshot
from deploy_suite.model.report import Report
from deploy_suite.ports import WorkingState
from deploy_suite.probes import json_paths
from deploy_suite.project import entry_words, loading
from deploy_suite.reports import diagnosis as diagnosis_reports
from deploy_suite.reports import outline_json, outline_text
from deploy_suite.reports.registry import FORMATS
from deploy_suite.targets.registry import TARGETS
from deploy_suite.tracing import tracer
from deploy_suite.tracing.variables import collect as variables
from tests.fuzz import answering, keeping

Read = Callable[[bytes], object]
_COMMIT: Final = Commit(sha="1" * 40, tree="2" * 40, subject="fuzz")
AGREED: Final = (DeployError, ManifestError)


@dataclass(frozen=True, slots=True)
class Reader:
    """Shape: `seeds` are glob patterns of real files whose edits it is given, from `folder` too where that is set.

    `samples` are further contents to edit.
    """

    read: Read
    seeds: tuple[str, ...] = ()
    folder: Path | None = None
    most_bytes: int = 20_000
    samples: tuple[bytes, ...] = ()


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
            if contract.container is not None:
                with tempfile.TemporaryDirectory() as image:
                    laid = tree.laid_out(contract.container, snapshot, Path(image), root=contract.root)
                    _told(list(_found(contract, laid)))


def _checked(name: str, *, build: bytes = b"./build.sh", **files: bytes) -> Read:
    """Return what puts a project to the checks of its sources and tells what they find.

    Shape: the file *name* holds the bytes; of *files* "start" and "requirements" are contents that lead to *name*.
    """
    changed = {_OTHERS[key]: content for key, content in files.items()}

    def read(data: bytes) -> None:
        manifest = _PROJECT["render.yaml"].replace(b"./build.sh", build)
        with tempfile.TemporaryDirectory() as folder:
            there = {**_PROJECT, **_LISTS, "render.yaml": manifest, **changed, name: data}
            snapshot = _snapshot(there, Path(folder))
            settings_read = loading.settings_of(snapshot.path)
            reading = TARGETS["render"].read(snapshot, settings_read, repository_slug="")
            _told([*reading.findings, *(each for contract in reading.contracts for each in _found(contract, snapshot))])

    return read


_OTHERS: Final = {"start": "start.sh", "requirements": "requirements.txt"}


def _found(contract: Contract, snapshot: Snapshot) -> Iterator[Finding]:
    case = Case(snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences())
    yield from dependencies.check(case)
    yield from config.check(case)
    recipe.read(contract, snapshot)
    revisions.stated(case)
    extensions.wanted(snapshot.folder)


def _told(findings: Sequence[Finding]) -> None:
    result = CheckResult(check="x", service="x", target="x", findings=tuple(findings), seconds=0.0)
    report = Report(project="x", commit=_COMMIT, subjects=(), results=(result,))
    for render in FORMATS.values():
        render(report).encode("utf-8", "backslashreplace")


def _outlined(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _snapshot({**_PROJECT, **_LISTS, "app/more.py": data}, Path(folder))
        found = outline.as_it_lies(outline.Request(folder=Path(folder), reads_all=True))
        outline_json.render(found, why="")
        for one in found:
            outline_text.render(one, why="")


def _entry(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(_PROJECT, Path(folder))
        if found := entry_words.named(_text(data), folder=snapshot.folder, root=snapshot.root, variables={}):
            tracer.trace(found, folder=snapshot.folder, python="3.12")


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
            if words:
                calling.options(*cli.parser(), words)
        except SystemExit as ended:
            if ended.code != 0:
                raise AssertionError(words) from ended


_PYTHON: Final = ("*.py", "*.py.seed")
_MAKEFILE: Final = (
    b"include more.mk\nPIP = pip\n.PHONY: install\ninstall: other\n"
    b"\t@$(PIP) install -r requirements.txt\nother:\n\ttrue\n"
)
_REVISION: Final = (
    b'"""A"""\nfrom alembic import op\nrevision = "1"\ndown_revision = None\n'
    b'def upgrade():\n    op.execute("CREATE EXTENSION IF NOT EXISTS vector")\ndef downgrade():\n    pass\n'
)
_MODULES: Final = b'[submodule "a"]\n\tpath = libs/a\n\turl = https://github.com/a/b\n'
_WORDS: Final = (b"app.main:app", b"app/main.py", b"-m app.main", b"uvicorn app.main:app --port $PORT", b"a.b:make(1)")
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
    "poetry.lock": Reader(_of_text(lock_files.parse_poetry), ("poetry.lock",)),
    "uv.lock": Reader(_lock(lock_files.parse_uv, lock_freshness.uv), ("uv.lock",)),
    "Pipfile.lock": Reader(_lock(lock_files.parse_pipenv, lock_freshness.pipenv), ("Pipfile.lock",)),
    "Pipfile": Reader(_of_text(lambda text: pipfile.parse(text, file="Pipfile")), ("Pipfile",)),
    "Procfile": Reader(
        _of_text(lambda text: (procfile.parse(text, file="Procfile"), procfile.unread(text, file="Procfile"))),
        ("Procfile",),
    ),
    "pyproject.toml": Reader(_of_text(lambda text: pyproject.parse(text, file="pyproject.toml")), ("pyproject.toml",)),
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
    "checks of poetry.lock": Reader(_checked("poetry.lock", build=b"poetry install"), ("poetry.lock",)),
    "checks of Pipfile": Reader(_checked("Pipfile", build=b"pipenv install"), ("Pipfile",)),
    "checks of Pipfile.lock": Reader(_checked("Pipfile.lock", build=b"pipenv sync"), ("Pipfile.lock",)),
    "checks of pylock.toml": Reader(_checked("pylock.toml", build=b"pip install -r pylock.toml"), ("*.toml", "*.lock")),
    "checks of setup.cfg": Reader(_checked("setup.cfg", build=b"pip install ."), ("*.cfg", "*.ini")),
    "checks of setup.py": Reader(_checked("setup.py", build=b"pip install -e ."), ("setup.py", *_PYTHON)),
    "checks of an included list": Reader(
        _checked("more.txt", requirements=b"flask\n-r more.txt\n"), ("requirements*.txt",)
    ),
    "checks of constraints": Reader(_checked("more.txt", requirements=b"flask\n-c more.txt\n"), ("requirements*.txt",)),
    "checks of render.yaml": Reader(_checked("render.yaml"), ("render.yaml",)),
    "checks of deploy.toml": Reader(_checked("deploy.toml"), ("deploy.toml",)),
    "checks of .python-version": Reader(_checked(".python-version"), ("runtime.txt", ".python-version")),
    "checks of gunicorn's settings": Reader(
        _checked("gunicorn.conf.py", start=b"exec gunicorn app.main:app\n"), ("gunicorn*.py", *_PYTHON)
    ),
    "checks of a log config": Reader(
        _checked("log.yaml", start=b"exec uvicorn app.main:app --log-config log.yaml\n"), ("*.yaml", "*.ini")
    ),
    "checks of a Makefile": Reader(_checked("Makefile", build=b"make install"), ("Makefile",), samples=(_MAKEFILE,)),
    "checks of a revision": Reader(
        _checked("migrations/versions/1_a.py", start=b"alembic upgrade head && exec uvicorn app.main:app\n"),
        ("*versions/*.py",),
        samples=(_REVISION,),
    ),
    "checks of .gitmodules": Reader(_checked(".gitmodules"), (".gitmodules",), samples=(_MODULES,)),
    "checks of .gitattributes": Reader(_checked(".gitattributes"), (".gitattributes",), samples=(b"*.sh eol=lf\n",)),
    "entry point": Reader(_entry, samples=_WORDS),
    "outline": Reader(_outlined, _PYTHON),
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
    "answers of Render": Reader(answering.live, samples=answering.SAMPLES["live"]),
    "headers": Reader(answering.headers, samples=answering.SAMPLES["headers"]),
    "answers of a service": Reader(answering.body, samples=answering.SAMPLES["body"]),
    "deploy hook": Reader(answering.hook_url, samples=answering.SAMPLES["hook"]),
    "package index": Reader(answering.index, samples=answering.SAMPLES["index"]),
    "installers": Reader(answering.installers, samples=answering.SAMPLES["installers"]),
    "patch": Reader(answering.patch, samples=answering.SAMPLES["patch"]),
    "records of releases": Reader(keeping.releases, samples=keeping.SAMPLES["releases"]),
    "caches": Reader(keeping.caches, samples=keeping.SAMPLES["caches"]),
    "installed metadata": Reader(keeping.environment, ("*.cfg",), samples=keeping.SAMPLES["environment"]),
    "programs of the suite": Reader(keeping.programs, samples=keeping.SAMPLES["programs"]),
    "settings of the caller": Reader(keeping.settings, samples=keeping.SAMPLES["settings"]),
}
