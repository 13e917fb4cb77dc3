"""Which of the packages without a wheel is it that cannot be built: tried out, one by one, and once in a run."""

import json
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.environments import packages
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.model.environment import Refusal, RefusalKind, Resolution

_MOST_TRIALS: Final = 6
# A compiler that gives up does so early: what is still at it after this long mostly comes to a good end.
_ONE_TRIAL_S: Final = 90.0
_ALL_TRIALS_S: Final = 240.0
# Where the index refuses something as well, no versions fit together, or something was seen not to compile, the build
# fails anyhow, and what else does is worth less of a wait.
_BESIDE_A_REFUSAL_S: Final = 60.0
_TIME_WAS_UP: Final = 124
_BLAMED: Final = re.compile(r"ERROR: Failed building wheel for (?P<name>[\w.-]+)")
_ACCOUNT_CHARACTERS: Final = 20_000
_SAID_NOTHING: Final = "it failed without a word"


def tried(
    resolution: Resolution,
    venv: Path,
    *,
    an_installer_failed: bool,
    log: str,
    installer: Installer,
    workshop: Workshop,
    limit_s: float = _ALL_TRIALS_S,
) -> Resolution:
    """Return *resolution* with the refusals told apart: built and installed, or not to be built here.

    Shape: *log* is what the build printed; where it names what could not be built, nothing else is tried: old releases
    of pip build what newer installers do not. A trial that did not come to its end proves nothing. All of them take no
    longer than *limit_s*.
    """
    blamed = {canonicalize_name(match["name"]) for match in _BLAMED.finditer(log)}
    trials = _Trials(resolution, venv, installer, workshop, limit_s=limit_s)
    judged = []
    for refusal in resolution.refusals:
        if refusal.kind is not RefusalKind.NO_WHEEL:
            judged.append(refusal)
            continue
        modules = packages.modules(venv, refusal.name)
        is_cleared = bool(modules) or (bool(blamed) and refusal.name not in blamed) or not an_installer_failed
        judged.append(replace(refusal, modules=modules) if is_cleared or trials.are_over else trials.judged(refusal))
    return replace(resolution, refusals=tuple(judged))


class _Trials:
    """Builds of single packages, as many as a build that has failed is worth the wait for."""

    def __init__(
        self, resolution: Resolution, venv: Path, installer: Installer, workshop: Workshop, *, limit_s: float
    ) -> None:
        self._resolution = resolution
        self._venv = venv
        self._installer = installer
        self._workshop = workshop
        suspects = sum(refusal.kind is RefusalKind.NO_WHEEL for refusal in resolution.refusals)
        is_refused = suspects < len(resolution.refusals) or bool(resolution.conflict)
        self._left_s = min(limit_s, _BESIDE_A_REFUSAL_S if is_refused else _ALL_TRIALS_S)
        self._count = 0
        # Where versions were found for everything and one package alone had to be built, there is nothing to try out.
        self._is_plain = suspects == 1 and not is_refused and bool(resolution.versions)

    @property
    def are_over(self) -> bool:
        return self._count >= _MOST_TRIALS or self._left_s <= 0

    def judged(self, refusal: Refusal) -> Refusal:
        """Return *refusal* as trying to build its package shows it."""
        self._count += 1
        if self._is_plain:
            return replace(refusal, kind=RefusalKind.CANNOT_BUILD)
        account, seconds = self._tried(_exact(refusal, self._resolution), limit_s=min(self._left_s, _ONE_TRIAL_S))
        self._left_s -= seconds
        if not account:
            return refusal
        self._left_s = min(self._left_s, _BESIDE_A_REFUSAL_S)
        return replace(refusal, kind=RefusalKind.CANNOT_BUILD, account=account)

    def _tried(self, wanted: str, *, limit_s: float) -> tuple[str, float]:
        """Return what is said where *wanted* cannot be built, "" else, and the seconds that this took.

        What the run has tried before, for another service or before a fault was mended, is known.
        """
        ports = self._workshop.ports
        name = sha256(f"{self._workshop.interpreter.version} {wanted}".encode()).hexdigest()[:16]
        file = ports.workplace.run_folder / f"trial-{name}.json"
        if file.is_file():
            return str(json.loads(file.read_text(encoding="utf-8"))), 0.0
        ports.progress.waiting(f"trying whether {wanted} can be built at all, for {limit_s:.0f} s at most")
        done = self._installer.install(self._venv, ("--no-deps", wanted), self._workshop, timeout_s=limit_s)
        is_open = done.ok or done.code == _TIME_WAS_UP
        account = "" if is_open else done.output[-_ACCOUNT_CHARACTERS:] or _SAID_NOTHING
        file.write_text(json.dumps(account), encoding="utf-8")
        return account, done.seconds


def _exact(refusal: Refusal, resolution: Resolution) -> str:
    version = resolution.versions.get(refusal.name)
    return f"{refusal.name}=={version}" if version else refusal.requirement.partition(";")[0].strip()
