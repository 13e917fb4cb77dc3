"""Run one command and keep hold of everything below it: the process warden.

Told: one message {argv, cwd, environment, enter, lingers}, then {signal} or {kill}. Tells: {started: pid}, or
{failed, doing}, or {barred} from the network; {exited: code}; {ended: whole}. When the control pipe closes, everything
below ends.
"""

from __future__ import annotations

import errno
import os
import select
import signal

from deploy_suite.adapters.warden import namespaces, tree
from deploy_suite.adapters.warden.channel import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STANDARD_STREAMS = (0, 1, 2)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them, and exec would hand that on
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(channel: Channel) -> int:
    """Serve the suite at the other end of *channel*."""
    order = channel.first()
    if order is None:
        return 0
    if order["enter"] is not None and not _follows_into_namespaces(channel, order["enter"]):
        return 0
    namespaces.adopt_orphans()
    return _Supervision(channel, order).run()


def _follows_into_namespaces(channel: Channel, pid: int) -> bool:
    """Return whether this process is the one that goes on inside; its parent only waits for it."""
    try:
        namespaces.enter(pid)
    except OSError as error:
        channel.tell({"barred": error.errno})
        return False
    inside = os.fork()
    if inside:
        _close_streams()
        os.waitpid(inside, 0)
    return inside == 0


class _Supervision:
    """One command from its start to the end of its tree."""

    def __init__(self, channel: Channel, order: dict[str, Any]) -> None:
        self._channel = channel
        self._order = order
        self._command = 0
        self._ends = False
        self._has_exited = False

    def run(self) -> int:
        alarm = _child_alarm()
        try:
            self._command = _started(self._order)
        except OSError as error:
            self._channel.tell({"failed": error.errno, "doing": error.filename})
            return 0
        tree.take_orphans_of(self._command)
        self._channel.tell({"started": self._command})
        _close_streams()
        while not self._ends:
            self._wait(alarm)
        self._channel.tell({"ended": tree.end()})
        return 0

    def _wait(self, alarm: int) -> None:
        readable, _, _ = select.select([self._channel.control, alarm], [], [])
        if alarm in readable:
            self._hear_alarm(os.read(alarm, 4096))
        if self._channel.control in readable:
            self._obey(self._channel.receive())

    def _hear_alarm(self, signals: bytes) -> None:
        self._ends |= any(number in signals for number in _ENDING)
        code = tree.reap().get(self._command)
        if code is not None:
            self._has_exited = True
            self._channel.tell({"exited": code})
            self._ends |= not self._order["lingers"]

    def _obey(self, messages: list[dict[str, Any]] | None) -> None:
        self._ends |= messages is None or any("kill" in message for message in messages)
        for message in messages or ():
            if "signal" in message:
                self._signal(message["signal"])

    def _signal(self, number: int) -> None:
        """Signal the command's group while it has members; the number of an empty one may belong to others."""
        if not self._has_exited or self._command in tree.groups(tree.descendants()):
            try:
                os.killpg(self._command, number)
            except (ProcessLookupError, PermissionError):
                return


def _child_alarm() -> int:
    """Return a descriptor that becomes readable when a child has ended or this process is asked to."""
    receiving, sending = os.pipe()
    os.set_blocking(sending, False)
    for number in (signal.SIGCHLD, *_ENDING):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(sending, warn_on_full_buffer=False)
    return receiving


def _started(order: dict[str, Any]) -> int:
    """Return the process id of the command, whose program has really begun. Raises: OSError, filename = what failed."""
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(order, sending)
    os.close(sending)
    with open(receiving, "rb") as report:  # noqa: PTH123  a descriptor
        failure = report.read()
    if not failure:
        return pid
    os.waitpid(pid, 0)
    number, _, doing = failure.decode().partition(" ")
    raise OSError(int(number), os.strerror(int(number)), doing)


def _become(order: dict[str, Any], report: int) -> None:
    """Turn this child into the command; what hinders it goes to *report*, which a successful exec closes."""
    doing = "start a session"
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, *_ENDING, *_IGNORED_BY_PYTHON):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        doing = f"enter the folder {order['cwd']}"
        os.chdir(order["cwd"])
        doing = f"run {order['argv'][0]}"
        os.execvpe(order["argv"][0], order["argv"], order["environment"])  # noqa: S606  the warden's one task
    except OSError as error:
        os.write(report, f"{error.errno or errno.ENOEXEC} {doing}".encode())
    finally:
        os._exit(127)


def _close_streams() -> None:
    """Let go of the command's streams, so that their end is seen when the last of its processes has gone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in _STANDARD_STREAMS:
        os.dup2(nothing, stream)
