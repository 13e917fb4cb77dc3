"""Commands of a service, really run: clone, build, pre-deploy, and the instance that serves."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from deploy_suite.adapters.interpreters import SystemInterpreters
from tests.standin.records import Deploy, Service, new_id

Say = Callable[[str], None]
_PIP = '#!/bin/sh\n# uv in pip\'s place: the same packages, sooner\nexec "{uv}" pip "$@"\n'


class Commands:
    """Runs one command after another, each to its end, unless it is stopped."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Run with *variables* and nothing of the caller's but PATH and what reaches the package index."""
        self._variables = variables
        self._running: subprocess.Popen[str] | None = None
        self._is_stopped = False

    def run(self, command: str, folder: Path, say: Say) -> int:
        """Return the exit code of *command*, each line of its output said."""
        with _started(command, folder, self._variables) as process:
            self._running = process
            if self._is_stopped:
                _end(process, signal.SIGKILL)
            for line in process.stdout or ():
                say(line.rstrip("\n"))
        return process.returncode

    def stop(self) -> None:
        """End what runs, and what would run next."""
        self._is_stopped = True
        if self._running is not None:
            _end(self._running, signal.SIGKILL)


class Instance:
    """A process that serves at `port`."""

    def __init__(
        self, command: str, folder: Path, variables: Mapping[str, str], say: Callable[[str, str], None]
    ) -> None:
        """Start *command*; its lines are said with the instance's id."""
        self.port = _free_port()
        self.id = f"{variables['RENDER_SERVICE_ID']}-{new_id('i')[2:7]}"
        more = {"PORT": str(self.port), "RENDER_INSTANCE_ID": self.id}
        self._process = _started(command, folder, {**variables, **more})
        self._reader = threading.Thread(target=self._read, args=(say,), daemon=True)
        self._reader.start()

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.poll()

    def end(self, *, within_s: float) -> None:
        """Ask it to stop, and end it when it does not."""
        _end(self._process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
        _end(self._process, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self, say: Callable[[str, str], None]) -> None:
        for line in self._process.stdout or ():
            say(line.rstrip("\n"), self.id)


def variables_of(deploy: Deploy, home: Path) -> dict[str, str]:
    """Return the environment in which the platform runs a service's commands."""
    service = deploy.service
    folder = deploy.folder or home
    path = [
        *([str(folder / ".venv/bin")] if service.python else []),
        str(Path(sys.executable).parent),
        os.environ["PATH"],
    ]
    index = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    return {
        **index,
        "PATH": ":".join(path),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CI": "true",
        "RENDER": "true",
        "IS_PULL_REQUEST": "false",
        "RENDER_SERVICE_ID": service.id,
        "RENDER_SERVICE_NAME": service.name,
        "RENDER_SERVICE_TYPE": "web",
        "RENDER_GIT_COMMIT": deploy.commit,
        "RENDER_GIT_BRANCH": service.branch,
        "RENDER_EXTERNAL_URL": service.url,
        "RENDER_EXTERNAL_HOSTNAME": "127.0.0.1",
        "FORWARDED_ALLOW_IPS": "*",
        "PYTHONUNBUFFERED": "1",
        **({"VIRTUAL_ENV": str(folder / ".venv")} if service.python else {}),
        **service.variables,
    }


def cloned(deploy: Deploy, folder: Path) -> None:
    """Write the commit of *deploy* into *folder*, and the environment in which it is built."""
    _git(folder.parent, "clone", "-q", "--no-checkout", str(deploy.service.origin), str(folder))
    _git(folder, "checkout", "-q", deploy.commit)
    if deploy.service.python:
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or "uv"
        subprocess.run(
            (uv, "venv", "-q", "--python", _python(deploy.service.python), str(folder / ".venv")),
            check=True,
            capture_output=True,
        )
        for name in ("pip", "pip3"):
            (folder / ".venv/bin" / name).write_text(_PIP.format(uv=uv))
            (folder / ".venv/bin" / name).chmod(0o755)


@cache
def _python(series: str) -> str:
    """Return this machine's Python of *series*, "3.12", as the suite finds it."""
    for one in SystemInterpreters().installed():
        if one.series == series:
            return str(one.path)
    return series


def commit_of(service: Service, revision: str) -> tuple[str, str] | None:
    """Return id and message of *revision* in the origin, None where it has none such."""
    done = subprocess.run(
        ("git", "-C", str(service.origin), "log", "-1", "--format=%H%x00%B", revision, "--"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        return None
    sha, _, message = done.stdout.partition("\0")
    return sha, message.strip()


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=folder, check=True, capture_output=True)


def _started(command: str, folder: Path, variables: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ("bash", "-c", command),
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _end(process: "subprocess.Popen[str]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
