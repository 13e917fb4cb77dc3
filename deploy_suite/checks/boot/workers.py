"""What a server with several processes says of its workers → whether they end though nobody told them to."""

import re
from typing import Final

from deploy_suite.checks.boot.ending import place, reproduced
from deploy_suite.checks.boot.explaining import explained, may_be_of_here
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import exceptions
from deploy_suite.model.finding import Finding, Outcome

# gunicorn, then uvicorn. Left out is who was told to end; who did its number of requests ends with 0.
_ENDED: Final = re.compile(
    r"Worker \(pid:(?P<pid>\d{1,10})\) (?:exited with code -?[1-9]\d{0,9}|was sent SIG(?!TERM|INT|QUIT|HUP)\w{1,10})"
    r"|Child process \[(?P<child>\d{1,10})\] died"
)
_TIMED_OUT: Final = re.compile(r"WORKER TIMEOUT \(pid:(?P<pid>\d{1,10})\)")
_MANY: Final = 5  # workers that ended before the first answer: the server itself goes on with that for ever
_MOST_SHOWN: Final = 2


def ends(log: str) -> list[str]:
    """Return what *log* says of each worker that ended by itself, in order; one that was too slow was ended."""
    slow = {found["pid"] for found in _TIMED_OUT.finditer(log)}
    told = {found["pid"] or found["child"]: found[0] for found in _ENDED.finditer(log)}
    return [said for pid, said in told.items() if pid not in slow]


def never_up(stage: Stage, log: str) -> Finding | None:
    """Return the failure of a server that answers nobody while one worker after the other ends, None for no such."""
    ended = ends(log)
    if len(ended) < _MANY:
        return None
    return explained(
        stage,
        log,
        Finding(
            code="workers-restart",
            outcome=Outcome.FAILED,
            message=f"the server's workers end as they are started, over and over, and none answers: {ended[-1]}",
            location=place(stage),
            remedy="find what ends them: a hook in gunicorn.conf.py, a library that calls os._exit, a signal",
            reproduce=reproduced(stage),
        ),
    )


def lost(stage: Stage, log: str) -> Finding | None:
    """Return a warning of workers that ended while the service was up and answered, None where all stayed."""
    ended = ends(log)
    if not ended or may_be_of_here(stage, log):
        return None
    return Finding(
        code="workers-restart",
        outcome=Outcome.WARNING,
        message=f"a worker of the server ended after it had started: {ended[-1]}",
        location=place(stage),
        evidence=(*ended[-_MOST_SHOWN:], *exceptions(log)[-1:]),
        remedy="find what ends it: a thread or task that calls os._exit, a library that crashes, a signal",
        certainty=f"seen {'once' if len(ended) == 1 else f'{len(ended)} times'} in the seconds in which it was watched "
        "here; a server starts another worker, and what this one had under way is cut",
        reproduce=reproduced(stage),
    )
