"""Answers that come after the target has stopped waiting → whether waiting longer can change anything."""

from collections import deque
from typing import Final

from deploy_suite.ports import Clock, Process

_TRIES: Final = 2  # that were given up, before one is waited for longer
PATIENCE: Final = 4.0  # times the target's own limit
PAUSE_S: Final = 2.0
_ENOUGH: Final = 6
_SPREAD: Final = 1.25
_REST_CPU_SHARE: Final = 0.1  # of a processor, between two requests: who warms up uses more


class LateAnswers:
    """The latest answers of a row, each later than the target waits, and whether the service rested between them."""

    def __init__(self, process: Process, clock: Clock) -> None:
        """Begin with none seen."""
        self._process = process
        self._clock = clock
        self._given_up = 0
        self._took_s: deque[float] = deque(maxlen=_ENOUGH)
        self._used_s = 0.0
        self._ended_s = 0.0

    @property
    def is_expected(self) -> bool:
        """Whether so many requests were given up that the next is to be waited for longer."""
        return self._given_up >= _TRIES

    @property
    def is_resting(self) -> bool:
        """Whether the pause after the last late answer is not over."""
        return bool(self._took_s) and self._clock.now_s() - self._ended_s < PAUSE_S

    def gave_up(self) -> None:
        """Take note of a request that was not answered in its time."""
        self._given_up += 1
        self._took_s.clear()

    def asking(self) -> None:
        """Forget what came before where the service has worked on something else since the last late answer."""
        pause_s = self._clock.now_s() - self._ended_s
        if self._took_s and self._process.cpu_s() - self._used_s > _REST_CPU_SHARE * pause_s:
            self._took_s.clear()

    def came(self, seconds: float) -> None:
        """Take note of a late answer, *seconds* after its request."""
        self._took_s.append(seconds)
        self._ended_s = self._clock.now_s()
        self._used_s = self._process.cpu_s()

    def forget(self) -> None:
        """Begin anew: an answer came in time."""
        self._given_up = 0
        self._took_s.clear()

    def said(self) -> str:
        """Return how late the answers are, for a sentence, once they are all alike; "" before that."""
        if len(self._took_s) < _ENOUGH or max(self._took_s) > _SPREAD * min(self._took_s):
            return ""
        middle = sorted(self._took_s)[_ENOUGH // 2]
        return f"answers in {middle:.1f} s each time ({_ENOUGH} times in a row, at rest between them)"
