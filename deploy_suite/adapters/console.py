"""Progress on standard error, so that standard output holds the report alone."""

import sys
import threading
import time
from typing import Final, TextIO

from deploy_suite.model.secret import Curtain
from deploy_suite.model.wording import printable

# Who says themselves every 10 s what they wait for shall come first.
_SILENT_S: Final = 12.0


class Console:
    """Implements `ports.Progress`. Checks overlap, so each line says which one it is about.

    While a step goes on nothing is silent for long: after *silent_s* without a word it is said which steps still run.
    """

    def __init__(
        self, curtain: Curtain, stream: TextIO = sys.stderr, *, command: str = "preflight", silent_s: float = _SILENT_S
    ) -> None:
        """Write to *stream* what *curtain* lets be seen, each line under the name of the *command* that runs."""
        self._curtain = curtain
        self._command = command
        self._stream = stream
        self._silent_s = silent_s
        self._told = threading.Condition()
        self._told_s = time.monotonic()
        self._running: dict[str, float] = {}
        self._watcher: threading.Thread | None = None

    def began(self, step: str) -> None:
        """See `ports.Progress.began`."""
        with self._told:
            self._running[step] = time.monotonic()
            self._told.notify_all()
        self._tell(f"{step} …")
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True, name="progress")
            self._watcher.start()

    def waiting(self, text: str) -> None:
        """See `ports.Progress.waiting`."""
        self._tell(text)

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """See `ports.Progress.ended`."""
        with self._told:
            self._running.pop(step, None)
        self._tell(f"{step}: {outcome} after {seconds:.1f} s")

    def said(self, source: str, text: str) -> None:
        """See `ports.Progress.said`."""
        self._tell(f"{source} | {text}")

    def _tell(self, text: str) -> None:
        with self._told:
            self._told_s = time.monotonic()
            try:
                self._stream.write(f"{self._command}: {printable(self._curtain.masked(text))}\n")
                self._stream.flush()
            except BrokenPipeError:
                raise  # nobody reads any more, so nobody waits
            except OSError:
                pass  # a full disk: what is told meanwhile is worth less than the verdict

    def _watch(self) -> None:
        while True:
            with self._told:
                left_s = self._told_s + self._silent_s - time.monotonic()
                still = self._still() if left_s <= 0 else ""
                if left_s > 0 or not still:
                    self._told.wait(left_s if left_s > 0 else None)
                    continue
            try:
                self._tell(still)
            except (BrokenPipeError, ValueError):
                return  # the reader is gone, or the stream is closed: the run itself is told when it next speaks

    def _still(self) -> str:
        """Return what goes on, the step that began first in front; "" for nothing."""
        now_s = time.monotonic()
        parts = (f"{step} ({now_s - began_s:.0f} s so far)" for step, began_s in self._running.items())
        return f"still at work: {', '.join(parts)}" if self._running else ""
