"""Progress on standard error, so that standard output holds the report alone."""

import sys
import threading
from typing import TextIO

from deploy_suite.model.secret import Curtain


class Console:
    """Implements `ports.Progress`. Checks overlap, so each line says which one it is about."""

    def __init__(self, curtain: Curtain, stream: TextIO = sys.stderr, *, command: str = "preflight") -> None:
        """Write to *stream* what *curtain* lets be seen, each line under the name of the *command* that runs."""
        self._curtain = curtain
        self._command = command
        self._stream = stream
        self._lock = threading.Lock()

    def began(self, step: str) -> None:
        """See `ports.Progress.began`."""
        self._tell(f"{step} …")

    def waiting(self, text: str) -> None:
        """See `ports.Progress.waiting`."""
        self._tell(text)

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """See `ports.Progress.ended`."""
        self._tell(f"{step}: {outcome} after {seconds:.1f} s")

    def said(self, source: str, text: str) -> None:
        """See `ports.Progress.said`."""
        self._tell(f"{source} | {text}")

    def _tell(self, text: str) -> None:
        with self._lock:
            try:
                self._stream.write(f"{self._command}: {self._curtain.masked(text)}\n")
                self._stream.flush()
            except BrokenPipeError:
                raise  # nobody reads any more, so nobody waits
            except OSError:
                pass  # a full disk: what is told meanwhile is worth less than the verdict
