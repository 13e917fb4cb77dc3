"""Who waits for whom: the start of a service, which all else waits for, has the processor first."""

import threading
from typing import Final

_STARTS_WITHIN_S: Final = 0.5  # what is still being built then leaves the processor to others now and again
_ASKED_WITHIN_S: Final = 5.0


class RightOfWay:
    """That of the start of one service. What only reads files has time enough while the service stops."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._is_started = threading.Event()
        self._is_asked = threading.Event()

    def start(self) -> None:
        """The service is started, or cannot be before something else is done."""
        self._is_started.set()

    def end(self) -> None:
        """The service has been asked all, or there is none: nobody need give way any more."""
        self._is_started.set()
        self._is_asked.set()

    def await_start(self) -> None:
        """Wait until the service is started, or cannot be yet."""
        self._is_started.wait()

    def give(self) -> None:
        """Wait until the service has been asked all, as far as it is started soon and soon answers."""
        if self._is_started.wait(_STARTS_WITHIN_S):
            self._is_asked.wait(_ASKED_WITHIN_S)
