"""A sign of life where nothing else is said."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy_suite.ports import Clock


@contextmanager
def beating(every_s: float, clock: Clock, *, last_s: Callable[[], float], beat: Callable[[], None]) -> Iterator[None]:
    """Call *beat*, from a thread of its own, whenever nothing was said for *every_s* since *last_s*."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(max(last_s() + every_s - clock.now_s(), every_s / 20)):
            if clock.now_s() - last_s() >= every_s:
                beat()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
