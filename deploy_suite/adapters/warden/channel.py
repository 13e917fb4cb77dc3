"""Talk with the suite: instructions come in and events go out on two pipes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from deploy_suite.adapters.warden.wire import Unpacker, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CHUNK_BYTES = 65536


class Channel:
    """The warden's end of the two pipes.

    The control pipe doubles as a lifeline: the kernel closes its other end when the suite dies, however it dies.
    """

    def __init__(self, control: int, events: int) -> None:
        """Take over the two descriptors; what the warden starts does not inherit them."""
        self.control = control
        self._events = events
        self._unpacker = Unpacker()
        os.set_inheritable(control, False)  # noqa: FBT003  the signature of os
        os.set_inheritable(events, False)  # noqa: FBT003  likewise

    def receive(self) -> list[dict[str, Any]] | None:
        """Return the whole messages that have come in, waiting for some bytes; None when the suite has gone."""
        block = os.read(self.control, _CHUNK_BYTES)
        if not block:
            return None
        return self._unpacker.fed(block)

    def first(self) -> dict[str, Any] | None:
        """Return the opening message, after which the suite waits for an event; None when the suite has gone."""
        messages: list[dict[str, Any]] | None = []
        while messages == []:
            messages = self.receive()
        return messages[0] if messages else None

    def tell(self, event: Mapping[str, object]) -> None:
        """Send *event*; a suite that has gone hears nothing, and the lifeline says so next."""
        try:
            os.write(self._events, packed(event))
        except OSError:
            return
