"""A command below a warden → its streams and the warden's events, read until all of them have ended."""

import contextlib
import errno
import os
import selectors
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from deploy_suite.adapters.namespaces import holder_of
from deploy_suite.adapters.supervision import FREE_PROCESSES, Journal, Roster, Warden
from deploy_suite.adapters.transcript import Transcript
from deploy_suite.adapters.warden.wire import Unpacker
from deploy_suite.errors import MachineError
from deploy_suite.model.command import PROGRAM_NOT_FOUND, TIMED_OUT, Command
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Network

LAST_OUTPUT_S: Final = 20.0
_BLOCK_BYTES: Final = 65536
_CANNOT_EXECUTE: Final = 126  # as shells say it: found, but no program
_WARDEN_LOST: Final = -9
_LARGEST_PIPE_BYTES: Final = 1024 * 1024  # /proc/sys/fs/pipe-max-size
_PROGRAM_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_SHORTAGES: Final = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})

Sink = Callable[[bytes], None]


class Supervision:
    """One command under its warden."""

    def __init__(self, warden: Warden, *, is_inside: bool, journal: Journal) -> None:
        """Read what *warden* tells; `is_inside` a namespace its process ids mean nothing to *journal*."""
        self.warden = warden
        self._is_inside = is_inside
        self.begun = threading.Event()
        self.started_pid = 0
        self.code: int | None = None
        self._exited: int | None = None
        self._barred = 0
        self._lacking = 0
        self.failure: Sink = lambda _: None
        self._journal = journal
        self._events = Unpacker()
        self._selector = selectors.DefaultSelector()
        self.read(warden.events, self._hear)

    def read(self, descriptor: int, sink: Sink) -> None:
        """Hand what comes through *descriptor* to *sink*."""
        self._selector.register(descriptor, selectors.EVENT_READ, sink)

    def follow(self) -> None:
        """Read until every stream has ended."""
        while self._selector.get_map():
            self._step(None)
        self._settle()

    def finished(self, deadline_s: float) -> int:
        """Return the exit code of the command, 124 when it runs at *deadline_s* (monotonic) and had to be ended."""
        is_late = False
        while self._selector.get_map():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                if is_late:
                    break
                is_late = self.code is None
                self.warden.close()
                deadline_s = time.monotonic() + LAST_OUTPUT_S
                continue
            self._step(left_s)
        self._settle()
        self.raise_if_hindered()
        return TIMED_OUT if is_late or self.code is None else self.code

    def raise_if_hindered(self) -> None:
        """Raise MachineError when this machine could not start the command, or let it into its network."""
        if self._lacking:
            raise MachineError(f"no process can be started: {os.strerror(self._lacking)}", remedy=FREE_PROCESSES)
        if self._barred:
            raise MachineError(f"the isolated network cannot be entered: {os.strerror(self._barred)}")

    def stop(self) -> None:
        """Forget the streams."""
        self._selector.close()

    def _step(self, timeout_s: float | None) -> None:
        for key, _ in self._selector.select(timeout_s):
            self._take(key)
        if self._exited is not None and self.code is None:
            self._take_last_words()
            self.code = self._exited

    def _take(self, key: selectors.SelectorKey) -> None:
        block = os.read(key.fd, _BLOCK_BYTES)
        if not block:
            self._selector.unregister(key.fd)
        key.data(block)

    def _take_last_words(self) -> None:
        """Read what the command had written when it ended: whoever learns of the end may look at the log."""
        for _ in range(_LARGEST_PIPE_BYTES // _BLOCK_BYTES):
            ready = [key for key, _ in self._selector.select(0) if key.fd != self.warden.events]
            if not ready:
                return
            for key in ready:
                self._take(key)

    def _settle(self) -> None:
        if self.code is None:
            self.code = _WARDEN_LOST if self._exited is None else self._exited
        self.begun.set()

    def _hear(self, block: bytes) -> None:
        for event in self._events.fed(block):
            self._note(event)
        if not block:
            self._settle()

    def _note(self, event: dict[str, Any]) -> None:
        if "started" in event:
            self.started_pid = event["started"]
            if not self._is_inside:
                self._journal(self.started_pid)
            self.begun.set()
        if "exited" in event:
            self._exited = event["exited"]
        if "barred" in event:
            self._barred = event["barred"]
        if event.get("failed") in _SHORTAGES:
            self._lacking = event["failed"]
        elif "failed" in event:
            self.code = PROGRAM_NOT_FOUND if event["failed"] in _PROGRAM_ABSENT else _CANNOT_EXECUTE
            self.failure(f"cannot {event['doing']}: {os.strerror(event['failed'])}\n".encode())


@contextmanager
def supervised(
    command: Command,
    logs: Sequence[Transcript],
    *,
    network: Network | None,
    journal: Journal,
    roster: Roster,
    lingers: bool = False,
) -> Iterator[Supervision]:
    """Start *command* with one log for both streams or one for each; the tree has ended when the context is left."""
    with contextlib.ExitStack() as stack:
        pipes = [stack.enter_context(_pipe()) for _ in logs]
        stdin = stack.enter_context(_input(command.stdin))
        warden = Warden("process", streams=(stdin, pipes[0].sending, pipes[-1].sending))
        stack.callback(warden.release)
        stack.callback(warden.end)
        stack.enter_context(roster.on_duty(warden))
        journal(warden.pid)
        supervision = Supervision(warden, is_inside=holder_of(network) is not None, journal=journal)
        stack.callback(supervision.stop)
        for pipe, log in zip(pipes, logs, strict=True):
            pipe.close_sending()
            supervision.read(pipe.receiving, log.add)
        supervision.failure = logs[-1].add
        warden.tell(_order(command, network, lingers=lingers))
        yield supervision


def _order(command: Command, network: Network | None, *, lingers: bool) -> dict[str, object]:
    return {
        "argv": [_plain(word) for word in command.argv],
        "cwd": str(command.cwd),
        "environment": {name: _plain(value) for name, value in command.environment.items()},
        "enter": holder_of(network),
        "lingers": lingers,
    }


def _plain(text: str | Secret) -> str:
    return text.revealed() if isinstance(text, Secret) else text


class _Pipe:
    """A pipe whose two ends are closed at most once."""

    def __init__(self) -> None:
        self.receiving, self.sending = os.pipe()

    def close_sending(self) -> None:
        if self.sending >= 0:
            sending, self.sending = self.sending, -1
            os.close(sending)

    def close(self) -> None:
        self.close_sending()
        os.close(self.receiving)


@contextmanager
def _pipe() -> Iterator[_Pipe]:
    pipe = _Pipe()
    try:
        yield pipe
    finally:
        pipe.close()


@contextmanager
def _input(text: str) -> Iterator[int | None]:
    """Yield the descriptor of a file that holds *text*: unlike a pipe it cannot block whoever fills it."""
    if not text:
        yield None
        return
    try:
        with tempfile.TemporaryFile() as file:
            file.write(text.encode())
            file.seek(0)
            yield file.fileno()
    except OSError as error:
        raise MachineError(f"no temporary file can be written: {error}") from error
