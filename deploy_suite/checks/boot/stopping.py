"""A running service is told to stop → whether it does so in time, and answers what it had begun."""

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks import made_up
from deploy_suite.checks.boot import workers
from deploy_suite.checks.boot.ending import ended, reproduced
from deploy_suite.checks.boot.explaining import wants_other_services
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines
from deploy_suite.checks.waiting import until
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Address, Clock, HttpRequest, HttpResponse, Process, UnreachableError

_IN_FLIGHT_FROM_MS: Final = 50.0  # a shorter answer may be whole, or not yet begun, when the signal arrives
_SIGNAL_AT: Final = 0.4  # of the time that the answer takes
# A worker that was forked and has not set its own handlers yet loses the signal, and its server waits for it in vain
# (seen with gunicorn 23 and four workers). On the target nothing is stopped that early.
_LONE: Final = 2
_SETTLED_S: Final = 0.5
_SETTLES_WITHIN_S: Final = 3.0
_PAUSE_S: Final = 0.05
_TAIL_LINES: Final = 40
_DOOR_CHARACTERS: Final = 200
# What Python says of a signal's handler that logs while a line of the log is being written. gunicorn's does.
# Source: https://docs.python.org/3/library/io.html#reentrancy
_RACE: Final = "RuntimeError: reentrant call inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How the service stopped. Shape: `in_flight` says that a request was under way and answered whole."""

    seconds: float
    in_flight: bool
    findings: tuple[Finding, ...] = ()


def stopped(stage: Stage, process: Process, address: Address | None, slowest: tuple[str, float]) -> Stopped:
    """Return how the service stops on SIGTERM, with a request to its *slowest* path (and its ms) under way."""
    let_settle(process, stage.ports.clock)
    if failure := ended(stage, process, doing="before it was told to"):
        return Stopped(seconds=0.0, in_flight=False, findings=(failure,))
    before = filter(None, (workers.lost(stage, process.output()),))
    with ThreadPoolExecutor(max_workers=1) as pool:
        request = _sent(stage, address, slowest, pool)
        began_s = stage.ports.clock.now_s()
        process.signal(signal.SIGTERM)
        has_ended = until(
            lambda: True if _has_stopped(process) else None,
            timeout_s=stage.contract.limits.shutdown_s,
            clock=stage.ports.clock,
            progress=stage.ports.progress,
            waiting_for=lambda: f"{stage.contract.service}: waiting for it to stop after SIGTERM",
        )
        seconds = stage.ports.clock.now_s() - began_s
        if not has_ended:
            process.kill()
            return Stopped(seconds=seconds, in_flight=False, findings=(*before, _ignored(stage, process)))
        cut = _cut(request, slowest[0]) if request else None
    findings = (*before, cut) if cut else tuple(before)
    return Stopped(seconds=seconds, in_flight=request is not None and cut is None, findings=findings)


def _has_stopped(process: Process) -> bool:
    """Whether the command has ended and all that the signal reached.

    What has made itself a session of its own never got the signal, and ends on the target with the instance.
    """
    return process.exit_code() is not None and not process.group_count()


def let_settle(process: Process, clock: Clock) -> None:
    """Wait until a server with several workers begins no more of them."""
    began_s = since_s = clock.now_s()
    count = process.process_count()
    while count > _LONE and clock.now_s() - since_s < _SETTLED_S and clock.now_s() - began_s < _SETTLES_WITHIN_S:
        clock.sleep(_PAUSE_S)
        before, count = count, process.process_count()
        since_s = since_s if count == before else clock.now_s()


def _sent(
    stage: Stage, address: Address | None, slowest: tuple[str, float], pool: ThreadPoolExecutor
) -> Future[HttpResponse] | None:
    """Send a request that is surely being worked on when this returns; None when no route takes long enough."""
    path, usual_ms = slowest
    if address is None or usual_ms < _IN_FLIGHT_FROM_MS:
        return None
    request = HttpRequest(method="GET", path=path, headers=stage.visitor_headers())
    limit_s = stage.contract.limits.shutdown_s + usual_ms / 1000
    sent = pool.submit(stage.ports.http.request, address, request, timeout_s=limit_s)
    stage.ports.clock.sleep(usual_ms / 1000 * _SIGNAL_AT)
    return sent


def _cut(request: Future[HttpResponse], path: str) -> Finding | None:
    try:
        request.result()
    except UnreachableError as error:
        return Finding(
            code="request-cut-at-stop",
            outcome=Outcome.WARNING,
            message=f"a request to {path} that was under way when SIGTERM came was not answered ({error.reason})",
            remedy="let the server finish what it has begun: run it under gunicorn or uvicorn, and in a start script "
            "begin it with exec so that it gets the signal itself",
            certainty="seen once here; at every deploy the target stops the old release in this way",
        )
    return None


def _ignored(stage: Stage, process: Process) -> Finding:
    start = stage.contract.start
    delay_s = stage.contract.limits.shutdown_s
    absent = wants_other_services(stage)
    is_race = _RACE in process.output()
    door = made_up.closed_door("\n".join(last_lines(process.output(), _TAIL_LINES)))
    return Finding(
        code="ignores-sigterm",
        outcome=Outcome.NOTE if absent or is_race or door else Outcome.WARNING,
        message=f"the service ran on for {delay_s:g} s after SIGTERM, and the target would have killed it",
        location=start.location if start else None,
        evidence=last_lines(process.output(), 4),
        remedy="write `die-on-term = true` into uWSGI's settings, which otherwise loads the application anew on SIGTERM"
        if start and "uwsgi" in start.text
        else "end on SIGTERM: exec the server in start scripts, stop threads and loops in a signal handler, and keep "
        "clean-up short; or raise maxShutdownDelaySeconds",
        certainty=f"it may have waited for what is not here; made-up addresses: {', '.join(absent)}"
        if absent
        else f"it may have waited for what is not here: {door[:_DOOR_CHARACTERS]}"
        if door
        else "seen once, for the signal came while the server wrote a line of its log, which seldom happens"
        if is_race
        else "seen once here; it stops no deploy, but whatever the old release has under way is cut at each",
        reproduce=f"{reproduced(stage)} & sleep 5; kill -TERM -- -$!; sleep {delay_s:g}; pgrep -g $!",
    )
