"""Signals that ask the suite to stop, as one exception: the first unwinds the run, and cleaning up is not cut short."""

import os
import signal
import sys
from types import FrameType
from typing import Final

INTERRUPTED: Final = 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE: Final = 3  # a terminal, Nox and a person may each send one


class _Interruption:
    """How often the suite was asked."""

    def __init__(self) -> None:
        self._count = 0

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt
        if self._count > _PATIENCE:
            os._exit(INTERRUPTED)  # what runs ends with this process, and the next run removes the rest
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"deploy-suite: stopping what was started ...\n")


def listen() -> None:
    """Raise KeyboardInterrupt at the first of the signals, and leave at once when they keep coming."""
    interruption = _Interruption()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, interruption.hear)


def over() -> None:
    """Hear no more signals: all is stopped, and one that comes while Python ends must not change the exit code."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
