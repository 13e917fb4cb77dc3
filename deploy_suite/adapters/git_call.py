"""One call of the system's git, to its end or to its deadline."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError

_TIMEOUT_S: Final = 120
_STREAM_S: Final = 600
_LAST_WORDS_S: Final = 5.0
_MOST_OUTPUT_LINES: Final = 2000
_FIXED: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
# Nobody may sit there to type a passphrase or to trust a host: https://man.openbsd.org/ssh_config#BatchMode
_SSH: Final = "ssh -o BatchMode=yes -o ConnectTimeout=15"


class RefusedError(Exception):
    """Git answered with an error; the message is its first line."""


def call(folder: Path, *arguments: str, extra: Mapping[str, str] | None = None, stdin: str = "") -> str:
    """Return what git prints. Raises: RefusedError."""
    try:
        done = subprocess.run(
            ("git", "-C", str(folder), *arguments),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            input=stdin.encode(errors="surrogateescape"),
            env={**os.environ, **_FIXED, **(extra or {})},
        )
    except FileNotFoundError as error:
        raise _absent() from error
    except subprocess.TimeoutExpired as error:
        raise MachineError(
            f"git {arguments[0]} took more than {_TIMEOUT_S} s in {folder}",
            remedy="see whether a filter or a slow disk holds git up: git status",
        ) from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RefusedError(lines[0] if lines else f"git {arguments[0]} exited with {done.returncode}")
    return done.stdout.decode(errors="surrogateescape")


def answer(folder: Path, *arguments: str) -> str:
    """Return git's answer, "" where it has none."""
    try:
        return call(folder, *arguments).rstrip("\n")
    except RefusedError:
        return ""


@contextlib.contextmanager
def streamed(folder: Path, *arguments: str) -> Iterator[Iterator[bytes]]:
    """Yield the lines that git prints, while it prints them; leaving the context ends git.

    Raises: MachineError after a context that was left before all had been printed because git failed or took long.
    """
    with (
        _started(folder, arguments, stderr=subprocess.DEVNULL) as process,
        _deadline(process, _STREAM_S) as is_late,
    ):
        assert process.stdout is not None  # noqa: S101  a pipe was asked for
        yield iter(process.stdout)
        code = process.poll() if process.stdout.read(1) else process.wait(_LAST_WORDS_S)
    if is_late.is_set() or code:
        why = f"took more than {_STREAM_S} s" if is_late.is_set() else f"exited with {code}"
        raise MachineError(f"git {' '.join(arguments)[:60]} {why} in {folder}", remedy="see: git fsck")


def conversed(
    folder: Path, *arguments: str, timeout_s: float, heard: Callable[[str], None] | None = None
) -> tuple[int | None, str]:
    """Return the exit code of a git that talks to a remote, None when its time was up, and what it printed.

    Its whole process group (ssh, hooks, credential helpers) ends with it.
    """
    lines: list[str] = []
    with (
        _started(folder, arguments, stderr=subprocess.STDOUT) as process,
        _deadline(process, timeout_s) as is_late,
    ):
        assert process.stdout is not None  # noqa: S101  as above
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\r\n").rsplit("\r", 1)[-1]
            lines.append(line)
            del lines[:-_MOST_OUTPUT_LINES]
            if heard is not None:
                heard(line)
        code = process.wait()
    return (None if is_late.is_set() else code), "\n".join(lines)


@contextlib.contextmanager
def _started(folder: Path, arguments: tuple[str, ...], *, stderr: int) -> Iterator["subprocess.Popen[bytes]"]:
    ssh = {} if _has_own_ssh(folder) else {"GIT_SSH_COMMAND": _SSH}
    try:
        process = subprocess.Popen(
            ("git", "-C", str(folder), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, **_FIXED, **ssh},
        )
    except FileNotFoundError as error:
        raise _absent() from error
    try:
        yield process
    finally:
        if process.poll() is None:
            _ended(process)
        if process.stdout is not None:
            process.stdout.close()
        process.wait()


def _has_own_ssh(folder: Path) -> bool:
    return bool({"GIT_SSH_COMMAND", "GIT_SSH"} & set(os.environ)) or bool(
        answer(folder, "config", "--get", "core.sshCommand")
    )


@contextlib.contextmanager
def _deadline(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[threading.Event]:
    is_late = threading.Event()

    def cut() -> None:
        if process.poll() is None:
            is_late.set()
        _ended(process)  # a daemon that git left may hold the pipe

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """End the process and what it started: politely first, so that git removes its lock files."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_WORDS_S)


def _absent() -> MachineError:
    return MachineError("git is not installed", remedy="install git and run this again")
