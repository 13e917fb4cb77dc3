"""This machine, its keys and the way to the target → whether it can check and deploy, found side by side."""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy_suite.environments import uv
from deploy_suite.errors import DeployError, UsageError
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.command import Command
from deploy_suite.model.finding import Outcome
from deploy_suite.model.secret import Masker
from deploy_suite.ports import Ports, RemoteRefusedError
from deploy_suite.releases.requests import service_of
from deploy_suite.targets.live_registry import KEYS, LIVE_TARGETS, TOLD_TIMES

_MOST_S: Final = 8.5  # with the start and the end of the program, less than 10 s
_REMOTE_S: Final = 7.5
_GIB: Final = 1024**3
_LEAST_FREE: Final = 1 * _GIB
_FEW_FREE: Final = 5 * _GIB
_MOST_SKEW_S: Final = 30.0
_DOCKER: Final = ("docker", "version", "--format", "{{.Server.Version}}")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at. Shape: `outcome` is FAILED where something is missing that is needed."""

    name: str
    outcome: Outcome
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What to look at. Shape: `pythons` are the series of the project's matrix, "3.12"."""

    folder: Path
    target: str = "render"
    service: str = ""
    pythons: Sequence[str] = ()


_Look = Callable[[Patient, Ports], Item]


def examined(patient: Patient, ports: Ports, *, most_s: float = _MOST_S) -> Sequence[Item]:
    """Return what was found, in a fixed order; what takes longer than *most_s* is said to, and left behind."""
    found: dict[str, Item] = {}
    threads = [
        threading.Thread(target=_put, args=(found, name, look, patient, ports), name=f"doctor {name}", daemon=True)
        for name, look in _LOOKS.items()
    ]
    until_s = ports.clock.now_s() + most_s
    for one in threads:
        one.start()
    for one in threads:
        one.join(max(until_s - ports.clock.now_s(), 0.0))
    return tuple(found.get(name) or _late(name, most_s) for name in _LOOKS)


def _put(found: dict[str, Item], name: str, look: _Look, patient: Patient, ports: Ports) -> None:
    try:
        item = look(patient, ports)
    except DeployError as error:
        item = Item(name, Outcome.FAILED, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001  one look that goes wrong must not silence the others
        item = Item(name, Outcome.FAILED, f"a fault of the suite itself: {type(error).__name__}: {error}")
    found[name] = replace(item, text=shown(item.text, ports.curtain.masker))


def _late(name: str, most_s: float) -> Item:
    outcome = Outcome.WARNING if name in _OPTIONAL else Outcome.FAILED
    return Item(name, outcome, f"no answer within {most_s:g} s", "see the network of this machine, then run this again")


def _remote(patient: Patient, ports: Ports) -> Item:
    top = ports.git.top(patient.folder)
    commit = ports.git.commit(top, "HEAD")
    remotes = ports.git.remotes(top)
    for one in remotes:
        ports.curtain.add(Masker.of(one.hidden))
    followed = ports.git.upstream(top, commit.branch)[0] if commit.branch else ""
    remote = next((one for name in (followed, "origin") for one in remotes if one.name == name), None)
    if remote is None:
        raise UsageError("the repository has no remote", remedy="git remote add origin URL")
    try:
        tip = ports.git.tip(top, remote, commit.branch or "main", timeout_s=_REMOTE_S)
    except RemoteRefusedError as error:
        lines = [line for line in error.output.splitlines() if line.strip()]
        why = f"no answer within {_REMOTE_S:g} s" if error.is_late or not lines else lines[0]
        return Item(
            "git remote", Outcome.FAILED, f"{remote.name} ({remote.shown}): {why}", f"git ls-remote {remote.name}"
        )
    there = f"has {commit.branch or 'main'} at {tip[:7]}" if tip else f"answers, and has no {commit.branch} yet"
    return Item("git remote", Outcome.PASSED, f"{remote.name} ({remote.shown}) {there}")


def _key(patient: Patient, ports: Ports) -> Item:
    name = KEYS[patient.target]
    kept = ports.credentials.kept_in(name)
    if not kept:
        LIVE_TARGETS[patient.target](ports)  # raises, and knows the remedy
    return Item("key", Outcome.PASSED, f"{name} is in {kept}")


def _service(patient: Patient, ports: Ports) -> Item:
    if not ports.credentials.kept_in(KEYS[patient.target]):
        return Item("service", Outcome.SKIPPED, "not looked for: there is no key")
    way = LIVE_TARGETS[patient.target](ports)
    found = service_of(way, patient.folder, asked=patient.service, ports=ports)
    branch = f", deployed from {found.branch}" if found.branch else ""
    return Item("service", Outcome.PASSED, f"{found.name} ({found.id}{branch})")


def _way_to_target(patient: Patient, ports: Ports) -> Item:
    TOLD_TIMES[patient.target](ports)  # raises where nobody answers, and knows the remedy
    return Item("API", Outcome.PASSED, f"{patient.target.capitalize()} answers")


def _clock(patient: Patient, ports: Ports) -> Item:
    try:
        told = TOLD_TIMES[patient.target](ports)
    except DeployError:
        return Item("clock", Outcome.SKIPPED, "not compared: the target does not answer")
    if told is None:
        return Item(
            "clock", Outcome.WARNING, "the target tells no time to compare with", "compare it yourself: date -u"
        )
    skew_s = (datetime.fromisoformat(ports.clock.utc()).astimezone(UTC) - told).total_seconds()
    if abs(skew_s) <= _MOST_SKEW_S:
        return Item("clock", Outcome.PASSED, f"within {max(abs(skew_s), 1.0):.0f} s of the target's")
    way = "ahead of" if skew_s > 0 else "behind"
    return Item(
        "clock", Outcome.WARNING, f"{abs(skew_s):.0f} s {way} the target's", "set it: sudo timedatectl set-ntp true"
    )


def _pythons(patient: Patient, ports: Ports) -> Item:
    installed = {one.series: one.version for one in ports.interpreters.installed()}
    missing = [one for one in patient.pythons if one not in installed]
    have = ", ".join(sorted(installed.values(), key=lambda version: [int(part) for part in version.split(".")]))
    if missing:
        return Item(
            "Pythons",
            Outcome.WARNING,  # where no version is pinned, another one serves
            f"the matrix asks for {', '.join(missing)}; here are {have or 'none'}",
            f"{uv.called()} python install {' '.join(missing)}",
        )
    return Item("Pythons", Outcome.PASSED, f"{have} (the matrix asks for {', '.join(patient.pythons) or 'none'})")


def _uv(_patient: Patient, _ports: Ports) -> Item:
    program = uv.program()
    if program is None:
        return Item("uv", Outcome.WARNING, "not found, so builds run pip itself", "python -m pip install uv")
    return Item("uv", Outcome.PASSED, str(program))


def _docker(patient: Patient, ports: Ports) -> Item:
    path = ":".join(map(str, ports.caller.search_path))
    if shutil.which("docker", path=path or None) is None:
        return Item("Docker", Outcome.NOTE, "not installed; nothing here needs it")
    command = Command(argv=_DOCKER, cwd=patient.folder.resolve(), environment={"PATH": path, "HOME": str(Path.home())})
    done = ports.runner.run(command, timeout_s=_REMOTE_S)
    version = done.out.strip()
    if done.ok and version:
        return Item("Docker", Outcome.PASSED, f"server {version}")
    return Item("Docker", Outcome.NOTE, "installed, but its server does not answer; nothing here needs it")


def _postgres(_patient: Patient, ports: Ports) -> Item:
    try:
        with ports.databases.serve(foreign=None) as server:
            return Item("PostgreSQL", Outcome.PASSED, f"{server.version} starts here")
    except DeployError as error:
        return Item("PostgreSQL", Outcome.WARNING, f"{error.message}; projects with a database need one", error.remedy)


def _disk(_patient: Patient, ports: Ports) -> Item:
    folder = ports.workplace.cache
    free = shutil.disk_usage(folder).free
    text = f"{free / _GIB:.1f} GiB free at {folder}"
    if free >= _FEW_FREE:
        return Item("disk", Outcome.PASSED, text)
    outcome = Outcome.WARNING if free >= _LEAST_FREE else Outcome.FAILED
    return Item("disk", outcome, text, f"make room, at least {_FEW_FREE // _GIB} GiB; what is kept in {folder} may go")


_LOOKS: Final[Mapping[str, _Look]] = {
    "git remote": _remote,
    "key": _key,
    "API": _way_to_target,
    "service": _service,
    "clock": _clock,
    "Pythons": _pythons,
    "uv": _uv,
    "Docker": _docker,
    "PostgreSQL": _postgres,
    "disk": _disk,
}
_OPTIONAL: Final = frozenset({"clock", "Docker", "PostgreSQL"})
