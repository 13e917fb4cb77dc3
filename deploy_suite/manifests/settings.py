"""deploy.toml: only what the manifests of the targets cannot say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.probe_settings import read_commit, read_probes
from deploy_suite.manifests.table_reader import TableReader
from deploy_suite.model.probe import CommitPlace, Probe
from deploy_suite.model.wording import counted

_ENTRY: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(\))?")
_PYTHON: Final = re.compile(r"3\.\d+(?:\.\d+)?")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What deploy.toml says of one service.

    Shape: `entry` is "module:attribute", "module:factory()" or ""; `commit` is where it tells its commit, if it does.
    """

    entry: str = ""
    probes: tuple[Probe, ...] = ()
    commit: CommitPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """deploy.toml as a value. `pythons` and `targets` span the matrix of cells; empty means the contract's own."""

    pythons: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    services: Mapping[str, ServiceSettings] = field(default_factory=dict)


def parse(text: str, *, file: str) -> Settings:
    """Return what *text* says; all of it is optional.

    ```toml
    [matrix]
    python = ["3.12", "3.13"]
    target = ["render"]

    [services.api]
    entry = "app.main:app"
    commit = { path = "/health", json = "commit" }

    [[services.api.probes]]
    name = "login"
    method = "POST"
    path = "/login"
    json = { user = "ada", password = "secret" }
    expect = { status = 200, json = { "user.name" = "ada" }, latency_ms = 500 }
    save = { token = "access_token" }

    [[services.api.probes]]
    path = "/chat"
    headers = { Authorization = "Bearer {token}" }
    websocket = true
    send = [{ text = "hello" }]
    receive = [{ "reply.text" = "hello" }]
    ```

    Raises: UsageError listing all mistakes at once, each with its dotted path, its line and the nearest known key.
    """
    try:
        document = toml_document.parse(text, file=file)
    except ManifestError as error:
        raise UsageError(error.message, source=str(error.location), remedy=error.remedy) from error
    top = TableReader(document, known=("matrix", "services"))
    settings = _settings(top)
    if top.mistakes:
        raise _refusal(top, file)
    return settings


def _settings(top: TableReader) -> Settings:
    matrix = top.table("matrix", known=("python", "target"))
    services = top.tables_by_name("services", known=("entry", "probes", "commit"))
    return Settings(
        pythons=matrix.texts("python", pattern=_PYTHON, example='["3.12", "3.13"]'),
        targets=matrix.texts("target", pattern=_NAME, example='["render"]'),
        services={name: _service(table) for name, table in services.items()},
    )


def _service(table: TableReader) -> ServiceSettings:
    return ServiceSettings(
        entry=table.text("entry", pattern=_ENTRY, example='"app.main:app"'),
        probes=read_probes(table),
        commit=read_commit(table),
    )


def _refusal(top: TableReader, file: str) -> UsageError:
    mistakes = sorted(top.mistakes, key=lambda mistake: mistake.location.line)
    lines = (f"{mistake.location}: {mistake.path}: {mistake.message}" for mistake in mistakes)
    return UsageError(
        "\n  ".join((f"{file} has {counted(len(mistakes), 'mistake')}:", *lines)),
        source=str(mistakes[0].location),
        remedy=f"correct these keys in {file}",
    )
