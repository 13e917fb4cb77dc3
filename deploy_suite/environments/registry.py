"""A contract and a snapshot into a built environment: the one door of this room."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import (
    enactment,
    interpreters,
    keys,
    packages,
    private_home,
    reach,
    relocation,
    resolution,
    source_tree,
    stand_ins,
    store,
    system_tools,
    tools,
    trials,
    uv,
    virtualenv,
)
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.enactment import Site
from deploy_suite.environments.interpreters import Choice
from deploy_suite.environments.recipe import Recipe
from deploy_suite.environments.resolution import Resolved
from deploy_suite.environments.stand_ins import StandIns
from deploy_suite.environments.store import Record, Store
from deploy_suite.environments.tools import Tools
from deploy_suite.model.command import Completed
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import BuildFailure, Environment, Preferences, Resolution
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import Ports

# The first that this machine has is used.
INSTALLERS: Final[Mapping[str, Installer]] = {"uv": uv, "virtualenv": virtualenv}
_LOG_CHARACTERS: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is known before anything is built. Shape: `key` is "" for what cannot be kept between runs."""

    contract: Contract
    snapshot: Snapshot
    bindings: Bindings
    preferences: Preferences
    choice: Choice
    recipe: Recipe
    resolved: Resolved
    installer: Installer
    workshop: Workshop
    key: str


def build(
    contract: Contract,
    snapshot: Snapshot,
    bindings: Bindings,
    preferences: Preferences,
    ports: Ports,
    *,
    installer: Installer | None = None,
) -> Environment | BuildFailure:
    """Return the environment that the build command of *contract* makes, built now or kept from an earlier run.

    Raises: CannotCheckError when this machine lacks the Python or what the build fetches cannot be reached from here,
    MachineError when the package index cannot be reached or the disk is full.
    """
    return built(planned(contract, snapshot, bindings, preferences, ports, installer=installer))


def built(plan: Plan) -> Environment | BuildFailure:
    """Return what `build` does, for what was planned before. Raises: as `build`."""
    clock = plan.workshop.ports.clock
    began_s = clock.now_s()
    outcome = _kept(plan) if plan.key else _built_for_once(plan)
    return replace(outcome, seconds=clock.now_s() - began_s)


def planned(
    contract: Contract,
    snapshot: Snapshot,
    bindings: Bindings,
    preferences: Preferences,
    ports: Ports,
    *,
    installer: Installer | None = None,
) -> Plan:
    """Choose the interpreter, read the build command, ask the index. Raises: CannotCheckError."""
    choice = interpreters.choose(contract.python, ports.interpreters.installed(), preferences)
    installer = installer or next(one for one in INSTALLERS.values() if one.is_there())
    workshop = Workshop(
        ports=ports,
        interpreter=choice.interpreter,
        folder=Path(tempfile.mkdtemp(prefix="build-", dir=ports.workplace.run_folder)),
        own_settings=keys.installer_variables(contract, bindings),
    )
    recipe = recipes.read(contract, snapshot)
    resolved = resolution.resolve(recipe, snapshot.folder, installer=installer, workshop=workshop)
    plan = Plan(
        contract=contract,
        snapshot=snapshot,
        bindings=bindings,
        preferences=preferences,
        choice=choice,
        recipe=recipe,
        resolved=resolved,
        installer=installer,
        workshop=workshop,
        key="",
    )
    return replace(plan, key=_key(plan)) if _can_be_kept(plan) else plan


def _can_be_kept(plan: Plan) -> bool:
    """Return whether the result depends on nothing but the content: not on a database, nor on answers nobody gave."""
    writes_to_database = plan.recipe.may_use_database and bool(plan.contract.databases)
    return plan.resolved.is_whole and not writes_to_database and not plan.preferences.fresh


def _key(plan: Plan) -> str:
    name = next(name for name, one in INSTALLERS.items() if one is plan.installer)
    return keys.key(
        plan.contract,
        plan.snapshot,
        plan.bindings,
        interpreter=plan.choice.interpreter,
        recipe=plan.recipe,
        resolved=plan.resolved,
        mode=f"{name}{' with pip' if plan.preferences.real_pip else ''}",
    )


def _kept(plan: Plan) -> Environment | BuildFailure:
    """Use the environment that is kept, else build and keep it; two runs that want the same build it once."""
    kept = Store(plan.workshop.ports.workplace)
    record = kept.read(plan.key)
    if record:
        return _environment(plan, kept.folder(plan.key), record, is_reused=True)
    with plan.workshop.ports.workplace.locked(store.lock_name(plan.key)):
        record = kept.read(plan.key)
        if record:
            return _environment(plan, kept.folder(plan.key), record, is_reused=True)
        made = _made(plan, kept.begin(plan.key))
        if isinstance(made, BuildFailure):
            kept.abandon(plan.key)
            return made
        kept.complete(plan.key, made)
    return _environment(plan, kept.folder(plan.key), made, is_reused=False)


def _built_for_once(plan: Plan) -> Environment | BuildFailure:
    folder = plan.workshop.folder / "made"
    folder.mkdir()
    made = _made(plan, folder)
    return made if isinstance(made, BuildFailure) else _environment(plan, folder, made, is_reused=False)


def _made(plan: Plan, folder: Path) -> Record | BuildFailure:
    """Build in *folder*: `venv`, `src`, `home`."""
    brought = tools.brought(plan.contract, plan.recipe, installer=plan.installer, workshop=plan.workshop)
    site, note = _site(plan, folder, brought)
    done = enactment.enact(plan.contract, plan.bindings, site, plan.workshop.ports)
    private_home.cleared(site.home)
    if not done.ok:
        return _failure(plan, done, site)
    if plan.recipe.is_pure:
        shutil.rmtree(site.top)
        shutil.rmtree(site.home)
    return Record(
        packages=packages.installed(site.venv),
        size_bytes=store.size_bytes(folder),
        has_tree=not plan.recipe.is_pure,
        log=_log(done, site),
        notes=tuple(text for text in (note, *brought.notes) if text),
        versions=plan.resolved.resolution.versions,
        from_source=tuple(sorted(plan.resolved.resolution.from_source)),
    )


def _site(plan: Plan, folder: Path, brought: Tools) -> tuple[Site, str]:
    venv, top = folder / "venv", folder / "src"
    plan.installer.create(venv, plan.workshop)
    source_tree.copied(plan.snapshot.folder, top)
    home = private_home.furnished(folder / "home", plan.workshop.settings)
    note = source_tree.linked_venv(top, plan.contract.root, venv)
    system = system_tools.folder(plan.workshop.ports.workplace, plan.workshop.ports.caller.search_path)
    written = stand_ins.write(
        plan.workshop.folder / "stand-ins",
        venv=venv,
        system=system,
        tools=brought,
        workshop=plan.workshop,
        program=plan.installer.program(),
        real_pip=plan.preferences.real_pip,
    )
    site = Site(top=top, workdir=top / plan.contract.root, venv=venv, home=home, system=system, stand_ins=written)
    return site, note


def _failure(plan: Plan, done: Completed, site: Site) -> BuildFailure:
    """Return the failure, if it is the project's. Raises: MachineError, CannotCheckError when it is this machine's."""
    calls = site.stand_ins.calls()
    failed = [call for call in calls if call.code and call.program != stand_ins.FIRST_OPINION]
    if not enactment.timed_out(done):
        reach.blame_machine(calls, plan.recipe, installer=plan.installer, workshop=plan.workshop)
    found = resolution.with_refusals(plan.resolved.resolution, plan.recipe, plan.workshop)
    found = trials.tried(
        found, site.venv, an_installer_failed=bool(failed), installer=plan.installer, workshop=plan.workshop
    )
    return BuildFailure(
        code=done.code,
        log=_log(done, site),
        command=failed[-1].shown if failed else "",
        seconds=done.seconds,
        timed_out=enactment.timed_out(done),
        resolution=_with_account(found, site.stand_ins),
        notes=tuple(text for text in (plan.choice.note,) if text),
    )


def _log(done: Completed, site: Site) -> str:
    """Return the output with paths as the project knows them, its end where it is long."""
    text = done.output[-_LOG_CHARACTERS:]
    return text.replace(f"{site.venv}/", ".venv/").replace(f"{site.top}/", "")


def _with_account(found: Resolution, written: StandIns) -> Resolution:
    """Add what uv said before pip had the last word, for uv explains conflicts better."""
    told = [call.told for call in written.calls() if call.told]
    return replace(found, conflict=found.conflict or "\n".join(told))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run has its own copy of what was built."""

    venv: Path
    top: Path
    home: Path


def _own_copy(plan: Plan, folder: Path, record: Record) -> _Place:
    """Return copies of what a service might write to; the environment itself is shared."""
    here, venv = plan.workshop.folder, folder / "venv"
    if folder.is_relative_to(here) and record.has_tree:
        return _Place(venv, folder / "src", folder / "home")
    source = folder / "src"
    top = source_tree.copied(source if record.has_tree else plan.snapshot.folder, here / "src")
    if record.has_tree and relocation.is_needed(venv, source):
        venv = relocation.relocated(venv, here / "venv", source=source, copy=top)
    source_tree.linked_venv(top, plan.contract.root, venv)
    return _Place(venv, top, source_tree.copied_home(folder / "home", here / "home"))


def _environment(plan: Plan, folder: Path, record: Record, *, is_reused: bool) -> Environment:
    """Return the environment with a workdir of this run's own."""
    ports = plan.workshop.ports
    place = _own_copy(plan, folder, record)
    system = system_tools.folder(ports.workplace, ports.caller.search_path)
    brought = tools.brought(plan.contract, plan.recipe, installer=plan.installer, workshop=plan.workshop)
    wrappers = stand_ins.wrappers(
        plan.workshop.folder / "tools", venv=place.venv, tools=brought, workshop=plan.workshop
    )
    path = (wrappers, place.venv / "bin", system)
    return Environment(
        key=plan.key,
        interpreter=plan.choice.interpreter,
        venv=place.venv,
        workdir=place.top / plan.contract.root,
        top=place.top,
        packages=record.packages,
        search_path=":".join(str(each) for each in path if each),
        home=place.home,
        requirement_files=plan.recipe.requirement_files,
        is_reused=is_reused,
        log=record.log,
        notes=tuple(text for text in (plan.choice.note, *record.notes) if text),
        resolution=record.resolution(plan.choice.interpreter.version),
    )
