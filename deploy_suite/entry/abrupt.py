"""While a front door loads the suite, Ctrl-C ends the process as any other: half-loaded modules have nothing to undo.

What Nox and Invoke import by themselves comes before, and what they make of an interruption then is theirs.
"""

import signal
import threading
from typing import Final

_IS_OURS: Final = (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
)

if _IS_OURS:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def over() -> None:
    """Hear interruptions again, as before this module was imported."""
    if _IS_OURS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
