"""Which of the packages without a wheel is it that cannot be built: tried out, one by one."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.environments import packages
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.model.environment import Refusal, RefusalKind, Resolution

_MOST_TRIALS: Final = 6


def tried(
    resolution: Resolution, venv: Path, *, an_installer_failed: bool, installer: Installer, workshop: Workshop
) -> Resolution:
    """Return *resolution* with the refusals told apart: built and installed, or not to be built here."""
    judged = []
    trials = 0
    suspects = [refusal for refusal in resolution.refusals if refusal.kind is RefusalKind.NO_WHEEL]
    # Where versions were found for everything and one package alone had to be built, there is nothing to try out.
    is_plain = len(suspects) == len(resolution.refusals) == 1 and bool(resolution.versions) and not resolution.conflict
    for refusal in resolution.refusals:
        if refusal.kind is not RefusalKind.NO_WHEEL:
            judged.append(refusal)
            continue
        modules = packages.modules(venv, refusal.name)
        if modules or not an_installer_failed or trials >= _MOST_TRIALS:
            judged.append(replace(refusal, modules=modules))
            continue
        trials += 1
        can_be_built = not is_plain and installer.install(venv, ("--no-deps", _exact(refusal, resolution)), workshop).ok
        judged.append(refusal if can_be_built else replace(refusal, kind=RefusalKind.CANNOT_BUILD))
    return replace(resolution, refusals=tuple(judged))


def _exact(refusal: Refusal, resolution: Resolution) -> str:
    version = resolution.versions.get(refusal.name)
    return f"{refusal.name}=={version}" if version else refusal.requirement.partition(";")[0].strip()
