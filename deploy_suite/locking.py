"""A project's requirements into lock files: the versions that each service's target would get now, written down."""

import posixpath
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy_suite.environments import interpreters, keys, own_locks, reach, uv
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments.base import Question, Workshop
from deploy_suite.environments.installs import Install
from deploy_suite.environments.locked_answers import is_pin
from deploy_suite.environments.recipe import Recipe
from deploy_suite.errors import CannotCheckError, UsageError
from deploy_suite.knowledge.platforms import images
from deploy_suite.manifests.requirements_file import RequirementsFile
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import Interpreter, Preferences
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import Ports
from deploy_suite.project.loading import settings_near
from deploy_suite.targets.registry import TARGETS

_OWN_LOCKS: Final = {"uv sync": ("uv lock", "uv.lock"), "poetry": ("poetry lock", "poetry.lock")}
_PIPENV: Final = ("pipenv lock", "Pipfile.lock")
_PLATFORM: Final = "x86_64-manylinux_2_28"
_PINNED: Final = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==", re.MULTILINE)
_OF_INDEX: Final = re.compile(r"--(?:index-url|extra-index-url|find-links|pre|prefer-binary|no-index)\b|-[if]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to lock. Shape: empty `services` means all; `python` is "" for the target's."""

    folder: Path
    services: tuple[str, ...] = ()
    python: str = ""
    with_hashes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What became of one service. Shape: `file` is the one that was written, repository-relative, "" for none."""

    service: str
    file: str = ""
    count: int = 0
    steps: tuple[str, ...] = field(default=())


def lock(request: Request, ports: Ports) -> tuple[Locked, ...]:
    """Write the lock files of the project's services into the folder, as it lies, and return what was done.

    A service whose tool writes a lock of its own is left to that tool.
    Raises: UsageError where a file that is in the way was written by somebody else, or no versions fit.
    """
    folder = request.folder.resolve()
    snapshot = Snapshot.as_it_lies(folder, top=ports.git.top(folder).resolve())
    written: dict[str, Locked] = {}
    found = [
        _of_service(contract, snapshot, request, ports=ports, written=written)
        for contract in _contracts(snapshot, request)
    ]
    if not found:
        raise UsageError("no service was found whose requirements could be locked", remedy="name one with --service")
    return tuple(found)


def _contracts(snapshot: Snapshot, request: Request) -> Iterator[Contract]:
    settings = settings_near(snapshot)
    seen = set()
    for target in TARGETS.values():
        for contract in target.read(snapshot, settings, repository_slug="").contracts:
            is_asked = not request.services or contract.service in request.services
            if is_asked and contract.service not in seen:
                seen.add(contract.service)
                yield contract


def _of_service(
    contract: Contract, snapshot: Snapshot, request: Request, *, ports: Ports, written: dict[str, Locked]
) -> Locked:
    recipe = recipes.read(contract, snapshot)
    installs = [install for install in recipe.installs if not install.is_seed]
    own = [_by_tool(install) for install in installs if install.tool in {*_OWN_LOCKS, "pipenv"}]
    if own:
        return Locked(service=contract.service, steps=tuple(dict.fromkeys(own)))
    asking = [install for install in installs if install.requirements or install.files or install.editables]
    if not asking:
        return Locked(service=contract.service, steps=("its build command installs nothing that could be locked",))
    ours = own_locks.ours(asking, snapshot.folder)
    file = ours or _file(contract, asking)
    asking = [own_locks.source(asking[0], snapshot.folder / ours)] if ours else asking
    if file not in written:
        text = _text(contract, snapshot, request, recipe=recipe, installs=asking, ports=ports)
        count = len(_PINNED.findall(text))
        if not ours and _pins_all(recipe, asking, text):
            files = ", ".join(recipe.requirement_files)
            return Locked(service=contract.service, count=count, steps=(f"{files} pins all that it leads to already",))
        own_locks.write(snapshot.folder / file, text)
        written[file] = Locked(service=contract.service, file=file, count=count)
    change = () if ours else tuple(_steps(contract, asking, file))
    steps = (*change, f"git add {file}, and run it again to take newer versions")
    return Locked(service=contract.service, file=file, count=written[file].count, steps=steps)


def _by_tool(install: Install) -> str:
    command, file = _OWN_LOCKS.get(install.tool, _PIPENV)
    where = f" in {install.folder}" if install.folder else ""
    return f"{install.tool.partition(' ')[0]} keeps a lock of its own: run `{command}`{where} and commit {file}"


def _file(contract: Contract, installs: Sequence[Install]) -> str:
    """Return the lock's path: beside the first file that is installed from, else in the service's folder."""
    first = next((file for install in installs for file in install.files), "")
    folder = posixpath.dirname(first) if first else str(contract.root)
    stem = posixpath.basename(first).rpartition(".")[0] if first.endswith(".txt") else "requirements"
    return posixpath.normpath(posixpath.join(folder, f"{stem}.lock"))


def _text(
    contract: Contract,
    snapshot: Snapshot,
    request: Request,
    *,
    recipe: Recipe,
    installs: Sequence[Install],
    ports: Ports,
) -> str:
    python = request.python or contract.python.version
    workshop = Workshop(
        ports=ports,
        interpreter=_interpreter(contract, request, ports),
        folder=Path(tempfile.mkdtemp(prefix="lock-", dir=ports.workplace.run_folder)),
        own_settings=keys.installer_variables(contract, Bindings(values={})),
    )
    question = _question(installs, snapshot.folder, python=python)
    done = uv.pins(question, workshop, with_hashes=request.with_hashes)
    if not done.ok:
        reach.blame_index(uv, workshop)
        raise UsageError(
            f"no versions can be written down for {contract.service}: {done.err.strip()[-1500:]}",
            source=str(recipe.location or ""),
            remedy="mend the requirements that the message names, then run it again",
        )
    return "\n".join(
        (
            *own_locks.head(installs, python=python, target=contract.target, service=contract.service),
            *dict.fromkeys(_options(recipe.files)),
            done.out.strip(),
            "",
        )
    )


def _interpreter(contract: Contract, request: Request, ports: Ports) -> Interpreter:
    """Return the interpreter that asks; the answer is for the target's Python. Raises: CannotCheckError for none."""
    installed = ports.interpreters.installed()
    try:
        return interpreters.choose(contract.python, installed, Preferences(python=request.python)).interpreter
    except CannotCheckError:
        newest = interpreters.newest(installed)
        if newest is None:
            raise
        return newest


def _question(installs: Sequence[Install], top: Path, *, python: str) -> Question:
    return Question(
        folder=top / installs[0].folder,
        requirements=tuple(word for install in installs for word in install.requirements),
        editables=tuple(path for install in installs for path in install.editables),
        files=tuple(
            dict.fromkeys(own_locks.relative(file, installs[0]) for install in installs for file in install.files)
        ),
        constraints=tuple(
            own_locks.relative(file, installs[0]) for install in installs for file in install.constraints
        ),
        platform=_platform(),
        python=python,
    )


def _platform() -> str:
    """Return the platform of Render's native environments."""
    image = images.image("render-native")
    return f"x86_64-manylinux_{image.glibc[0]}_{image.glibc[1]}" if image and image.glibc else _PLATFORM


def _options(files: Sequence[RequirementsFile]) -> Iterator[str]:
    """Yield the lines that say which indexes to ask, as the project's own files have them."""
    for file in files:
        yield from (option for option in file.options if _OF_INDEX.match(option))


def _pins_all(recipe: Recipe, installs: Sequence[Install], text: str) -> bool:
    asks_for_more = any(install.requirements or install.editables for install in installs)
    pinned = {line.name for line in recipe.lines if is_pin(line)}
    return not asks_for_more and {name.lower() for name in _PINNED.findall(text)} <= pinned


def _steps(contract: Contract, installs: Sequence[Install], file: str) -> Iterator[str]:
    build = contract.build.text if contract.build else ""
    for install in installs:
        place = install.location or (contract.build.location if contract.build else None)
        shown = posixpath.relpath(file, install.folder or ".")
        old = " ".join((*(f"-r {own_locks.relative(one, install)}" for one in install.files), *install.requirements))
        where = f"in {place}" if place else "in the build command"
        yield f"{where}, install `-r {shown}` in place of `{old}`"
    if not build:
        yield f"let the build command install `-r {file}`"
