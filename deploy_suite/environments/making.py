"""A plan into an environment on disk, or into the reason why its build failed."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import (
    blank,
    enactment,
    execute_bits,
    failed_steps,
    own_place,
    packages,
    private_home,
    reach,
    resolution,
    source_tree,
    stand_ins,
    store,
    system_tools,
    tools,
    trials,
)
from deploy_suite.environments.enactment import Site
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.store import Record
from deploy_suite.environments.tools import Tools
from deploy_suite.model.command import Completed
from deploy_suite.model.environment import BuildFailure, LostInstallation, Refusal, RefusalKind, Resolution
from deploy_suite.model.secret import Curtain

_LOG_CHARACTERS: Final = 200_000


def made(plan: Plan, folder: Path, begins: Callable[[], None]) -> Record | BuildFailure:
    """Build in *folder*: `venv`, `src`, `home`; of a pure build only `venv` is left.

    Shape: *begins* is called when only the build command is waited for.
    Raises: MachineError, CannotCheckError when it is this machine that fails.
    """
    brought = tools.brought(plan.contract, plan.recipe, installer=plan.installer, workshop=plan.workshop)
    site, note = _site(plan, folder, brought)
    begins()
    done = enactment.enact(plan, site)
    site.stand_ins.give_back(site.venv)
    private_home.cleared(site.home)
    if not done.ok:
        return _failure(plan, done, site)
    installed = packages.installed(site.venv)
    lost = _lost(plan, done, site, installed)
    if plan.recipe.is_pure:
        shutil.rmtree(site.top)
        shutil.rmtree(site.home)
    return Record(
        packages=installed,
        size_bytes=store.size_bytes(folder),
        content_bytes=store.content_bytes(folder),
        has_tree=not plan.recipe.is_pure,
        log=_log(done, site, plan.workshop.ports.curtain),
        notes=tuple(text for text in (note, *brought.notes) if text),
        versions=plan.resolved.resolution.versions,
        lost=lost,
        from_source=tuple(sorted(plan.resolved.resolution.from_source | packages.compiled_here(site.venv))),
    )


def _site(plan: Plan, folder: Path, brought: Tools) -> tuple[Site, str]:
    venv, top = folder / "venv", folder / "src"
    blank.lay(venv, plan.installer, plan.workshop)
    source_tree.copied(plan.snapshot.folder, top)
    execute_bits.lend(plan.contract, top)
    own_place.lead(plan.contract, top)
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
        is_conflict=bool(plan.resolved.resolution.conflict),
    )
    site = Site(top=top, workdir=top / plan.contract.root, venv=venv, home=home, system=system, stand_ins=written)
    return site, note


def _failure(plan: Plan, done: Completed, site: Site) -> BuildFailure:
    """Return the failure, if it is the project's. Raises: MachineError, CannotCheckError when it is this machine's."""
    calls = site.stand_ins.calls()
    failed = [call for call in calls if call.program != stand_ins.FIRST_OPINION and _may_have_ended(call, done)]
    timed_out = enactment.timed_out(done)
    reach.blame_layout(calls, log=done.output)
    return BuildFailure(
        code=done.code,
        log=_log(done, site, plan.workshop.ports.curtain),
        command=failed[-1].shown if failed else "",
        seconds=done.seconds,
        timed_out=timed_out,
        resolution=plan.resolved.resolution if timed_out else _explained(plan, site, done, is_installers=bool(failed)),
        ended_at=failed_steps.ended_at(site.stand_ins.folder, site.top, done.code),
    )


def _may_have_ended(call: stand_ins.Call, done: Completed) -> bool:
    """Whether the build may have failed with *call*: what packages ask of git by themselves has codes of its own."""
    return bool(call.code) and (call.is_installation or call.code == done.code)


def _lost(plan: Plan, done: Completed, site: Site, installed: Mapping[str, str]) -> LostInstallation | None:
    """Return the installation that failed and that the build went on without, if something is missing for it.

    Raises: MachineError, CannotCheckError when it is this machine's fault: what was made then is no environment.
    """
    failed = [call for call in site.stand_ins.calls() if call.code and call.is_installation]
    absent = packages.absent(plan.recipe.lines, installed, plan.workshop.interpreter) if failed else ()
    if not absent:
        return None
    return LostInstallation(
        command=plan.workshop.ports.curtain.masked(failed[-1].shown),
        absent=absent,
        resolution=_explained(plan, site, done, is_installers=True),
    )


def _explained(plan: Plan, site: Site, done: Completed, *, is_installers: bool) -> Resolution:
    """Return what the index says of the requirements after a failure. Raises: MachineError, CannotCheckError."""
    log, limits = done.output, plan.contract.limits
    calls = site.stand_ins.calls()
    reach.blame_machine(calls, installer=plan.installer, workshop=plan.workshop)
    versions = packages.installed(site.venv)
    found = resolution.with_refusals(
        plan.resolved.resolution,
        plan.recipe,
        plan.snapshot.folder,
        installed={name: versions[name] for name in packages.compiled_here(site.venv) & versions.keys()},
        log=log,
        installer=plan.installer,
        workshop=plan.workshop,
    )
    found = trials.tried(
        found,
        site.venv,
        an_installer_failed=is_installers,
        log=log,
        installer=plan.installer,
        workshop=plan.workshop,
        limit_s=max(limits.build_s - done.seconds, 0.0),
    )
    if not is_installers or not any(map(_settles, found.refusals)):
        reach.blame_network(calls, plan.recipe, plan.workshop, log=log)
    told = [call.told for call in calls if call.told]  # uv's account, for it explains conflicts better than pip does
    return replace(found, conflict=found.conflict or "\n".join(told))


def _settles(refusal: Refusal) -> bool:
    """Return whether *refusal* fails the build wherever it runs, whatever else could not be fetched here."""
    return refusal.kind is not RefusalKind.NO_WHEEL and (
        refusal.kind is not RefusalKind.CANNOT_BUILD or bool(refusal.pythons)
    )


def _log(done: Completed, site: Site, curtain: Curtain) -> str:
    """Return the output with paths as the project knows them, its end where it is long; it is kept, so secrets go."""
    text = curtain.masked(done.output[-_LOG_CHARACTERS:])
    return text.replace(f"{site.venv}/", ".venv/").replace(f"{site.top}/", "")
