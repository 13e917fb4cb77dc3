"""Who waits for whom: the start of a service, which all else waits for, has the processor first."""

import threading
from typing import Final

_LONGEST_S: Final = 5.0


class RightOfWay:
    """That of the start of one service.

    What only reads files has time enough while something is built, for others do that, and while the service stops.
    """

    def __init__(self) -> None:
        """Whoever is going to start the service prepares it."""
        self._is_started = threading.Event()
        self._is_free = threading.Event()

    def build(self) -> None:
        """Something has to be built before the service can be started."""
        self._is_free.set()

    def start(self) -> None:
        """The service is started."""
        self._is_free.clear()
        self._is_started.set()

    def end(self) -> None:
        """The service was asked all, or is not started soon: nobody need give way any more."""
        self._is_started.set()
        self._is_free.set()

    def await_start(self) -> None:
        """Wait until the service is started, or cannot be yet."""
        self._is_started.wait()

    def give(self) -> None:
        """Wait for a better moment, if one comes soon."""
        self._is_free.wait(_LONGEST_S)
