"""A built service is started as its target would → whether it listens, answers, fits and stops."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.base import Built, Findings, Started
from deploy_suite.checks.boot import answering, ending, listening, memory, outside, pre_deploy, probing, stopping
from deploy_suite.checks.boot.stage import Stage, on_stage
from deploy_suite.checks.waiting import until
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted
from deploy_suite.ports import Ports, Process

_WORKER_STAYS_S: Final = 5.0
# With a parameter ("health-check-timeout:late") another start would show the same.
_HANGS: Final = frozenset({"no-answer", "health-check-timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """Whom to tell that the service was started, listens, was asked all there is, and answered beyond doubt."""

    started: Callable[[Process], None] = lambda _: None
    listens: Callable[[], None] = lambda: None
    asked: Callable[[], None] = lambda: None
    answers: Callable[[Started], None] = lambda _: None


def check(
    built: Built,
    ports: Ports,
    *,
    runs_pre_deploy: bool = True,
    repeats: bool = True,
    milestones: Milestones = Milestones(),
) -> Findings:
    """Return what starting the service shows, after its pre-deploy command unless that is run elsewhere.

    Shape: *repeats* says that a start that hangs is made again, for some servers lock up now and then.

    The service runs in a network of its own where the system grants one. When it fails there and had tried to reach
    the outside, it is started once more with the network if the caller allows that.
    Raises: CannotCheckError when the port it must have is taken on this machine.
    """
    start = built.case.contract.start
    if built.case.contract.kind is ServiceKind.CRON:
        return (_skipped("a cron job is started by its schedule, and what it does then is not tried here"),)
    if start is None or not start.text.strip():
        return (_skipped("the project states no start command", required=True),)

    def tried(stage: Stage) -> Findings:
        failure = pre_deploy.run(stage) if runs_pre_deploy else None
        if failure:
            return _with_outside(stage, (failure,))
        began_s = ports.clock.now_s()
        found = started(stage)
        if not repeats or not has_hung(found) or ports.clock.now_s() - began_s >= stage.contract.limits.start_s:
            return found
        ports.progress.waiting(f"{stage.contract.service}: once more, for it hung")
        return after_hang(found, started(stage))

    def started(stage: Stage) -> Findings:
        with ports.launcher.start(stage.command(start.text), network=stage.network) as process:
            milestones.started(process)
            return _Trial(stage, process, milestones).findings()

    return _in_networks(built, ports, tried)


def after_hang(first: Findings, second: Findings) -> Findings:
    """Return what *second* shows, a start after *first* hung; where it answers, that one of two hung is a warning.

    Some servers lock up now and then while they start: https://github.com/benoitc/gunicorn/issues/3509 is one.
    """
    if any(finding.outcome.is_no_pass for finding in second):
        return second
    once = (
        replace(
            finding,
            outcome=Outcome.WARNING,
            certainty="seen in one of two starts, the other answered; what hangs at times does so on the target too",
            remedy="find what the start waits for, and take a newer release of the server",
        )
        for finding in first
        if finding.code in _HANGS
    )
    return (*second, *once)


def pre_deployed(built: Built, ports: Ports) -> Findings:
    """Return what the pre-deploy command alone does."""

    def tried(stage: Stage) -> Findings:
        failure = pre_deploy.run(stage)
        passed = Finding(code="pre-deploy", outcome=Outcome.PASSED, message="the pre-deploy command succeeds")
        return _with_outside(stage, (failure or passed,))

    return _in_networks(built, ports, tried)


def _in_networks(built: Built, ports: Ports, tried: Callable[[Stage], Findings]) -> Findings:
    with ports.networks.open(isolated=_is_isolable(built)) as network:
        findings = tried(on_stage(built, ports, network))
    if built.case.preferences.allow_network and _is_worth_retrying(findings):
        ports.progress.waiting(f"{built.case.contract.service}: once more, with the network")
        reached = tuple(finding for finding in findings if finding.code == outside.AT_START)
        with ports.networks.open(isolated=False) as network:
            return (*reached, *tried(on_stage(built, ports, network)))
    is_told = any(finding.code == outside.NEEDED for finding in findings)
    return tuple(finding for finding in findings if not is_told or finding.code != outside.AT_START)


def _is_isolable(built: Built) -> bool:
    """Return whether all that the service needs can be offered inside: a foreign database server cannot."""
    return built.server is None or built.server.socket is not None


def has_hung(findings: Findings) -> bool:
    """Whether the service listened and then gave no answer."""
    return any(finding.code in _HANGS and finding.outcome is Outcome.FAILED for finding in findings)


def _is_worth_retrying(findings: Findings) -> bool:
    went_wrong = any(finding.outcome.is_no_pass for finding in findings)
    return went_wrong and any(finding.code == outside.AT_START for finding in findings)


def _with_outside(stage: Stage, findings: Findings) -> Findings:
    has_failed = any(finding.outcome.is_no_pass for finding in findings)
    packages = stage.built.environment.packages
    reached = outside.finding(outside.reached(stage), has_failed=has_failed, packages=packages)
    return (*findings, reached) if reached else findings


class _Trial:
    """One start of the service, to its end."""

    def __init__(self, stage: Stage, process: Process, milestones: Milestones) -> None:
        self._stage = stage
        self._milestones = milestones
        self._process = process
        self._peak_bytes = 0

    def findings(self) -> Findings:
        if not self._stage.contract.kind.answers_http:
            return self._of_worker()
        bound = listening.wait(self._stage, self._process)
        if isinstance(bound, Finding):
            return _with_outside(self._stage, (bound,))
        self._milestones.listens()
        moved = self._elsewhere(bound)
        self._stage = replace(self._stage, port=bound.port)
        if not self._stage.needs_http:
            return self._of_private(bound, moved)
        answer = answering.wait(self._stage, self._process, self._stage.address)
        if isinstance(answer, Finding):
            return _with_outside(self._stage, (*moved, answer))
        return self._of_web(bound, answer, moved)

    def _of_web(self, bound: listening.Bound, answer: answering.Answered, moved: Findings) -> Findings:
        """Return the findings about a service that answers: its memory, its routes, its end."""
        network = self._stage.network
        start = Started(
            log=self._process.output(), reached=tuple(network.reached_for()), is_isolated=network.is_isolated
        )
        started = _with_outside(self._stage, ())
        self._measure()
        asked = probing.probed(self._stage, self._process, self._stage.address)
        self._measure()
        self._milestones.asked()
        if answer.is_undoubted:  # told now: whoever waits for it must not slow the answers down
            self._milestones.answers(start)
        if failure := ending.ended(self._stage, self._process, doing="while it was asked"):
            return (*moved, *answer.findings, *asked.findings, failure, *started)
        stop = stopping.stopped(self._stage, self._process, self._stage.address, asked.slowest)
        passed = self._passed(bound, stop, answer=answer, asked=asked)
        found = (
            *moved,
            *answer.findings,
            memory.judged(self._stage, self._peak_bytes),
            *asked.findings,
            *stop.findings,
        )
        wanted = outside.on_requests(asked.wanted, packages=self._stage.built.environment.packages)
        return _judged(passed, tuple(finding for finding in (*found, *started, *wanted) if finding))

    def _of_private(self, bound: listening.Bound, moved: Findings) -> Findings:
        self._milestones.asked()
        started = _with_outside(self._stage, ())
        self._measure()
        stop = stopping.stopped(self._stage, self._process, None, ("", 0.0))
        found = (*moved, memory.judged(self._stage, self._peak_bytes), *stop.findings, *started)
        return _judged(self._passed(bound, stop), tuple(finding for finding in found if finding))

    def _of_worker(self) -> Findings:
        """Return the findings about a service without a port: it must stay up."""
        self._milestones.asked()
        failure = until(
            lambda: ending.ended(self._stage, self._process, doing="and a worker must stay up"),
            timeout_s=_WORKER_STAYS_S,
            clock=self._stage.ports.clock,
            progress=self._stage.ports.progress,
            waiting_for=lambda: f"{self._stage.contract.service}: watching whether it stays up",
        )
        if failure:
            return _with_outside(self._stage, (_unless_assumed(self._stage, failure),))
        started = _with_outside(self._stage, ())
        self._measure()
        stop = stopping.stopped(self._stage, self._process, None, ("", 0.0))
        found = (memory.judged(self._stage, self._peak_bytes), *stop.findings, *started)
        return _judged(self._passed(None, stop), tuple(finding for finding in found if finding))

    def _elsewhere(self, bound: listening.Bound) -> Findings:
        """Return the note about a port other than the one the target tells the service of: it finds that too."""
        if bound.port == self._stage.port or not self._stage.needs_http:
            return ()
        start = self._stage.contract.start
        note = Finding(
            code="bound-to-wrong-address:port",
            outcome=Outcome.NOTE,
            message=f"the server listens on port {bound.port}, and the target expects port {self._stage.port} ($PORT)",
            location=start.location if start else None,
            remedy="make it listen on 0.0.0.0:$PORT",
            certainty="harmless as a rule: Render finds another port and restarts the service once ('New primary "
            f"port detected'), but documents PORT ({listening.PORT_DOCUMENTATION})",
            reproduce=ending.reproduced(self._stage),
        )
        return (note,)

    def _measure(self) -> None:
        self._peak_bytes = max(self._peak_bytes, self._process.memory_bytes())

    def _passed(
        self,
        bound: listening.Bound | None,
        stop: stopping.Stopped,
        *,
        answer: answering.Answered | None = None,
        asked: probing.Probed | None = None,
    ) -> Finding:
        """Return what was verified, with its figures."""
        said = [f"listens on port {bound.port} after {bound.seconds:.1f} s" if bound else "stays up"]
        if answer:
            said.append(f"GET {answer.path} answers {answer.response.status}")
        said.append(f"holds {memory.in_mebibytes(self._peak_bytes)} MiB")
        if asked and (asked.routes or asked.probes):
            both = (asked.routes, f"{asked.routes} of its routes"), (asked.probes, counted(asked.probes, "probe"))
            said.append(f"{' and '.join(words for count, words in both if count)} asked")
        said.append(f"stops {stop.seconds:.1f} s after SIGTERM" + (", a request under way answered" * stop.in_flight))
        return Finding(code="boots", outcome=Outcome.PASSED, message="; ".join([*said, *self._stage.notes]))


def _unless_assumed(stage: Stage, failure: Finding) -> Finding:
    """Return *failure* of a worker as a warning where it only ended, and no manifest of the target's makes it one."""
    if not stage.built.case.is_assumed or not failure.code.startswith("start-exited"):
        return failure
    target = stage.contract.target.capitalize()
    certainty = f"likely: it ends here, and that {target} runs this command as a worker is assumed"
    return replace(failure, outcome=Outcome.WARNING, certainty=certainty)


def _judged(passed: Finding, findings: Findings) -> Findings:
    """Return *findings* after what was verified; a start that failed is no pass in any part."""
    has_failed = any(finding.outcome is Outcome.FAILED for finding in findings)
    return findings if has_failed else (passed, *findings)


def _skipped(reason: str, *, required: bool = False) -> Finding:
    return Finding(code="not-run", outcome=Outcome.SKIPPED, message=f"not started: {reason}", required=required)
