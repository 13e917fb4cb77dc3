"""A service that listens → whether its health path answers as the target asks."""

import re
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import allowed_hosts, silent
from deploy_suite.checks.boot.explaining import evidence, explained, wants_other_services
from deploy_suite.checks.boot.late_answers import PATIENCE, LateAnswers
from deploy_suite.checks.boot.listening import Repetition, crash_loop, ended, last_said, unproved
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines, last_traceback
from deploy_suite.checks.waiting import Idleness, until
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.probe import Probe
from deploy_suite.model.project import Framework
from deploy_suite.ports import Address, HttpRequest, HttpResponse, Process, UnreachableError
from deploy_suite.probes import curl

_STUCK_S: Final = 30.0
_SETTLED_S: Final = 4.0  # an answer other than success that stays the same this long is the answer
_UNAVAILABLE_SETTLED_S: Final = 30.0  # 503 says "not yet" by its meaning (RFC 9110 section 15.6.4)
_BETWEEN_S: Final = 0.5
_UNAVAILABLE: Final = 503
_TOO_LATE: Final = "health-check-timeout"
_BODY_CHARACTERS: Final = 300
_MARKUP: Final = re.compile(r"<(script|style|title)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A service that answered. Shape: `findings` are what is doubtful about the answer; `seconds` since it listened."""

    response: HttpResponse
    path: str
    seconds: float
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
        return replace(failure, code=f"{failure.code}:late") if failure.code == _TOO_LATE else failure

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
        """Return the failure of a server that gives no answer."""
        return explained(
            self._stage,
            self._process.output(),
            Finding(
                code=_TOO_LATE if self._stage.contract.health_path else "no-answer",
                outcome=Outcome.FAILED,
                message=f"the server listens on port {self._stage.port}, but GET {self.path} {what}",
                location=self._stage.contract.health_location or self._stage.contract.location,
                evidence=last_lines(self._process.output(), 4),
                remedy="answer the health path without waiting for other systems, within "
                f"{self._stage.contract.limits.health_request_s:g} s",
                reproduce=self._curl(),
            ),
        )

    def _asked(self, host: str) -> HttpResponse:
        headers = {"Host": host} if host else {}
        request = HttpRequest(method="GET", path=self.path, headers=headers)
        return self._stage.ports.http.request(self._address, request, timeout_s=self._patience_s())

    def _no_answer(self, error: UnreachableError) -> Finding | None:
        self._status = 0
        if error.reason == "timeout" and error.was_sent:
            self._late.gave_up()
        if self._repetition.is_loop(self._process.output()):
            return crash_loop(self._stage, self._process)
        idle_s = self._idleness.seconds()
        if idle_s < _STUCK_S:
            return None
        return self.unanswered(f"was not answered and the service did nothing for {idle_s:.0f} s ({error.reason})")

    def _judged(self, response: HttpResponse) -> Answered | Finding | None:
        if 200 <= response.status < 300 or (not self._stage.contract.health_path and response.status < 400):  # noqa: PLR2004
            return self._answered(response)
        if not self._is_settled(response):
            return None
        if self._stage.contract.health_path and response.status >= 400:  # noqa: PLR2004
            return self._refused(response)
        return self._answered(response, self._doubt(response))

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
            seconds=self._clock.now_s() - self._began_s,
            findings=tuple(doubt for doubt in doubts if doubt),
        )

    def _refused(self, response: HttpResponse) -> Finding:
        failure = Finding(
            code="health-check-failed",
            outcome=Outcome.FAILED,
            message=f"the health path {self.path} answers {response.status}, and the target waits for 2xx",
            location=self._stage.contract.health_location or self._stage.contract.location,
            evidence=_quoted(response),
            remedy=f"make {self.path} answer 200 without a login, or name another path as the health check",
            reproduce=self._curl(),
        )
        if response.status < 500:  # noqa: PLR2004
            return self._host_refused(response, failure.outcome) or failure
        log = silent.log(self._stage, self.path, self._log_since())
        return self._broken(explained(self._stage, log, failure), response)

    def _broken(self, failure: Finding, response: HttpResponse) -> Finding:
        """Return *failure* as what it proves: a server error may only say that another service is missing here."""
        others = wants_other_services(self._stage)
        if failure.code != "health-check-failed" or not others:
            return failure
        return replace(
            failure,
            code="cannot-check-here",
            outcome=Outcome.SKIPPED,
            message=f"the health path {self.path} answers {response.status} here, where {', '.join(others)} "
            "is made up: it may be for that",
            remedy="give real values in .env.preflight, and never commit that file",
        )

    def _doubt(self, response: HttpResponse) -> Finding | None:
        """Return the warning about an answer that the target's documentation accepts, or takes no notice of."""
        if response.status < 400:  # noqa: PLR2004
            return self._redirected(response)
        if response.status < 500:  # noqa: PLR2004  a service may well have nothing at /
            return self._host_refused(response, Outcome.WARNING)
        log = silent.log(self._stage, self.path, self._log_since())
        failure = Finding(
            code="server-error:/",
            outcome=Outcome.WARNING,
            message=f"GET {self.path} answers {response.status}",
            evidence=last_lines(log, 6),
            remedy=("mend what the traceback shows" if last_traceback(log) else f"see what answers {self.path}")
            + ", and name a health check path so that the target notices",
            certainty="the target takes any answer on an open port for a sign of life",
            reproduce=self._curl(),
        )
        told = explained(self._stage, log, failure)
        return replace(told, outcome=Outcome.WARNING) if told.outcome is Outcome.FAILED else self._unless_guessed(told)

    def _unless_guessed(self, told: Finding) -> Finding:
        """Return *told* as a note where the log is silent and the commands were guessed: another build may be meant."""
        start = self._stage.contract.start
        is_guessed = start is not None and start.location is None
        if told.outcome is not Outcome.WARNING or not is_guessed or last_traceback(self._log_since()):
            return told
        return replace(told, outcome=Outcome.NOTE, certainty="uncertain: the build and the start command are assumed")

    def _redirected(self, response: HttpResponse) -> Finding:
        return Finding(
            code="health-check-redirect",
            outcome=Outcome.WARNING,
            message=f"the health path {self.path} answers {response.status} and redirects to "
            f"{response.headers.get('location', 'nowhere')}",
            location=self._stage.contract.health_location or self._stage.contract.location,
            remedy=f"make {self.path} answer 200 itself; exempt it from redirects to https and from logins",
            certainty="the target's documentation accepts 3xx; services that answered 301 were seen to fail",
            reproduce=self._curl(),
        )

    def _host_refused(self, response: HttpResponse, outcome: Outcome) -> Finding | None:
        """Return the finding when the service answers 400 because of the host name it is asked under."""
        entry = self._stage.contract.entry
        is_django = entry is not None and entry.framework is Framework.DJANGO and "Bad Request (400)" in response.text
        says_so = "Invalid host header" in response.text or "ALLOWED_HOSTS" in response.text + self._log_since()
        if response.status != 400 or not (is_django or says_so):  # noqa: PLR2004
            return None
        host = self._stage.contract.host
        return Finding(
            code="django-allowed-hosts" if is_django or "ALLOWED_HOSTS" in self._log_since() else "host-not-allowed",
            outcome=outcome,
            message=f"the service answers 400 to every request for the host {host}: it is not among its allowed hosts",
            evidence=evidence(self._log_since())[:2] or _quoted(response),
            location=allowed_hosts.setting(self._stage),
            remedy=f"add {host} to ALLOWED_HOSTS; on Render the variable RENDER_EXTERNAL_HOSTNAME holds it",
            certainty="" if outcome is Outcome.FAILED else "sure for that name; a domain of your own may be allowed",
            reproduce=self._curl(),
        )

    def _log_since(self) -> str:
        log = self._process.output()
        return log.removeprefix(self._log_before)

    def _curl(self) -> str:
        probe = Probe(name="health", path=self.path, timeout_s=self._stage.contract.limits.health_request_s)
        return curl.command(probe, self._stage.base_url, headers=self._stage.health_headers())


def _quoted(response: HttpResponse) -> tuple[str, ...]:
    """Return what *response* says to a reader: of a page its words."""
    is_page = "html" in response.headers.get("content-type", "")
    words = " ".join(_MARKUP.sub(" ", response.text).split()) if is_page else response.text.strip()
    return (words[:_BODY_CHARACTERS],) if words else ()
