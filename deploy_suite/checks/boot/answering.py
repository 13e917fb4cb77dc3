"""A service that listens → whether its health path answers as the target asks."""

from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import workers
from deploy_suite.checks.boot.ending import Repetition, crash_loop, ended, is_hang_up, last_said, unproved
from deploy_suite.checks.boot.explaining import explained
from deploy_suite.checks.boot.late_answers import PATIENCE, LateAnswers
from deploy_suite.checks.boot.refusing import Refusal
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines
from deploy_suite.checks.waiting import Idleness, until
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.probe import Probe
from deploy_suite.ports import Address, HttpRequest, HttpResponse, Process, UnreachableError
from deploy_suite.probes import curl
from deploy_suite.probes.http import in_words

_STUCK_S: Final = 30.0
_SETTLED_S: Final = 4.0  # an answer other than success that stays the same this long is the answer
_UNAVAILABLE_SETTLED_S: Final = 30.0  # 503 says "not yet" by its meaning (RFC 9110 section 15.6.4)
_BETWEEN_S: Final = 0.5
_UNAVAILABLE: Final = 503
_TOO_LATE: Final = "health-check-timeout"
_SILENT: Final = "no-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A service that answered. Shape: `findings` are what is doubtful about the answer."""

    response: HttpResponse
    path: str
    findings: tuple[Finding, ...] = ()

    @property
    def is_undoubted(self) -> bool:
        """Whether it is the application itself that answers, and not what stands before it: that says 400 or 5xx."""
        return not self.findings and self.response.status < 500 and self.response.status != 400  # noqa: PLR2004


def wait(stage: Stage, process: Process, address: Address) -> Answered | Finding:
    """Return the answer that the target would go by, or the failure."""
    watch = _Watch(stage, process, address)
    found = until(
        watch.look,
        timeout_s=stage.contract.limits.start_s,
        clock=stage.ports.clock,
        progress=stage.ports.progress,
        waiting_for=lambda: f"{stage.contract.service}: waiting for GET {watch.path} to answer{last_said(process)}",
    )
    return found or unproved(stage, watch.unanswered(f"gave no good answer within {stage.contract.limits.start_s:g} s"))


class _Watch:
    """The answers so far."""

    def __init__(self, stage: Stage, process: Process, address: Address) -> None:
        self.path = stage.contract.health_path or "/"
        self._stage = stage
        self._process = process
        self._address = address
        self._clock = stage.ports.clock
        self._began_s = self._clock.now_s()
        self._asked_s = -_BETWEEN_S
        self._same_since_s = self._began_s
        self._garbled_since_s = 0.0
        self._status = 0
        self._idleness = Idleness(process, self._clock)
        self._repetition = Repetition(self._clock)
        self._log_before = process.output()
        self._late = LateAnswers(process, self._clock)

    def look(self) -> Answered | Finding | None:
        if failure := ended(self._stage, self._process, doing="before it answered"):
            return failure
        if (self._clock.now_s() - self._asked_s < _BETWEEN_S and self._status) or self._late.is_resting:
            return None
        self._late.asking()
        self._asked_s = self._clock.now_s()
        try:
            response = self._asked(self._stage.contract.host)
        except UnreachableError as error:
            return self._no_answer(error)
        self._garbled_since_s = 0.0
        seconds = self._clock.now_s() - self._asked_s
        if seconds > self._limit_s:
            return self._came_late(response, seconds)
        self._late.forget()
        return self._judged(response)

    @property
    def _limit_s(self) -> float:
        return self._stage.contract.limits.health_request_s

    def _patience_s(self) -> float:
        """Return how long to wait for an answer: the target's limit, longer to learn how late it is."""
        if not self._late.is_expected:
            return self._limit_s
        left_s = self._stage.contract.limits.start_s - (self._clock.now_s() - self._began_s)
        return max(self._limit_s, min(PATIENCE * self._limit_s, left_s))

    def _came_late(self, response: HttpResponse, seconds: float) -> Answered | Finding | None:
        """Return what an answer means that the target would not have waited for, once it is sure."""
        if not self._stage.contract.health_path:
            is_good = response.status < 500  # noqa: PLR2004
            return self._answered(response, self._slow(seconds)) if is_good else self._judged(response)
        self._status = 0
        self._late.came(seconds)
        said = self._late.said()
        if not said:
            return None
        failure = self.unanswered(f"{said}, and the target waits {self._limit_s:g} s")
        return _surely(failure, "late")

    def _slow(self, seconds: float) -> Finding:
        return Finding(
            code=_TOO_LATE,
            outcome=Outcome.WARNING,
            message=f"GET {self.path} answers only after {seconds:.1f} s",
            location=self._stage.contract.location,
            evidence=last_lines(self._process.output(), 4),
            remedy=f"answer {self.path} without waiting for other systems, within {self._limit_s:g} s",
            certainty="the service names no health path, so the target looks whether its port is open and asks for no "
            f"answer; with {self.path} as the health path it would fail",
            reproduce=self._curl(),
        )

    def unanswered(self, what: str) -> Finding:
        """Return the failure of a server that gives no answer, with the cause that its log shows."""
        return explained(self._stage, self._process.output(), self._without_answer(what))

    def _without_answer(self, what: str) -> Finding:
        return Finding(
            code=_TOO_LATE if self._stage.contract.health_path else _SILENT,
            outcome=Outcome.FAILED,
            message=f"the server listens on port {self._stage.port}, but GET {self.path} {what}",
            location=self._stage.contract.health_location or self._stage.contract.location,
            evidence=last_lines(self._process.output(), 4),
            remedy="answer the health path without waiting for other systems, within "
            f"{self._stage.contract.limits.health_request_s:g} s",
            reproduce=self._curl(),
        )

    def _asked(self, host: str) -> HttpResponse:
        headers = {"Host": host} if host else {}
        request = HttpRequest(method="GET", path=self.path, headers=headers)
        return self._stage.ports.http.request(self._address, request, timeout_s=self._patience_s())

    def _no_answer(self, error: UnreachableError) -> Finding | None:
        self._status = 0
        if error.reason == "timeout" and error.was_sent:
            self._late.gave_up()
        log = self._process.output()
        if self._repetition.is_loop(log):
            if is_hang_up(log):
                return self._without_answer(f"gave no whole answer in {self._patience_s():g} s, time and again")
            return crash_loop(self._stage, self._process)
        if failure := workers.never_up(self._stage, log):
            return failure
        if self._is_garbled(error):
            return self.unanswered(f"is answered in vain: {in_words(error)}")
        idle_s = self._idleness.seconds()
        if idle_s < _STUCK_S:
            return None
        what = f"was not answered and the service did nothing for {idle_s:.0f} s: {in_words(error)}"
        failure = self.unanswered(what)
        # What locks up now and then while it starts are servers of several processes: one alone does so again.
        return failure if self._process.process_count() > 1 else _surely(failure, "stuck")

    def _is_garbled(self, error: UnreachableError) -> bool:
        """Return whether what came was no HTTP for so long that waiting changes nothing."""
        now_s = self._clock.now_s()
        if error.reason != "protocol" or not error.was_sent:
            self._garbled_since_s = 0.0
            return False
        self._garbled_since_s = self._garbled_since_s or now_s
        return now_s - self._garbled_since_s >= _UNAVAILABLE_SETTLED_S

    def _judged(self, response: HttpResponse) -> Answered | Finding | None:
        if 200 <= response.status < 300 or (not self._stage.contract.health_path and response.status < 400):  # noqa: PLR2004
            return self._answered(response)
        if not self._is_settled(response):
            return None
        if self._stage.contract.health_path and response.status >= 400:  # noqa: PLR2004
            return self._refusal(response).refused()
        return self._answered(response, self._refusal(response).doubt())

    def _is_settled(self, response: HttpResponse) -> bool:
        """Return whether the same status has come for so long that waiting changes nothing."""
        now_s = self._clock.now_s()
        if response.status != self._status:
            self._status, self._same_since_s = response.status, now_s
        if response.status < 500:  # noqa: PLR2004  the server is up, and says so at once
            return True
        patience_s = _UNAVAILABLE_SETTLED_S if response.status == _UNAVAILABLE else _SETTLED_S
        return now_s - self._same_since_s >= patience_s

    def _answered(self, response: HttpResponse, *doubts: Finding | None) -> Answered:
        return Answered(
            response=response,
            path=self.path,
            findings=tuple(doubt for doubt in doubts if doubt),
        )

    def _refusal(self, response: HttpResponse) -> Refusal:
        return Refusal(
            stage=self._stage,
            response=response,
            path=self.path,
            process=self._process,
            log_before=self._log_before,
            curl=self._curl(),
        )

    def _curl(self) -> str:
        probe = Probe(name="health", path=self.path, timeout_s=self._stage.contract.limits.health_request_s)
        return curl.command(probe, self._stage.base_url, headers=self._stage.health_headers())


def _surely(failure: Finding, how: str) -> Finding:
    """Return *failure*, of which another start would show the same, unless the log tells another cause of it."""
    return replace(failure, code=f"{failure.code}:{how}") if failure.code in {_TOO_LATE, _SILENT} else failure
