"""What is told while a deploy goes on: each stage, and a sign of life where nothing else is said."""

import threading
from contextlib import AbstractContextManager

from deploy_suite.environments.telling import beating
from deploy_suite.ports import Clock, Progress


class Voice:
    """Speaks for one deploy; several threads may use it."""

    def __init__(self, progress: Progress, clock: Clock) -> None:
        """Speak through *progress*."""
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._began_s = self._last_s = clock.now_s()
        self._stage = ""
        self._stage_began_s = self._began_s

    def stage(self, name: str) -> None:
        """A stage began, and with it the one before has ended; nothing happens when it goes on."""
        with self._lock:
            if name == self._stage:
                return
            now_s = self._last_s = self._clock.now_s()
            if self._stage:
                self._progress.ended(self._stage, now_s - self._stage_began_s, "done")
            self._stage, self._stage_began_s = name, now_s
            self._progress.began(name)

    def over(self, outcome: str) -> None:
        """The last stage ended."""
        with self._lock:
            if self._stage:
                self._progress.ended(self._stage, self._clock.now_s() - self._stage_began_s, outcome)
            self._stage = ""

    def told(self, text: str) -> None:
        """Say *text*."""
        with self._lock:
            self._last_s = self._clock.now_s()
            self._progress.waiting(text)

    def quoted(self, source: str, text: str) -> None:
        """Say a line of a log."""
        with self._lock:
            self._last_s = self._clock.now_s()
            self._progress.said(source, text)

    def alive(self, every_s: float) -> AbstractContextManager[None]:
        """Let something be said every *every_s* at the latest, whatever the caller waits for."""
        return beating(every_s, self._clock, last_s=lambda: self._last_s, beat=self._beat)

    def _beat(self) -> None:
        since_s = self._clock.now_s() - self._stage_began_s
        self.told(f"{self._stage or 'asking the target'}: {since_s:.0f} s so far")
