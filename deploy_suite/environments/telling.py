"""While something takes long: a sign of life from a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from deploy_suite.ports import Clock, Ports

_SAID_EVERY_S: Final = 10.0


def told(ports: Ports, text: Callable[[float], str]) -> AbstractContextManager[None]:
    """Say *text* of the seconds that have passed every 10 s, until the context is left."""
    began_s = said_s = ports.clock.now_s()

    def say() -> None:
        nonlocal said_s
        said_s = ports.clock.now_s()
        ports.progress.waiting(text(said_s - began_s))

    return beating(_SAID_EVERY_S, ports.clock, last_s=lambda: said_s, beat=say)


@contextmanager
def beating(every_s: float, clock: Clock, *, last_s: Callable[[], float], beat: Callable[[], None]) -> Iterator[None]:
    """Call *beat* whenever nothing was said for *every_s* since *last_s*, until the context is left."""
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
