"""What was built, now or earlier, into an environment with a run's own copy of all that a service might write to."""

from dataclasses import dataclass
from pathlib import Path

from deploy_suite.environments import execute_bits, own_place, relocation, source_tree, stand_ins, system_tools, tools
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.store import Record
from deploy_suite.model.environment import Environment


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
    original = source if record.has_tree else plan.snapshot.folder
    top = source_tree.copied(original, here / "src")
    if not record.has_tree:
        execute_bits.hand_over(plan.contract, [text for _, text in plan.recipe.texts], top)
    own_place.lead(plan.contract, top, was=source)
    if record.has_tree and relocation.is_needed(venv, source):
        venv = relocation.relocated(venv, here / "venv", source=source, copy=top)
    source_tree.linked_venv(top, plan.contract.root, venv)
    return _Place(venv, top, source_tree.copied_home(folder / "home", here / "home"))


def environment(plan: Plan, folder: Path, record: Record, *, is_reused: bool) -> Environment:
    """Return the environment with a workdir of this run's own."""
    ports = plan.workshop.ports
    place = _own_copy(plan, folder, record)
    system = system_tools.folder(ports.workplace, ports.caller.search_path)
    brought = tools.brought(plan.contract, plan.recipe, installer=plan.installer, workshop=plan.workshop)
    wrappers = stand_ins.wrappers(
        plan.workshop.folder / "tools",
        venv=place.venv,
        tools=brought,
        workshop=plan.workshop,
        is_synced=plan.recipe.is_synced,
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
        lost=record.lost,
        resolution=record.resolution(plan.choice.interpreter.version),
    )
