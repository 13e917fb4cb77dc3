"""A project at a commit into a report: the first straight line of the house, from top to bottom."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy_suite.environments import bindings
from deploy_suite.errors import UsageError
from deploy_suite.model.contract import Contract, PythonRequest
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult, Outcome
from deploy_suite.model.report import Report, Subject
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project, load
from deploy_suite.targets.base import Target

_OPEN: Final = (
    "this machine grants what was started no network of its own, so it could reach all that this machine reaches"
)

_CUT_SHORT: Final = "the run was interrupted"
_WHILE: Final = "interrupted while {service} was checked"
_NOT_BEHIND: Final = (
    "interrupted while looking behind what failed: what it would fail on next, once that is mended, may be missing here"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to preflight. Shape: empty `targets` means those of deploy.toml, else all; empty `services`, all."""

    folder: Path
    revision: str = "HEAD"
    targets: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    preferences: Preferences = field(default_factory=Preferences)


def preflight(request: Request, ports: Ports) -> Report:
    """Return the verdict on the project; its texts hold no secret.

    Raises: UsageError when there is nothing to check, MachineError when this machine fell short.
    """
    began = ports.clock.now_s()
    project, known = _loaded(request, ports)
    run = _Run(project, request.preferences, ports)
    pythons: dict[tuple[str, str], PythonRequest] = {}
    for target in _targets(request.targets or project.settings.targets, known):
        contracts, manifest = _contracts(known[target], target, project, ports)
        pythons |= {(contract.target, contract.service): contract.python for contract in contracts}
        run.results.append(manifest)
        for contract in _chosen(contracts, request.services):
            run.add(contract)
    results = _with_asked_python(run.results, pythons)
    if not run.subjects and all(result.outcome is Outcome.PASSED for result in results):
        raise UsageError("no service was found to check", remedy="name the project's folder with --project PATH")
    return Report(
        project=project.name,
        commit=project.snapshot.commit,
        subjects=tuple(run.subjects),
        results=tuple(result.masked(ports.curtain.masker) for result in results),
        notes=(*filter(None, (run.cut,)), *((_OPEN,) if ports.networks.lacks_isolation else ())),
        reused=min(run.reused) if run.reused and all(run.reused) else "",
        seconds=ports.clock.now_s() - began,
        is_interrupted=bool(run.cut),
    )


def _loaded(request: Request, ports: Ports) -> tuple[Project, Mapping[str, Target]]:
    """Return the project and the targets there are; what a rehearsal needs is imported while git is at work."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        loading = pool.submit(load, request.folder, revision=request.revision, ports=ports)
        pool.submit(ports.interpreters.installed)  # 0.3 s in the first run on a machine; it remembers the answer
        # To import the rest of the suite takes as long as git does: 0.2 s each.
        import deploy_suite.imaging  # noqa: PLC0415
        import deploy_suite.rehearsal  # noqa: F401, PLC0415
        from deploy_suite.targets.registry import TARGETS  # noqa: PLC0415

        return loading.result(), TARGETS


class _Run:
    """The services of a project, one after the other, and what is known of them.

    Shape: `cut` says where an interruption ended the run, "" as long as none has; `reused` from when each verdict is.
    """

    def __init__(self, project: Project, preferences: Preferences, ports: Ports) -> None:
        self._project = project
        self._preferences = preferences
        self._ports = ports
        self.results: list[CheckResult] = []
        self.subjects: list[Subject] = []
        self.reused: list[str] = []
        self.cut = ""

    def add(self, contract: Contract) -> None:
        """Check a service. An interruption ends the run; what is known by then is told, it may have taken minutes."""
        if not self.cut:
            try:
                self._rehearse(contract)
            except KeyboardInterrupt:
                self.cut = _WHILE.format(service=contract.service)
            else:
                return
        from deploy_suite.recording import Recorder  # noqa: PLC0415  see `_loaded`

        recorder = Recorder(contract, self._ports)
        self.results += [recorder.not_run("environment", _CUT_SHORT), *recorder.nothing_after_build(_CUT_SHORT)]

    def _rehearse(self, contract: Contract) -> None:
        from deploy_suite import imaging  # noqa: PLC0415  see `_loaded`
        from deploy_suite.rehearsal import Rehearsal  # noqa: PLC0415  likewise

        project, preferences, ports = self._project, self._preferences, self._ports
        ports.curtain.add(bindings.literals(contract))
        ports.curtain.add(bindings.committed(project.snapshot.folder / contract.root))
        own, staged = imaging.staged(contract, project, ports)
        rehearsal = Rehearsal(own, project=staged, preferences=preferences, ports=ports)
        try:
            found = rehearsal.results()
        except KeyboardInterrupt:
            self.cut = _WHILE.format(service=contract.service)
            found = rehearsal.cut_short(why=_CUT_SHORT)
        if not self.cut and any(one.outcome is Outcome.FAILED for one in found):
            from deploy_suite import behind  # noqa: PLC0415  what is healthy needs none of it

            found, is_whole = behind.seen(found, own, project=staged, preferences=preferences, ports=ports)
            self.cut = "" if is_whole else _NOT_BEHIND
        self.results += imaging.judged(contract, found)
        self.subjects.append(rehearsal.subject())
        self.reused.append(rehearsal.reused)


def _with_asked_python(
    results: list[CheckResult], pythons: Mapping[tuple[str, str], PythonRequest]
) -> Sequence[CheckResult]:
    """Return *results* with the Python that the project asks for where a remedy offers another."""
    if not any(finding.python for result in results for finding in result.findings):
        return results
    from deploy_suite.checks import asked_python  # noqa: PLC0415  what is healthy needs none of it

    return asked_python.named(results, pythons)


def _targets(asked: tuple[str, ...], known: Mapping[str, Target]) -> tuple[str, ...]:
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UsageError(f"unknown target: {', '.join(unknown)}", remedy=f"choose from: {', '.join(known)}")
    return asked or tuple(known)


def _contracts(target: Target, name: str, project: Project, ports: Ports) -> tuple[tuple[Contract, ...], CheckResult]:
    began = ports.clock.now_s()
    reading = target.read(project.snapshot, project.settings, repository_slug=project.snapshot.commit.repository_slug)
    seconds = ports.clock.now_s() - began
    findings = tuple(finding.about(check="manifest", service="", target=name) for finding in reading.findings)
    result = CheckResult(check="manifest", service="", target=name, seconds=seconds, findings=findings)
    ports.progress.ended("manifest", seconds, result.outcome.value)
    return reading.contracts, result


def _chosen(contracts: tuple[Contract, ...], names: Sequence[str]) -> tuple[Contract, ...]:
    unknown = sorted(set(names) - {contract.service for contract in contracts})
    if unknown:
        known = ", ".join(contract.service for contract in contracts) or "none"
        raise UsageError(f"no service is called {', '.join(unknown)}", remedy=f"the project's services are: {known}")
    return tuple(contract for contract in contracts if not names or contract.service in names)
