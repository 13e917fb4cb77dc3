"""The pre-deploy command, run as the target would before it starts the new release."""

from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks.boot import ending
from deploy_suite.checks.boot.explaining import explained, wants_other_services
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.waiting import Idleness, until
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import CommandText
from deploy_suite.ports import Process

_SERVES_S: Final = 60.0  # who listens and does nothing for so long waits for clients, and none comes
_STUCK_S: Final = 300.0  # no processor, no output, no process begun: what sleeps between two tries does some of it
_MEND: Final = "mend the command; the target keeps the old release until it succeeds"


@dataclass(frozen=True, slots=True)
class _End:
    """How it ended.

    Shape: `what` is for a sentence, "" for well; `is_idle` says that it did nothing any more, `is_ours` that it was
    given up before the target would.
    """

    what: str
    remedy: str = _MEND
    is_idle: bool = False
    is_ours: bool = False


def run(stage: Stage) -> Finding | None:
    """Return the failure of the pre-deploy command, None when it succeeds or there is none."""
    stated = stage.contract.pre_deploy
    if stated is None or not stated.text.strip():
        return None
    stage.ports.progress.waiting(f"{stage.contract.service}: running the pre-deploy command")
    with stage.ports.launcher.start(stage.command(stated.text), network=stage.network) as process:
        end, log = _awaited(stage, process), process.output()
    return _failure(stage, stated, end, log) if end.what else None


def _failure(stage: Stage, stated: CommandText, end: _End, log: str) -> Finding:
    told = explained(
        stage,
        log,
        Finding(
            code="pre-deploy-failed",
            outcome=Outcome.FAILED,
            message=f"the pre-deploy command {end.what}",
            location=stated.location,
            remedy=end.remedy,
            reproduce=stated.text,
        ),
    )
    if end.is_ours:
        return ending.at_callers_limit(told)
    wanted = (*map(str, stage.network.reached_for()), *wants_other_services(stage)) if end.is_idle else ()
    if not wanted or told.outcome is not Outcome.FAILED:
        return told
    message = f"not checked: {told.message}, and what it may wait for is not here: {', '.join(wanted)}"
    return replace(told, outcome=Outcome.SKIPPED, message=message)


def _awaited(stage: Stage, process: Process) -> _End:
    """Wait for its end, as long as the target or the caller does; what certainly waits in vain is not waited for."""
    limit_s = stage.contract.limits.pre_deploy_s
    own_s = stage.built.case.preferences.start_timeout_s
    patience_s = limit_s if own_s is None else min(limit_s, own_s)
    idleness = Idleness(process, stage.ports.clock)

    def look() -> _End | None:
        code = process.exit_code()
        return _stuck(process, idleness.seconds(), limit_s) if code is None else _End(_how(code))

    return until(
        look,
        timeout_s=patience_s,
        clock=stage.ports.clock,
        progress=stage.ports.progress,
        waiting_for=lambda: (
            f"{stage.contract.service}: waiting for the pre-deploy command to end{ending.last_said(process)}"
        ),
    ) or _End(f"did not end within {patience_s:g} s", is_ours=patience_s < limit_s)


def _how(code: int) -> str:
    if not code:
        return ""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _stuck(process: Process, idle_s: float, limit_s: float) -> _End | None:
    if idle_s < _SERVES_S:
        return None
    ports = sorted({each.port for each in process.listeners()})
    if ports:
        return _End(
            f"listens on port {', '.join(map(str, ports))} and does not end; the target gives it {limit_s:.0f} s",
            remedy="leave servers to the start command: what runs before it has to end",
        )
    if idle_s < _STUCK_S:
        return None
    what = f"did nothing for {idle_s:.0f} s and does not end: it used no processor and printed nothing"
    return _End(what, remedy=f"{_MEND}; look for what it waits for: a lock, an answer, a queue", is_idle=True)
