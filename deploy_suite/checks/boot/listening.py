"""A command that was just started → the port on which it answers, or why it never does."""

import re
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import ending
from deploy_suite.checks.boot.explaining import explained
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import exceptions, last_lines
from deploy_suite.checks.waiting import Idleness, until
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import HttpRequest, Listener, Process, UnreachableError

PORT_DOCUMENTATION: Final = "https://render.com/docs/web-services#port-binding"
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", "*"})  # noqa: S104  what a listener is compared with
_LOCAL_ON_THE_PORT_S: Final = 1.5  # who holds the very port on localhost will not open it to the world as well
# A port for metrics, or one between processes, may open long before the service's own: who still works is waited for.
_ELSEWHERE_IDLE_S: Final = 3.0
_LOCAL_ELSEWHERE_IDLE_S: Final = 6.0
_ELSEWHERE_S: Final = 60.0
_STUCK_S: Final = 60.0
# The words of uvicorn, of Werkzeug and of Django; https://www.uvicorn.org/settings/#development,
# https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver
_RELOADS: Final = re.compile(
    r"Started reloader process|\* Restarting with (?:stat|watchdog|inotify)|Watching for file changes with \w+Reloader"
)
_RELOADER_QUIET_S: Final = 15.0
_RELOADER_CPU_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where the service listens for the world, and after how many seconds it did."""

    port: int
    seconds: float


def wait(stage: Stage, process: Process) -> Bound | Finding:
    """Return where *process* listens, or the failure: it ended, is stuck, or listens where nobody can reach it."""
    contract = stage.contract
    watch = _Watch(stage, process)
    found = until(
        watch.look,
        timeout_s=contract.limits.start_s,
        clock=stage.ports.clock,
        progress=stage.ports.progress,
        waiting_for=lambda: f"{contract.service}: waiting for port {stage.port}{ending.last_said(process)}",
    )
    return found or ending.unproved(stage, watch.silent(f"{watch.lacks()} within {contract.limits.start_s:g} s"))


class _Watch:
    """What was seen of the start so far."""

    def __init__(self, stage: Stage, process: Process) -> None:
        self._stage = stage
        self._process = process
        self._began_s = stage.ports.clock.now_s()
        self._idleness = Idleness(process, stage.ports.clock)
        self._repetition = ending.Repetition(stage.ports.clock)
        self._first_seen_s: dict[Listener, float] = {}
        self._log_looked_s = self._said_s = self._began_s
        self._said, self._used_s = 0, 0.0

    def look(self) -> Bound | Finding | None:
        open_ports = [each.port for each in self._listeners() if each.address in _EVERYWHERE]
        if self._stage.port in open_ports:
            return Bound(port=self._stage.port, seconds=self._passed_s())
        if open_ports and not self._stage.needs_http:
            return Bound(port=open_ports[0], seconds=self._passed_s())
        return (
            ending.ended(self._stage, self._process, doing="before it opened a port")
            or self._misplaced()
            or self._stalled()
        )

    def lacks(self) -> str:
        """Return what did not happen, with the ports that it has opened where nobody asks."""
        others = ", ".join(sorted({f"{each.address}:{each.port}" for each in self._first_seen_s}))
        return f"listens on {others} and did not open port {self._stage.port}" if others else "opened no port"

    def silent(self, what: str) -> Finding:
        """Return the failure of a command that goes on without a port."""
        return explained(
            self._stage,
            self._process.output(),
            Finding(
                code="no-open-port",
                outcome=Outcome.FAILED,
                message=f"the start command runs on, but {what}",
                location=ending.place(self._stage),
                remedy=f"make the server listen on 0.0.0.0:$PORT ({PORT_DOCUMENTATION})",
                reproduce=ending.reproduced(self._stage),
            ),
        )

    def _listeners(self) -> tuple[Listener, ...]:
        now_s = self._stage.ports.clock.now_s()
        listeners = tuple(self._process.listeners())
        self._first_seen_s = {each: self._first_seen_s.get(each, now_s) for each in listeners}
        return listeners

    def _misplaced(self) -> Bound | Finding | None:
        """Return what a listener means that has stayed in the wrong place for long enough."""
        now_s = self._stage.ports.clock.now_s()
        for listener, since_s in self._first_seen_s.items():
            age_s = now_s - since_s
            if not self._has_settled(listener, age_s):
                continue
            if listener.address not in _EVERYWHERE:
                return self._on_localhost(listener)
            return Bound(port=listener.port, seconds=since_s - self._began_s)
        return None

    def _has_settled(self, listener: Listener, age_s: float) -> bool:
        """Return whether *listener* is the one that the service means to be asked at."""
        is_local = listener.address not in _EVERYWHERE
        if is_local and listener.port == self._stage.port:
            return age_s >= _LOCAL_ON_THE_PORT_S
        enough_s = _LOCAL_ELSEWHERE_IDLE_S if is_local else _ELSEWHERE_IDLE_S
        is_idle = age_s >= enough_s and self._idleness.seconds() >= enough_s
        return (is_idle or age_s >= _ELSEWHERE_S) and self._answers_http(listener.port)

    def _on_localhost(self, listener: Listener) -> Finding:
        failure = Finding(
            code="bound-to-wrong-address",
            outcome=Outcome.FAILED,
            message=f"the server listens on {listener.address}:{listener.port}, where only its own machine reaches it",
            location=ending.place(self._stage),
            evidence=last_lines(self._process.output(), 4),
            remedy=f"make it listen on 0.0.0.0:$PORT{_by_option(self._stage)} ({PORT_DOCUMENTATION})",
            reproduce=ending.reproduced(self._stage),
        )
        return _unless_guessed(self._stage, ending.by_address(self._stage, self._process.output(), failure))

    def _answers_http(self, port: int) -> bool:
        request = HttpRequest(method="GET", path="/", headers=self._stage.health_headers())
        try:
            self._stage.ports.http.request(self._stage.network.way_in(port), request, timeout_s=2.0)
        except UnreachableError:
            return False
        return True

    def _stalled(self) -> Finding | None:
        """Return the failure of a command that does nothing any more, or the same over and over."""
        now_s = self._stage.ports.clock.now_s()
        if now_s - self._log_looked_s < ending.LOOK_AT_LOG_EVERY_S:
            return None
        self._log_looked_s = now_s
        if self._repetition.is_loop(self._process.output()):
            return ending.crash_loop(self._stage, self._process)
        if self._has_given_up(now_s):
            return self.silent("its reloader waits for a change since the application failed")
        idle_s = self._idleness.seconds()
        return self.silent(f"{self.lacks()} and did nothing for {idle_s:.0f} s") if idle_s >= _STUCK_S else None

    def _has_given_up(self, now_s: float) -> bool:
        """Whether a reloader, which looks at its files all the time, is all that is left of a start that failed."""
        log, used_s = self._process.output(), self._process.cpu_s()
        if len(log) != self._said:
            self._said, self._said_s, self._used_s = len(log), now_s, used_s
        quiet_s = now_s - self._said_s
        is_quiet = quiet_s >= _RELOADER_QUIET_S and used_s - self._used_s < _RELOADER_CPU_SHARE * quiet_s
        return is_quiet and _RELOADS.search(log) is not None and bool(exceptions(log))

    def _passed_s(self) -> float:
        return self._stage.ports.clock.now_s() - self._began_s


def _unless_guessed(stage: Stage, failure: Finding) -> Finding:
    """Return *failure* as SKIPPED where no file says that the service starts so: a server may be meant to run it."""
    start = stage.contract.start
    if failure.outcome is not Outcome.FAILED or start is None or start.location is not None:
        return failure
    return replace(
        failure,
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {failure.message}, and `{start.text}` is only assumed: no file says how the "
        "service starts",
        remedy=f"{failure.remedy}; or state how the service starts (startCommand in a render.yaml)",
    )


def _by_option(stage: Stage) -> str:
    """Return the option of the server that the start command names, for a sentence; "" where none is known."""
    from deploy_suite.checks.config import binding, calls  # noqa: PLC0415  a start that goes well needs none of it
    from deploy_suite.checks.config.calls import Step  # noqa: PLC0415  likewise

    made = calls.read(stage.contract, stage.built.case.snapshot.folder).of(Step.START)
    server = next((call for call in reversed(tuple(made)) if binding.is_server(call)), None)
    return f", with {binding.option(server)}" if server else ""
