"""Wait for something with growing pauses, and say every 10 s what is waited for."""

from collections.abc import Callable
from typing import Final, TypeVar

from deploy_suite.ports import Clock, Process, Progress

_SHORTEST_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.1
_PAUSE_SHARE: Final = 0.03  # of the time that has passed: what comes soon is seen soon
_SAID_EVERY_S: Final = 10.0
_NOTABLE_CPU_SHARE: Final = 0.03  # an event loop at rest uses less of a processor
_IDLE_LOOK_EVERY_S: Final = 1.0

T = TypeVar("T")


def until(
    look: Callable[[], T],
    *,
    timeout_s: float,
    clock: Clock,
    progress: Progress,
    waiting_for: Callable[[], str],
    shortest_pause_s: float = _SHORTEST_PAUSE_S,
) -> T:
    """Return the first thing other than None that *look* returns, or what it returns when the time is up."""
    began_s = said_s = clock.now_s()
    while True:
        found = look()
        now_s = clock.now_s()
        if found is not None or now_s - began_s >= timeout_s:
            return found
        if now_s - said_s >= _SAID_EVERY_S:
            said_s = now_s
            progress.waiting(f"{waiting_for()} ({now_s - began_s:.0f} s so far)")
        clock.sleep(min(max((now_s - began_s) * _PAUSE_SHARE, shortest_pause_s), _LONGEST_PAUSE_S))


class Idleness:
    """How long a process has neither used the processor, nor printed, nor begun or ended a process."""

    def __init__(self, process: Process, clock: Clock) -> None:
        """Begin to watch *process*."""
        self._process = process
        self._clock = clock
        self._since_s = clock.now_s()
        self._looked_s = self._since_s
        self._state = self._seen()

    def seconds(self) -> float:
        """Return for how long nothing has happened; looks at most once a second."""
        now_s = self._clock.now_s()
        passed_s = now_s - self._looked_s
        if passed_s >= _IDLE_LOOK_EVERY_S:
            before, self._state, self._looked_s = self._state, self._seen(), now_s
            used_s = abs(self._state[0] - before[0])
            if used_s / passed_s > _NOTABLE_CPU_SHARE or self._state[1:] != before[1:]:
                self._since_s = now_s
        return now_s - self._since_s

    def _seen(self) -> tuple[float, int, str]:
        output = self._process.output()
        return self._process.cpu_s(), self._process.process_count(), f"{len(output)} {output[-200:]}"
