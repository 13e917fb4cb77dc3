"""A contract and a snapshot into a built environment: the one door of this room."""

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import (
    blank,
    downloads,
    interpreters,
    keys,
    reach,
    resolution,
    store,
    system_tools,
    uv,
    virtualenv,
    wheel_cache,
)
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.bindings import databases_needed
from deploy_suite.environments.handing_over import environment
from deploy_suite.environments.making import made
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.store import Store
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import BuildFailure, Environment, Interpreter, Preferences, Resolution
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import Ports

__all__ = ["INSTALLERS", "Plan", "build", "built", "planned", "unbuilt"]

# The first that this machine has is used.
INSTALLERS: Final[Mapping[str, Installer]] = {"uv": uv, "virtualenv": virtualenv}
_MOST_NAMED: Final = 3


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


def built(plan: Plan, *, begins: Callable[[], None] = lambda: None) -> Environment | BuildFailure:
    """Return what `build` does, for what was planned before; *begins* hears of a build. Raises: as `build`."""
    clock = plan.workshop.ports.clock
    began_s = clock.now_s()
    outcome = _kept(plan, begins) if plan.is_kept else _built_for_once(plan, begins)
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
    """Choose the interpreter, read the build command, ask the index. Raises: CannotCheckError, MachineError."""
    Store(ports.workplace).sweep()
    blank.sweep(ports.workplace)
    choice = interpreters.choose(contract.python, ports.interpreters.installed(), preferences)
    installer = installer or _installer()
    workshop = _workshop(choice.interpreter, contract, bindings, ports)
    with ThreadPoolExecutor(max_workers=2) as pool:
        making = pool.submit(blank.prepare, installer, workshop)
        looking = pool.submit(system_tools.folder, ports.workplace, ports.caller.search_path)
        recipe = recipes.read(contract, snapshot)
        resolved = resolution.resolve(recipe, snapshot.folder, installer=installer, workshop=workshop)
        making.result()
        looking.result()
    if not resolved.is_answered:
        reach.blame_index(installer, workshop)  # else the build, and each installer in it, would find out for itself
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
        is_kept=False,
    )
    return replace(plan, key=_key(plan), is_kept=_can_be_kept(plan)) if resolved.is_whole else plan


def unbuilt(
    contract: Contract, snapshot: Snapshot, bindings: Bindings, preferences: Preferences, ports: Ports
) -> Plan | None:
    """Return the plan of what cannot be built for want of the Python: of it the index alone can be asked.

    Shape: the interpreter is the newest of this machine, by which an installer asks; None where there is none.
    """
    newest = interpreters.newest(ports.interpreters.installed())
    if newest is None:
        return None
    workshop = _workshop(newest, contract, bindings, ports)
    return Plan(
        contract=contract,
        snapshot=snapshot,
        bindings=bindings,
        preferences=preferences,
        choice=interpreters.Choice(newest),
        recipe=recipes.read(contract, snapshot),
        resolved=resolution.Resolved(Resolution(python="", versions={}), is_whole=False, is_answered=False),
        installer=_installer(),
        workshop=workshop,
        key="",
        is_kept=False,
    )


def _workshop(interpreter: Interpreter, contract: Contract, bindings: Bindings, ports: Ports) -> Workshop:
    return Workshop(
        ports=ports,
        interpreter=interpreter,
        folder=Path(tempfile.mkdtemp(prefix="build-", dir=ports.workplace.run_folder)),
        own_settings=keys.installer_variables(contract, bindings),
    )


def _installer() -> Installer:
    return next(one for one in INSTALLERS.values() if one.is_there())


def _can_be_kept(plan: Plan) -> bool:
    writes_to_database = plan.recipe.may_use_database and bool(databases_needed(plan.contract))
    return not writes_to_database and not plan.preferences.fresh


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


def _kept(plan: Plan, begins: Callable[[], None]) -> Environment | BuildFailure:
    """Use the environment that is kept, else build and keep it; two runs that want the same build it once."""
    kept = Store(plan.workshop.ports.workplace)
    record = kept.read(plan.key)
    if record:
        return environment(plan, kept.folder(plan.key), record, is_reused=True)
    with plan.workshop.ports.workplace.locked(store.lock_name(plan.key)):
        record = kept.read(plan.key)
        if record:
            return environment(plan, kept.folder(plan.key), record, is_reused=True)
        with kept.half_done(plan.key) as folder:
            outcome = made(plan, folder, begins)
            if isinstance(outcome, BuildFailure):
                return outcome
            kept.complete(plan.key, outcome)
    downloads.bounded(plan.workshop, kept.limit_bytes)
    return environment(plan, kept.folder(plan.key), outcome, is_reused=False)


def discarded(plan: Plan, outcome: Environment | None) -> str:
    """Remove what was kept of earlier builds and was damaged since; return what that was, "" where all is whole.

    Shape: *outcome* is what was built of it, None where the build failed.
    """
    kept = Store(plan.workshop.ports.workplace)
    installed = {**plan.resolved.resolution.versions, **(outcome.packages if outcome else {})}
    wheels = wheel_cache.damaged(Path(plan.workshop.caches["UV_CACHE_DIR"]), installed)
    if wheels and uv.forgotten(wheels, plan.workshop):
        blank.discard(plan.installer, plan.workshop)
        kept.remove(plan.key)
        return f"uv's copy of {', '.join(wheels[:_MOST_NAMED])}{' and more' * (len(wheels) > _MOST_NAMED)} was damaged"
    is_lost = outcome is not None and outcome.is_reused and kept.discarded(plan.key)
    return "the kept environment had lost some of its files" if is_lost else ""


def _built_for_once(plan: Plan, begins: Callable[[], None]) -> Environment | BuildFailure:
    folder = plan.workshop.folder / "made"
    folder.mkdir()
    outcome = made(plan, folder, begins)
    return outcome if isinstance(outcome, BuildFailure) else environment(plan, folder, outcome, is_reused=False)
