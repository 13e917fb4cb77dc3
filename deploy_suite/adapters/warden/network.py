"""Hold a network with loopback only, as long as the suite lives: the network warden.

Told: one message {kinds, covers}, then {let_out | let_in: port, socket, number}. Tells: {holder: pid}, {ready} or
{failed, doing}, {done: number} or {failed, doing, number}, {reached: host, port}.
"""

from __future__ import annotations

import os
import signal

from deploy_suite.adapters.warden import furnishing, names, outside, relay
from deploy_suite.adapters.warden.channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_HOSTS = 1000


def main(channel: Channel) -> int:
    """Serve the suite at the other end of *channel*."""
    order = channel.first()
    if order is None:
        return 0
    try:
        furnishing.leave(order["kinds"])
    except OSError as error:
        return _failed(channel, error)
    inside = os.fork() if "pid" in order["kinds"] else 0
    if inside:
        channel.tell({"holder": inside})
        os.waitpid(inside, 0)
        return 0
    if "pid" not in order["kinds"]:
        channel.tell({"holder": os.getpid()})
    return _hold(channel, order)


def _hold(channel: Channel, order: dict[str, Any]) -> int:
    """Hold the namespaces; as the first of the process ids, take all the others along at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        _furnish(channel, order)
    except OSError as error:
        return _failed(channel, error)
    channel.tell({"ready": True})
    while (messages := channel.receive()) is not None:
        for message in messages:
            _obey(channel, message)
    os._exit(0)


def _furnish(channel: Channel, order: dict[str, Any]) -> None:
    told: set[str] = set()

    def note(host: str, port: int) -> None:
        if host not in told and len(told) < _MOST_HOSTS:
            told.add(host)
            channel.tell({"reached": host, "port": port})

    furnishing.keep_mounts_private()
    if "pid" in order["kinds"]:
        furnishing.mount_proc()
    furnishing.raise_interface("lo")
    for target, cover in order["covers"].items():
        if os.path.exists(target):  # noqa: PTH110  pathlib takes a warden as long to import as all else
            furnishing.cover(os.path.realpath(target), cover)
    names.serve(note)
    try:
        outside.stand_in(note)
    except OSError:  # not every system has such devices; then calls to bare addresses go unseen
        return


def _obey(channel: Channel, message: dict[str, Any]) -> None:
    try:
        if "let_out" in message:
            relay.let_out(message["let_out"], message["socket"])
        else:
            relay.let_in(message["socket"], message["let_in"])
    except OSError as error:
        _failed(channel, error, number=message["number"])
    else:
        channel.tell({"done": message["number"]})


def _failed(channel: Channel, error: OSError, *, number: int = 0) -> int:
    channel.tell({"failed": error.errno, "doing": str(error), "number": number})
    return 1
