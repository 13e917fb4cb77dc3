"""An answer that is no success → the failure or the doubt that it is."""

import re
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import allowed_hosts, silent
from deploy_suite.checks.boot.explaining import evidence, explained, wants_other_services
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines, last_traceback
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import Framework
from deploy_suite.ports import HttpResponse, Process

_BODY_CHARACTERS: Final = 300
_MARKUP: Final = re.compile(r"<(script|style|title)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One such answer. Shape: `log_before` is what `process` had printed before; `curl` is the command that asks."""

    stage: Stage
    response: HttpResponse
    path: str
    process: Process
    log_before: str
    curl: str

    @property
    def log(self) -> str:
        """What the service has printed by now, since it was asked."""
        return self.process.output().removeprefix(self.log_before)

    def refused(self) -> Finding:
        """Return the failure of a health path that answers anything but success."""
        failure = Finding(
            code="health-check-failed",
            outcome=Outcome.FAILED,
            message=f"the health path {self.path} answers {self.response.status}, and the target waits for 2xx",
            location=self.stage.contract.health_location or self.stage.contract.location,
            evidence=_quoted(self.response),
            remedy=f"make {self.path} answer 200 without a login, or name another path as the health check",
            reproduce=self.curl,
        )
        if self.response.status < 500:  # noqa: PLR2004
            return self._host_refused(failure.outcome) or failure
        log = silent.log(self.stage, self.path, self.log)
        return self._broken(explained(self.stage, log, failure))

    def _broken(self, failure: Finding) -> Finding:
        """Return *failure* as what it proves: a server error may only say that another service is missing here."""
        others = wants_other_services(self.stage)
        if failure.code != "health-check-failed" or not others:
            return failure
        return replace(
            failure,
            code="cannot-check-here",
            outcome=Outcome.SKIPPED,
            message=f"the health path {self.path} answers {self.response.status} here, where {', '.join(others)} "
            "is made up: it may be for that",
            remedy="give real values in .env.preflight, and never commit that file",
        )

    def doubt(self) -> Finding | None:
        """Return the warning about an answer that the target's documentation accepts, or takes no notice of."""
        if self.response.status < 400:  # noqa: PLR2004
            return self._redirected()
        if self.response.status < 500:  # noqa: PLR2004  a service may well have nothing at /
            return self._host_refused(Outcome.WARNING)
        log = silent.log(self.stage, self.path, self.log)
        failure = Finding(
            code="server-error:/",
            outcome=Outcome.WARNING,
            message=f"GET {self.path} answers {self.response.status}",
            evidence=last_lines(log, 6),
            remedy=("mend what the traceback shows" if last_traceback(log) else f"see what answers {self.path}")
            + ", and name a health check path so that the target notices",
            certainty="the target takes any answer on an open port for a sign of life",
            reproduce=self.curl,
        )
        told = explained(self.stage, log, failure)
        return replace(told, outcome=Outcome.WARNING) if told.outcome is Outcome.FAILED else self._unless_guessed(told)

    def _unless_guessed(self, told: Finding) -> Finding:
        """Return *told* as a note where the log is silent and the commands were guessed: another build may be meant."""
        start = self.stage.contract.start
        is_guessed = start is not None and start.location is None
        if told.outcome is not Outcome.WARNING or not is_guessed or last_traceback(self.log):
            return told
        return replace(told, outcome=Outcome.NOTE, certainty="uncertain: the build and the start command are assumed")

    def _redirected(self) -> Finding:
        return Finding(
            code="health-check-redirect",
            outcome=Outcome.WARNING,
            message=f"the health path {self.path} answers {self.response.status} and redirects to "
            f"{self.response.headers.get('location', 'nowhere')}",
            location=self.stage.contract.health_location or self.stage.contract.location,
            remedy=f"make {self.path} answer 200 itself; exempt it from redirects to https and from logins",
            certainty="the target's documentation accepts 3xx; services that answered 301 were seen to fail",
            reproduce=self.curl,
        )

    def _host_refused(self, outcome: Outcome) -> Finding | None:
        """Return the finding when the service answers 400 because of the host name it is asked under."""
        entry = self.stage.contract.entry
        is_django = (
            entry is not None and entry.framework is Framework.DJANGO and "Bad Request (400)" in self.response.text
        )
        says_so = "Invalid host header" in self.response.text or "ALLOWED_HOSTS" in self.response.text + self.log
        if self.response.status != 400 or not (is_django or says_so):  # noqa: PLR2004
            return None
        host = self.stage.contract.host
        return Finding(
            code="django-allowed-hosts" if is_django or "ALLOWED_HOSTS" in self.log else "host-not-allowed",
            outcome=outcome,
            message=f"the service answers 400 to every request for the host {host}: it is not among its allowed hosts",
            evidence=evidence(self.log)[:2] or _quoted(self.response),
            location=allowed_hosts.setting(self.stage),
            remedy=f"add {host} to ALLOWED_HOSTS; on Render the variable RENDER_EXTERNAL_HOSTNAME holds it",
            certainty="" if outcome is Outcome.FAILED else "sure for that name; a domain of your own may be allowed",
            reproduce=self.curl,
        )


def _quoted(response: HttpResponse) -> tuple[str, ...]:
    """Return what *response* says to a reader: of a page its words."""
    is_page = "html" in response.headers.get("content-type", "")
    words = " ".join(_MARKUP.sub(" ", response.text).split()) if is_page else response.text.strip()
    return (words[:_BODY_CHARACTERS],) if words else ()
