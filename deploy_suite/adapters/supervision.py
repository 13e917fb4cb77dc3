"""Start wardens, and speak with them from the suite's side."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

import deploy_suite
from deploy_suite.adapters import process_tree
from deploy_suite.adapters.warden.wire import PID_BYTES, packed
from deploy_suite.errors import MachineError

FREE_PROCESSES: Final = "end processes, or raise their limits (ulimit -u, ulimit -v; in a container: --pids-limit)"
_ENDS_WITHIN_S: Final = 15.0
# What an interpreter needs to start. Keys stay here: what runs below a warden can read the environment that it has.
_OF_INTERPRETERS: Final = frozenset({"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"})
_IMPORT_ROOT: Final = str(Path(deploy_suite.__file__).parent.parent)
_PROGRAM: Final = (
    "import os, sys; sys.path.append(sys.argv[1]); "
    "from deploy_suite.adapters.warden.fork_server import main; os._exit(main())"
)

Journal = Callable[[int], None]
Stream = int | None


def no_journal(_pid: int) -> None:
    """Keep no record of the process."""


class ForkServer:
    """The process that forks the wardens of this one: an interpreter for each would take ten times as long."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, program: str, descriptors: Sequence[int]) -> int:
        """Return the process id of a new warden that holds *descriptors*. Raises: OSError."""
        with self._lock:
            try:
                return self._asked(program, descriptors)
            except ConnectionError:  # somebody killed it
                return self._asked(program, descriptors)

    def close(self) -> None:
        """Have the server end; the wardens that it forked live on."""
        if self._door and self._process:
            self._door.close()
            self._door = None
            self._process.wait()

    def _asked(self, program: str, descriptors: Sequence[int]) -> int:
        self._door = self._door or self._started()
        try:
            pid = _answer(self._door, program, descriptors)
        except BaseException:  # after an interruption its answer would be taken for that to the next question
            self.close()
            raise
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        return pid

    def _started(self) -> socket.socket:
        """Return the socket of a new server, which ends when it is closed. Raises: OSError."""
        near, far = socket.socketpair()
        with far:
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _PROGRAM, _IMPORT_ROOT, str(far.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(far.fileno(),),
                start_new_session=True,
                cwd="/",
                env={name: value for name, value in os.environ.items() if name in _OF_INTERPRETERS},
            )
        return near


def _answer(door: socket.socket, program: str, descriptors: Sequence[int]) -> int:
    socket.send_fds(door, [program[0].encode()], descriptors)
    answer = door.recv(PID_BYTES, socket.MSG_WAITALL)
    if len(answer) < PID_BYTES:
        raise ConnectionResetError(errno.ECONNRESET, "the server that forks wardens has ended")
    return int.from_bytes(answer, "big", signed=True)


_fork_server: Final = ForkServer()


def end_forking() -> None:
    """End the process that forks wardens, which else ends a moment after this one; the next warden begins another."""
    _fork_server.close()


class Warden:
    """A running warden. Its death, and that of this process, ends everything below it."""

    def __init__(self, program: str, *, streams: tuple[Stream, Stream, Stream] = (None, None, None)) -> None:
        """Start the warden *program* with the descriptors *streams*, None for none. Raises: MachineError."""
        self._lock = threading.Lock()
        self._process: psutil.Process | None = None
        control, self._sending = os.pipe()
        self.events, telling = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        try:
            given = (nothing if stream is None else stream for stream in streams)
            self.pid = _fork_server.fork(program, (control, telling, *given))
        except BaseException as error:
            self.close()
            self.release()
            if isinstance(error, OSError):
                raise MachineError(f"no process can be started: {error}", remedy=FREE_PROCESSES) from error
            raise
        finally:
            for each in (control, telling, nothing):
                os.close(each)
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(self.pid)

    def tell(self, message: Mapping[str, object]) -> None:
        """Send *message*; a warden that has ended hears nothing."""
        block = packed(message)
        with self._lock, contextlib.suppress(OSError):
            while block and self._sending >= 0:
                block = block[os.write(self._sending, block) :]

    def close(self) -> None:
        """Close the lifeline: the warden ends everything below it, then itself. Idempotent."""
        with self._lock:
            if self._sending >= 0:
                sending, self._sending = self._sending, -1
                os.close(sending)

    def end(self) -> None:
        """Close the lifeline and see to it that the warden and all below it have gone."""
        self.close()
        if self._process is None:
            return
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except psutil.TimeoutExpired:
            for pid in (*process_tree.below(self.pid), self.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def release(self) -> None:
        """Give back the descriptor of the events."""
        if self.events >= 0:
            events, self.events = self.events, -1
            os.close(events)


class Roster:
    """The wardens of commands that run now, so that all can be told to end when the run is given up."""

    def __init__(self) -> None:
        """Begin with none."""
        self._wardens: set[Warden] = set()
        self._is_over = False
        self._lock = threading.Lock()

    @contextmanager
    def on_duty(self, warden: Warden) -> Iterator[None]:
        """Keep *warden* in the roster. Raises: MachineError when the run has been given up."""
        with self._lock:
            if self._is_over:
                raise MachineError("the run was given up")
            self._wardens.add(warden)
        try:
            yield
        finally:
            with self._lock:
                self._wardens.discard(warden)

    def give_up(self) -> None:
        """Have all of them end what they hold; whoever waits for a command then learns that it has ended."""
        with self._lock:
            self._is_over = True
            wardens = tuple(self._wardens)
        for warden in wardens:
            warden.tell({"kill": True})
