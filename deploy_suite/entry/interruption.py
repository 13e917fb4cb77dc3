"""Signals that ask the suite to stop, as one exception: the first unwinds the run, and cleaning up is not cut short."""

import os
import signal
import sys
from types import FrameType
from typing import Final

INTERRUPTED: Final = 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE: Final = 3  # a terminal, Nox and a person may each send one
_MOMENT_S: Final = 0.02
_IMPORTING: Final = "<frozen importlib"  # how Python calls the files of its own import system


class _Interruption:
    """How often the suite was asked.

    Shape: where raising cannot unwind the run, a moment later an alarm asks once more.
    """

    def __init__(self) -> None:
        self._count = 0

    def hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGALRM and self._count:
            return  # another signal came first
        if not self._count and _is_importing(frame):
            self._ask_again()
            return
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt
        if self._count > _PATIENCE:
            os._exit(INTERRUPTED)  # what runs ends with this process, and the next run removes the rest
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"deploy-suite: stopping what was started ...\n")

    def notice(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """Python lets no exception out of a destructor or a callback of a weak reference, and goes on."""
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            self._ask_again()
        else:
            sys.__unraisablehook__(unraisable)

    def _ask_again(self) -> None:
        self._count = 0
        signal.setitimer(signal.ITIMER_REAL, _MOMENT_S)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether Python may hold its lock of all imports just now: whoever leaves then stops every thread that imports."""
    return frame is not None and frame.f_code.co_filename.startswith(_IMPORTING)


def listen() -> None:
    """Raise KeyboardInterrupt at the first of the signals, and leave at once when they keep coming."""
    interruption = _Interruption()
    signal.signal(signal.SIGALRM, interruption.hear)
    sys.unraisablehook = interruption.notice
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, interruption.hear)


def over() -> None:
    """Hear no more signals: all is stopped, and one that comes while Python ends must not change the exit code."""
    for number in (*_SIGNALS, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
