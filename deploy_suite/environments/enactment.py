"""A build command run as it stands, in a copy of the source."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import failed_steps, system_tools, telling
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.stand_ins import StandIns
from deploy_suite.model import own_place, python_series
from deploy_suite.model.command import TIMED_OUT, Command, Completed
from deploy_suite.model.contract import Bindings, Contract, Phase
from deploy_suite.model.environment import Resolution
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Ports

_MOST_NAMED: Final = 3
# Both streams in one, in the order in which they were written.
_MERGED: Final = ("/bin/sh", "-c", 'exec "$@" 2>&1', "build")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a build takes place. Shape: `top` is the copy of the repository; `system` holds the system's programs."""

    top: Path
    workdir: Path
    venv: Path
    home: Path
    system: Path
    stand_ins: StandIns


def enact(plan: Plan, site: Site) -> Completed:
    """Return what became of the build command, and then of what the start command installs.

    Their trees of processes are gone afterwards, in any case.
    """
    contract = plan.contract
    build = contract.build.text if contract.build else ""
    late = f"set -e\n{plan.recipe.at_start}" if plan.recipe.at_start else ""
    done = Completed(code=0)
    for text in (build, late):
        if text.strip() and done.ok:
            done = _with_output_of(done, _run(own_place.here(text, site.top), plan, site))
    return done


def _run(text: str, plan: Plan, site: Site) -> Completed:
    command = Command(
        argv=(*_MERGED, _shell(site.system), "-c", text),
        cwd=site.workdir,
        environment=_environment(plan.contract, plan.bindings, site),
    )
    ports, limit_s = plan.workshop.ports, plan.contract.limits.build_s
    with _reported(ports, limit_s, site.stand_ins, made_from=_from_source(plan.resolved.resolution)):
        return ports.runner.run(command, timeout_s=limit_s)


def _with_output_of(before: Completed, done: Completed) -> Completed:
    return replace(done, out=before.out + done.out, seconds=before.seconds + done.seconds)


def timed_out(done: Completed) -> bool:
    """Return whether the build had to be ended."""
    return done.code == TIMED_OUT


def _shell(system: Path) -> str:
    bash = system / "bash"
    return str(bash) if bash.exists() else "/bin/sh"


def _environment(contract: Contract, bindings: Bindings, site: Site) -> Mapping[str, str | Secret]:
    """Return all that the build sees: the contract's variables, PATH, a private HOME, a locale."""
    values: dict[str, str | Secret] = {
        variable.name: Secret(own_place.here(bindings.values[variable.name].revealed(), site.top))
        for variable in contract.variables
        if Phase.BUILD in variable.phases and variable.name in bindings.values
    }
    return {
        "LANG": "C.UTF-8",
        "VIRTUAL_ENV": str(site.venv),
        **system_tools.settings(site.system),
        **failed_steps.settings(site.stand_ins.folder),
        **values,
        "PATH": ":".join((str(site.stand_ins.folder), str(site.venv / "bin"), str(site.system))),
        "HOME": str(site.home),
    }


def _from_source(resolution: Resolution) -> str:
    """Return which releases take long, for a sentence: what has no wheel may have to be compiled."""
    names = sorted(resolution.from_source)
    listed = ", ".join(f"{name} {resolution.versions.get(name, '')}".strip() for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    series = python_series.of(resolution.python)
    return f"; the index has no wheel for Python {series} of {listed}{more}, and compiling takes long" if names else ""


def _reported(
    ports: Ports, limit_s: float, stand_ins: StandIns, *, made_from: str = ""
) -> AbstractContextManager[None]:
    """Say that the build goes on, and why: what is *made_from* source, or pip asked where uv refused."""

    def text(spent_s: float) -> str:
        second = "; uv refused it, pip is asked whether it installs all the same" * stand_ins.waits_for_pip()
        return f"the build command has run for {spent_s:.0f} s of {limit_s:.0f} s{second or made_from}"

    return telling.told(ports, text)
