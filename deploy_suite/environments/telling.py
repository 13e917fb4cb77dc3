"""While something takes long: say every 10 s what goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from deploy_suite.ports import Ports

_SAID_EVERY_S: Final = 10.0


@contextmanager
def told(ports: Ports, text: Callable[[float], str]) -> Iterator[None]:
    """Say *text* of the seconds that have passed every 10 s, from a thread of its own, until the context is left."""
    done = threading.Event()
    began_s = ports.clock.now_s()

    def tell() -> None:
        while not done.wait(_SAID_EVERY_S):
            ports.progress.waiting(text(ports.clock.now_s() - began_s))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
