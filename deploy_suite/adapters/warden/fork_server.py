"""Fork a warden for each request, so that only one interpreter has to start and to load what they need.

Told: for each warden the initial of its program, with five descriptors: its two pipes and its standard streams.
Tells: the new process id, or why there is none as a negative error number. It ends when the suite has gone.
"""

import errno
import os
import signal
import socket
import sys

from deploy_suite.adapters.warden import network, process
from deploy_suite.adapters.warden.channel import Channel
from deploy_suite.adapters.warden.wire import PID_BYTES

_DESCRIPTORS = 5
_PROGRAMS = {b"n": network.main, b"p": process.main}


def main() -> int:
    """Serve the suite at the other end of the socket whose descriptor is the last argument."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens that have ended need not be waited for
    door = socket.socket(fileno=int(sys.argv[-1]))
    while True:
        program, descriptors, _, _ = socket.recv_fds(door, 1, _DESCRIPTORS)
        if not program:
            return 0
        try:
            answer = os.fork()
        except OSError as error:
            answer = -(error.errno or errno.EAGAIN)
        if not answer:
            door.close()
            return _serve(program, descriptors)
        for each in descriptors:
            os.close(each)
        door.sendall(answer.to_bytes(PID_BYTES, "big", signed=True))


def _serve(program: bytes, descriptors: list[int]) -> int:
    """Be the warden."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    control, events, *streams = descriptors
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    return _PROGRAMS[program](Channel(control, events))
