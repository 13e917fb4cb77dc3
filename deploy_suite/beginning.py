"""A folder that has not met the suite yet → the files that it needs, and how its services tell their commit."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy_suite.knowledge import commit_tellers
from deploy_suite.manifests import own_files
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model import on_disk
from deploy_suite.model.beginning import Beginning, FoundService, Proposed
from deploy_suite.model.contract import Contract
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import Ports
from deploy_suite.project import snapshot_files
from deploy_suite.project.loading import SETTINGS_FILE, settings_near
from deploy_suite.targets.registry import TARGETS

NOX: Final = '"""Nox sessions."""\nfrom deploy_suite.entry.sessions import *\n'
INVOKE: Final = '"""Invoke\'s tasks."""\nfrom deploy_suite.entry.tasks import namespace\n'
# What the targets call the commit that they have built.
_COMMIT_VARIABLES: Final = {"render": "RENDER_GIT_COMMIT"}
_ROUTE: Final = re.compile(
    r"@\w+\.(?:get\(\s*[\"'](?P<get>/[^\"'{<]*)[\"']|route\(\s*[\"'](?P<route>/[^\"'<]*)[\"']\s*\))"
)
_HEALTH: Final = re.compile(r"/(?:api/)?(?:_?health\w*|_?healthz|livez?|ready|readyz|ping|status|up)/?$")
_MOST_ROUTES: Final = 4


def beginning(folder: Path, ports: Ports) -> Beginning:
    """Return what the project in *folder*, as it lies, needs for a start; changes nothing.

    Raises: UsageError where there is no repository or no service of Python's.
    """
    folder = folder.resolve()
    snapshot = Snapshot.as_it_lies(folder, top=ports.git.top(folder).resolve())
    settings = settings_near(snapshot)
    services = tuple(
        _found(contract, target, snapshot, settings) for target, contract in _contracts(snapshot, settings)
    )
    texts = {"noxfile.py": NOX, "tasks.py": INVOKE, SETTINGS_FILE: _settings(services)}
    files = (_proposed(folder / name, text) for name, text in texts.items())
    return Beginning(files=tuple(files), services=services)


def _proposed(file: Path, text: str) -> Proposed:
    is_there = on_disk.is_there(file)
    there = _data(file).decode("utf-8", errors="replace") if is_there else ""
    is_done = file.name == SETTINGS_FILE or text.splitlines()[-1] in there
    return Proposed(path=file.name, text=text, is_there=is_there, is_done=is_there and is_done)


def written(advice: Beginning, folder: Path) -> tuple[str, ...]:
    """Write the files that are not there, and return their names; none that is there is touched."""
    names = []
    for one in advice.files:
        if one.is_there:
            continue
        with (folder / one.path).open("x", encoding="utf-8") as file:
            file.write(one.text)
        names.append(one.path)
    return tuple(names)


def _contracts(snapshot: Snapshot, settings: Settings) -> Iterator[tuple[str, Contract]]:
    for name, target in TARGETS.items():
        for contract in target.read(snapshot, settings, repository_slug="").contracts:
            yield name, contract


def _found(contract: Contract, target: str, snapshot: Snapshot, settings: Settings) -> FoundService:
    variable = _COMMIT_VARIABLES[target]
    entry, source = contract.entry, ""
    if entry is not None and entry.file is not None:
        source = snapshot_files.text(snapshot.folder, entry.file) or ""
    routes = tuple(dict.fromkeys(match["get"] or match["route"] for match in _ROUTE.finditer(source)))
    teller = commit_tellers.teller(entry, variable=variable) if entry and contract.kind.answers_http else None
    guess = next((route for route in routes if _HEALTH.fullmatch(route)), "")
    return FoundService(
        name=contract.service,
        target=target,
        header=commit_tellers.HEADER,
        health_path=contract.health_path or guess,
        is_guess=not contract.health_path and bool(guess),
        routes=tuple(route for route in routes if route not in {contract.health_path or guess, "/"})[:_MOST_ROUTES],
        put=teller.put if teller else "",
        code=teller.code if teller else "",
        tells_already=_names(variable, snapshot, contract),
        is_known=settings.services.get(contract.service, ServiceSettings()).commit is not None,
    )


def _names(variable: str, snapshot: Snapshot, contract: Contract) -> bool:
    """Whether a source of the service reads the commit; settings classes write the name small."""
    sources = own_files.python(snapshot.folder, contract.root)
    return any(variable.lower().encode() in _data(snapshot.folder / file).lower() for file in sources)


def _data(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _settings(services: Sequence[FoundService]) -> str:
    """Return the beginning of a deploy.toml: what is sure is stated, what is a guess is a comment."""
    lines = ["# What the manifests of the targets cannot say: docs/deploy-toml.md of deploy-suite."]
    for one in services:
        name = one.name if re.fullmatch(r"[A-Za-z0-9_-]+", one.name) else f'"{one.name}"'
        where = f'{{ header = "{one.header}" }}'
        lines += ["", f"[services.{name}]"]
        lines += [f"# commit = {where}  # as soon as the service tells its commit so"] if one.code else []
        if one.health_path and not one.is_guess:
            lines += ["", f"[[services.{name}.probes]]", f'path = "{one.health_path}"', "expect = { status = 200 }"]
        for route in ((one.health_path,) if one.is_guess else ()) + one.routes:
            lines += ["", f"# [[services.{name}.probes]]", f'# path = "{route}"', "# expect = { status = 200 }"]
    return "\n".join(lines) + "\n"
