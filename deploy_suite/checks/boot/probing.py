"""A healthy service → what its own routes and the project's probes answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import silent
from deploy_suite.checks.boot.explaining import NETWORK_REMEDY, explained, family, may_be_of_here, wants_other_services
from deploy_suite.checks.boot.routes import documented_at, plain_routes
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines, last_traceback
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.probe import Expectation, Probe, ProbeResult, ProbeVerdict
from deploy_suite.model.project import Framework
from deploy_suite.ports import Address, Process, Reach
from deploy_suite.probes import curl
from deploy_suite.probes.expectations import latency_problem
from deploy_suite.probes.session import Session

_ROUTE_TIMEOUT_S: Final = 3.0
_ALL_ROUTES_S: Final = 15.0
_LOG_LAG_S: Final = 0.1
_CALM_AFTER_S: Final = (0.2, 0.5, 1.0, 2.0)
_BODY_LINES: Final = 4
_NAMED_ROUTES: Final = 4
_ANY_STATUS: Final = frozenset(range(100, 600))
_SERVER_ERROR: Final = 500
# What lacks is not in the route that meets it: each one names another table.
_OF_STATE: Final = frozenset({"migrations-not-run"})
# These say by their meaning that it is something behind the service which fails (RFC 9110 section 15.6).
_BEHIND: Final = frozenset({502, 503, 504})
_WITHOUT_DOCUMENT: Final = frozenset({Framework.DJANGO, Framework.FLASK})
# Families whose signature in the traceback of a request proves that it fails on the target too.
_SURE: Final = frozenset(
    {
        "dep-conflict",
        "migrations-not-run",
        "missing-native-extension",
        "missing-requirement",
        "missing-system-binary",
        "missing-system-lib",
        "numpy-abi",
        "numpy2-removed-name",
        "postgres-url-scheme",
        "pydantic-v1-v2",
        "static-manifest-missing",
        "stdlib-removed",
        "template-not-found",
        "wsgi-asgi-mismatch",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What was asked.

    Shape: `slowest` is the path whose good answer took longest, with that time in ms; `wanted` are hosts that the
    service first tried to reach when it was asked for a path, which stands before each.
    """

    findings: tuple[Finding, ...]
    routes: int
    probes: int
    slowest: tuple[str, float]
    wanted: tuple[tuple[str, Reach], ...] = ()


def probed(stage: Stage, process: Process, address: Address) -> Probed:
    """Return what the service's own routes and the contract's probes answer."""
    asking = _Asking(stage, process, address)
    findings = [*asking.own_routes(), *asking.stated_probes()]
    return Probed(
        findings=tuple(findings),
        routes=asking.routes,
        probes=len(stage.contract.probes),
        slowest=asking.slowest,
        wanted=tuple(asking.wanted),
    )


def _with_alike(found: Sequence[tuple[str, Finding]]) -> list[Finding]:
    """Return the findings with routes that fail for the same reason told in one, so that the others can be seen."""
    groups: dict[tuple[object, ...], list[tuple[str, Finding]]] = {}
    for path, finding in found:
        of_state = finding.code in _OF_STATE
        said = "" if of_state else finding.message.replace(path, "")
        alike = (finding.code.removesuffix(path), said, None if of_state else finding.location, finding.outcome)
        groups.setdefault(alike, []).append((path, finding))
    return [_together(*first, others=tuple(path for path, _ in rest)) for first, *rest in groups.values()]


def _together(path: str, finding: Finding, *, others: Sequence[str]) -> Finding:
    if not others:
        return finding
    named = ", ".join(others[:_NAMED_ROUTES]) + (", …" if len(others) > _NAMED_ROUTES else "")
    told = f"GET {path} and {len(others)} more ({named}) answer"
    return replace(finding, message=finding.message.replace(f"GET {path} answers", told))


class _Asking:
    """One service's probes."""

    def __init__(self, stage: Stage, process: Process, address: Address) -> None:
        self.routes = 0
        self.slowest = (stage.contract.health_path or "/", 0.0)
        self.wanted: list[tuple[str, Reach]] = []
        self._stage = stage
        self._process = process
        self._address = address
        self._headers = stage.visitor_headers()

    def own_routes(self) -> list[Finding]:
        """Return the findings about `/` and the documented routes; only alone in the world are these asked at all."""
        paths = ["/"] if self._stage.contract.health_path not in {"", "/"} else []
        if self._stage.network.is_isolated:
            known = {"/", self._stage.contract.health_path}
            paths += [path for path in self._documented() if path not in known]
        deadline_s = self._stage.ports.clock.now_s() + _ALL_ROUTES_S
        findings = []
        for path in paths:
            if self._stage.ports.clock.now_s() > deadline_s:
                break
            self.routes += 1
            findings.append((path, self._route(path)))
        return _with_alike([(path, finding) for path, finding in findings if finding])

    def stated_probes(self) -> list[Finding]:
        """Return the findings about the probes that the project states."""
        probes = self._stage.contract.probes
        saves = (name for probe in probes for name in probe.save)
        session = Session(self._address, self._stage.ports, headers=self._headers, saves=saves)
        return [finding for probe in probes if (finding := self._stated(session, probe))]

    def _documented(self) -> tuple[str, ...]:
        entry = self._stage.contract.entry
        if entry is not None and entry.framework in _WITHOUT_DOCUMENT:
            return ()
        document = self._text("/openapi.json")
        if not document and (elsewhere := documented_at(self._text("/docs"))):
            document = self._text(elsewhere)
        return plain_routes(document)

    def _text(self, path: str) -> str:
        """Return what *path* answers, "" when it is no success."""
        result, _ = self._asked(_route_probe(path, Expectation()))
        return result.body if result.verdict is ProbeVerdict.PASS else ""

    def _route(self, path: str) -> Finding | None:
        """Return the finding about *path* when it answers a server error for a reason that lies in the project."""
        probe = _route_probe(path, Expectation(statuses=_ANY_STATUS))
        result, log = self._asked(probe)
        if result.status < _SERVER_ERROR:
            if result.verdict is ProbeVerdict.PASS and result.elapsed_ms > self.slowest[1]:
                self.slowest = (path, result.elapsed_ms)
            return None
        log = silent.log(self._stage, path, log)
        # What the code turns into an answer of its own is told nowhere else.
        told = log if last_traceback(log) else "\n".join((log, *last_lines(result.body, _BODY_LINES)))
        # Such an answer may also come of a gateway, or of a host that is out of reach here.
        is_behind = result.status in _BEHIND or bool(self._stage.network.reached_for())
        if (is_behind and not last_traceback(log)) or may_be_of_here(self._stage, told):
            return None
        is_sure = family(told) in _SURE
        found = explained(
            self._stage,
            log,
            Finding(
                code=f"server-error:{path}",
                outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
                message=f"GET {path} answers {result.status}",
                evidence=last_traceback(log) or last_lines(result.body, _BODY_LINES),
                remedy="mend what the traceback shows"
                if last_traceback(log)
                else f"see what answers {path}, and why it gives {result.status}",
                certainty="" if is_sure else "the deploy goes through; visitors of this route get the error",
                reproduce=self._curl(probe),
            ),
        )
        return (
            found if last_traceback(log) else _by_answer(found, result.body, made_up=wants_other_services(self._stage))
        )

    def _stated(self, session: Session, probe: Probe) -> Finding | None:
        result, log = self._with_log(lambda: session.ask(probe), path=probe.path)
        doubt = ""
        if _is_only_slow(result):
            result, doubt = self._in_calm(session, result)
        if result.verdict is ProbeVerdict.PASS:
            return None
        failure = Finding(
            code=f"probe-failed:{probe.name}",
            outcome=_outcome(result, doubt=doubt),
            message=f"the probe {probe.name!r} fails: {probe.method if not probe.websocket else 'WebSocket'} "
            f"{probe.path}: {result.reason}",
            location=probe.location,
            evidence=last_lines(result.body, 4),
            remedy="mend the service, or the probe if it expects the wrong thing",
            certainty=doubt,
            reproduce=self._curl(probe),
        )
        if result.status < _SERVER_ERROR and (result.status or not last_traceback(log)) and not _lacks_package(log):
            return self._if_not_outside(failure, log)
        told = explained(self._stage, log, failure)
        return replace(told, location=told.location or probe.location, reproduce=self._curl(probe))

    def _if_not_outside(self, failure: Finding, log: str) -> Finding:
        """Return *failure*, as SKIPPED where the log says that a way out was missing."""
        if failure.outcome is Outcome.FAILED and may_be_of_here(self._stage, log):
            return replace(
                failure,
                outcome=Outcome.SKIPPED,
                message=f"cannot be checked here: {failure.message}; the service wanted to reach what is outside",
                remedy=NETWORK_REMEDY,
            )
        return failure

    def _in_calm(self, session: Session, slow: ProbeResult) -> tuple[ProbeResult, str]:
        """Return *slow*, or the first of some more answers that keeps the budget; and what speaks for the service.

        Other checks run beside this one and a first answer is often slow, so a budget counts as exceeded only when no
        exchange of several keeps it, not even without the time in which others on this machine had the processors. To
        ask again is harmless: the database is thrown away.
        """
        fastest_ms, budget_ms, doubt = slow.elapsed_ms, slow.probe.expect.latency_ms or 0.0, ""
        for pause_s in _CALM_AFTER_S:
            self._stage.ports.clock.sleep(pause_s)
            before_s = self._process.queued_s()
            result = session.ask(slow.probe)
            if not _is_only_slow(result):
                return result, ""
            queued_ms = (self._process.queued_s() - before_s) * 1000
            if result.elapsed_ms - queued_ms <= budget_ms:
                doubt = f"not known: in {queued_ms:.0f} of {result.elapsed_ms:.0f} ms others had the processor"
            fastest_ms = min(fastest_ms, result.elapsed_ms)
        figures = f"the fastest of {len(_CALM_AFTER_S) + 1} exchanges took {fastest_ms:.0f} ms"
        return replace(slow, reason=f"{figures} where at most {budget_ms:.0f} ms were allowed"), doubt

    def _asked(self, probe: Probe) -> tuple[ProbeResult, str]:
        session = Session(self._address, self._stage.ports, headers=self._headers)
        return self._with_log(lambda: session.ask(probe), path=probe.path)

    def _with_log(self, ask: Callable[[], ProbeResult], *, path: str) -> tuple[ProbeResult, str]:
        """Return the result and what the service printed meanwhile; a traceback may come a moment after its answer."""
        before, known = self._process.output(), {each.host for each in self._stage.network.reached_for()}
        result = ask()
        if result.status >= _SERVER_ERROR or (result.status == 0 and result.verdict is not ProbeVerdict.PASS):
            self._stage.ports.clock.sleep(_LOG_LAG_S)
        self.wanted += ((path, each) for each in self._stage.network.reached_for() if each.host not in known)
        log = self._process.output()
        return result, log[len(before) :] if log.startswith(before) else "\n".join(last_lines(log, 200))

    def _curl(self, probe: Probe) -> str:
        return curl.command(probe, self._stage.base_url, headers=self._headers)


def _by_answer(found: Finding, body: str, *, made_up: Sequence[str]) -> Finding:
    """Return *found*, of which no traceback tells, with what was answered.

    Shape: *made_up* are variables with addresses of other services that are not here: one may be why.
    """
    shown = replace(found, evidence=tuple(dict.fromkeys((*last_lines(body, _BODY_LINES), *found.evidence))))
    if not made_up or shown.outcome is not Outcome.WARNING:
        return shown
    why = f"uncertain: the address in {' and in '.join(made_up)} is made up here, and it may be for that"
    return replace(shown, outcome=Outcome.NOTE, certainty=why)


def _lacks_package(log: str) -> bool:
    """Return whether the server said, in place of a traceback, that a package is not there to answer with."""
    return family(log) == "missing-requirement"


def _outcome(result: ProbeResult, *, doubt: str) -> Outcome:
    if result.verdict is not ProbeVerdict.FAIL:
        return Outcome.SKIPPED
    return Outcome.WARNING if doubt else Outcome.FAILED


def _is_only_slow(result: ProbeResult) -> bool:
    late = latency_problem(result.probe.expect, result.elapsed_ms)
    return result.verdict is ProbeVerdict.FAIL and bool(late) and result.reason == late


def _route_probe(path: str, expect: Expectation) -> Probe:
    return Probe(name=path, path=path, follow_redirects=True, timeout_s=_ROUTE_TIMEOUT_S, expect=expect)
