"""A command that was started and does not stay up → the failure that says so, and how a person would see it."""

import re
from dataclasses import replace
from typing import Final

from deploy_suite.checks.boot.explaining import explained
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import exceptions, last_lines
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.ports import Clock, Process

LOOK_AT_LOG_EVERY_S: Final = 1.0
_LOOP_RISES: Final = 3
_SAID_CHARACTERS: Final = 120
_OF_CLIENTS: Final = ("BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError")
# With these, an assignment in front of the command would hold for its first part alone, and for no `$PORT` in it.
_SHELL: Final = re.compile(r"\$\{?PORT|[;&|]")


def unproved(stage: Stage, failure: Finding) -> Finding:
    """Return *failure*, of which a limit that the caller shortened proves nothing."""
    return at_callers_limit(failure) if stage.contract.limits.is_start_shortened else failure


def at_callers_limit(failure: Finding) -> Finding:
    """Return *failure* as what a limit shows that is the caller's and not the target's: nothing."""
    if failure.outcome is not Outcome.FAILED:
        return failure
    return replace(
        failure,
        outcome=Outcome.SKIPPED,
        message=f"not checked: {failure.message}, the caller's limit",
        remedy=f"{failure.remedy}; if it needs longer, raise --start-timeout",
    )


def ended(stage: Stage, process: Process, *, doing: str) -> Finding | None:
    """Return the failure when the command itself has ended while it should be *doing* something."""
    code = process.exit_code()
    if code is None:
        return None
    log = process.output()
    if code == 0 and process.process_count() and not exceptions(log):  # hypercorn outlives a failed import for a moment
        return _left_a_daemon(stage, log)
    what = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    told = explained(
        stage,
        log,
        Finding(
            code="start-exited",
            outcome=Outcome.FAILED,
            message=f"the start command {what} {doing}",
            location=place(stage),
            remedy="make the start command run the server in the foreground, for as long as the service lives",
            reproduce=reproduced(stage),
        ),
    )
    return by_address(stage, log, told)


def reproduced(stage: Stage) -> str:
    """Return the start command as a person would try it."""
    start = stage.contract.start
    where = str(stage.contract.root)
    into = "" if where in {"", "."} else f"cd {where} && "
    if start and _SHELL.search(start.text):
        return f"{into}(export PORT={stage.port}; {start.text})"
    return f"{into}PORT={stage.port} {start.text}" if start else ""


def last_said(process: Process) -> str:
    """Return the last line of the log, for a line of progress."""
    line = "".join(last_lines(process.output(), 1))
    return f"; it said last: {line[:_SAID_CHARACTERS]}" if line else ""


class Repetition:
    """Whether the same exception comes again and again: workers that die and are started anew."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none seen."""
        self._clock = clock
        self._count = 0
        self._rises = 0
        self._risen_s = 0.0

    def is_loop(self, log: str) -> bool:
        """Return whether the last exception of *log* has been seen to come anew, three times apart."""
        seen = exceptions(log)
        count = seen.count(seen[-1]) if seen else 0
        now_s = self._clock.now_s()
        if count > self._count and now_s - self._risen_s >= LOOK_AT_LOG_EVERY_S / 2:
            self._rises += 1
            self._risen_s = now_s
        self._count = max(count, self._count)
        return self._rises >= _LOOP_RISES and self._count > _LOOP_RISES


def is_hang_up(log: str) -> bool:
    """Return whether the last exception of *log* is that of a server whose client waits no longer: the suite itself."""
    return exceptions(log)[-1].startswith(_OF_CLIENTS)


def crash_loop(stage: Stage, process: Process) -> Finding:
    """Return the failure of a server whose workers die and are started anew, over and over."""
    return explained(
        stage,
        process.output(),
        Finding(
            code="workers-restart",
            outcome=Outcome.FAILED,
            message="the server's workers fail and are started anew, over and over",
            location=place(stage),
            remedy="mend what the traceback shows",
            reproduce=reproduced(stage),
        ),
    )


def _left_a_daemon(stage: Stage, log: str) -> Finding:
    return Finding(
        code="start-exited:daemon",
        outcome=Outcome.FAILED,
        message="the start command ended while a process that it left in the background goes on; for the target the "
        "service has ended",
        location=place(stage),
        evidence=last_lines(log, 4),
        remedy="run the server in the foreground: no --daemon, no & at the end, exec in a start script",
        reproduce=reproduced(stage),
    )


def place(stage: Stage) -> Location | None:
    """Return where the start command is written."""
    start = stage.contract.start
    return start.location if start else None


def by_address(stage: Stage, log: str, failure: Finding) -> Finding:
    """Return *failure* at the line of the project that gives the address, where it is about one."""
    from deploy_suite.checks.boot import own_addresses  # noqa: PLC0415  a start that goes well needs none of it

    return own_addresses.told(stage, log, failure)
