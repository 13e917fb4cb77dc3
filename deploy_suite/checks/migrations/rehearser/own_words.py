"""The command itself, run as the interpreter would run it, but where all that it imports is there already."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import runpy
import signal
import sys
import tempfile
import threading
import time
import traceback
from typing import IO, Any, NoReturn

# A second run changes nothing: what takes longer waits for something, and is run as it stands.
_LONGEST_S = 15.0
_PAUSE_S = 0.003

imported: set[str] = set()
"""The files of the modules that only copies of this process have imported."""


class NotRunError(Exception):
    """The command cannot be run in a copy of this process."""


class UnlikeError(Exception):
    """The copy did not end well, which says nothing of a process that begins with the command."""


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Run the "script" of *order*["call"] or else its "module", in a copy of this process. Raises: where it fails.

    In a copy it may end as it likes, and what it leaves behind in memory is gone with it.
    """
    # A copy has none of the threads, so it neither waits for them as the command does nor gets what locks they hold.
    # macOS ends copies of processes that have used its frameworks.
    if threading.active_count() > 1 or sys.platform == "darwin":
        raise NotRunError
    _close_connections()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _become(order["call"], said)
        status = _awaited(child)
        if status:
            raise UnlikeError(status)
        said.seek(0)
        imported.update(json.loads(said.read() or b"[]"))
    return {}


def imported_here() -> set[str]:
    """Return the files of all modules that this process has imported so far."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {file for file in files if isinstance(file, str)}


def _close_connections() -> None:
    """Close what Django has open: the copy would speak on the same socket. SQLAlchemy's are not used again."""
    database = sys.modules.get("django.db")
    if database is not None:
        database.connections.close_all()


def _awaited(child: int) -> int:
    """Return how *child* ended, 0 for well; it is killed when its time is up."""
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(_PAUSE_S)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _become(call: dict[str, Any], said: IO[bytes]) -> NoReturn:
    """Run *call* and end as the interpreter would: threads are waited for, and what is registered is called.

    Shape: the files that were imported for it are written to *said*.
    """
    code, before = 1, imported_here()
    try:
        with open(os.devnull, "r+b", buffering=0) as nothing:
            for number in range(3):
                os.dup2(nothing.fileno(), number)
        code = _code(call)
        said.write(json.dumps(sorted(imported_here() - before)).encode())
        said.flush()
        threading._shutdown()  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
    finally:
        os._exit(code)


def _code(call: dict[str, Any]) -> int:
    """Return the exit code that *call* would end with."""
    sys.argv[:] = [call["script"] or call["module"], *call["argv"]]
    try:
        if call["script"]:
            runpy.run_path(call["script"], run_name="__main__")
        else:
            runpy.run_module(call["module"], run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        if stop.code is None:
            return 0
        return stop.code & 0xFF if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
