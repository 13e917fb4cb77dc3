"""Small repositories of users, and the command line run on them as users run it."""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy_suite.adapters import ownership

PROGRAM = (sys.executable, "-m", "deploy_suite", "preflight")
_IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
_TRACEBACK = "Traceback (most recent call last)"
_LIMIT_S = 120
_OTHERS_SWEEP_WITHIN_S = 10.0

# A server of the standard library: nothing need be installed.
SERVER = textwrap.dedent(
    """
    import http.server, os, signal, sys, threading, time
    {before}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            {in_request}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"fine")
        def log_message(self, *words):
            pass

    def stop(*_):
        {at_stop}

    signal.signal(signal.SIGTERM, stop)
    http.server.ThreadingHTTPServer(({host!r}, {port}), Handler).serve_forever()
    """
)


def server(
    *,
    before: str = "",
    in_request: str = "pass",
    at_stop: str = "os._exit(0)",
    host: str = "0.0.0.0",  # noqa: S104  where a service must listen
    port: str = 'int(os.environ["PORT"])',
) -> str:
    """Return the source of a server that is healthy but for what is given."""
    return SERVER.format(before=before, in_request=in_request, at_stop=at_stop, host=host, port=port)


def manifest(
    *,
    build: str = "pip install -r requirements.txt",
    start: str = "python main.py",
    variables: Mapping[str, str] | None = None,
    more: str = "",
) -> str:
    """Return a render.yaml with one web service called shop. Shape: *more* are lines of the service."""
    rows = {"PYTHON_VERSION": "3.12.8", **(variables or {})}
    listed = "".join(f"      - key: {name}\n        value: {json.dumps(value)}\n" for name, value in rows.items())
    return (
        "services:\n  - type: web\n    name: shop\n    runtime: python\n    plan: starter\n"
        f"    buildCommand: {json.dumps(build)}\n    startCommand: {json.dumps(start)}\n    healthCheckPath: /\n"
        f"{more}    envVars:\n{listed}"
    )


def project(main: str | None = None, /, **of_manifest: Any) -> dict[str, str]:
    """Return the files of a project with one service, healthy unless something else is given."""
    return {
        "main.py": server() if main is None else main,
        "requirements.txt": "",
        "render.yaml": manifest(**of_manifest),
    }


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder*."""
    subprocess.run(("git", *_IDENTITY, *arguments), cwd=folder, check=True, capture_output=True)


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """Make a repository with *files* in one commit."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first", "--allow-empty")
    return folder


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line answered."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report of `--format json`."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """The findings that are no pass, by their code."""
        return {each["code"]: each for each in self.report["findings"] if each["outcome"] != "passed"}


def environment(cache: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the caller's environment with a cache of its own."""
    return {**os.environ, "DEPLOY_SUITE_CACHE": str(cache), "TMPDIR": str(scratch(cache)), **(more or {})}


def started(folder: Path, *options: str, cache: Path, more: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start a preflight of *folder* in a process group of its own, as a terminal's shell does."""
    return subprocess.Popen(
        (*PROGRAM, "--project", str(folder), *options),
        env=environment(cache, more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def ended(process: "subprocess.Popen[str]", *, within_s: float = _LIMIT_S) -> Told:
    """Wait for *process*; whatever it did, no traceback may reach the user."""
    with process:
        try:
            out, err = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    told = Told(process.returncode, out, err)
    assert _TRACEBACK not in err, err
    return told


def preflight(folder: Path, *options: str, cache: Path, more: Mapping[str, str] | None = None) -> Told:
    """Run a preflight of *folder* to its end, with the report as JSON unless another is asked for."""
    form = () if "--format" in options else ("--format", "json")
    return ended(started(folder, *options, *form, cache=cache, more=more))


def ours(cache: Path) -> list[str]:
    """Return the command lines of the living processes that a run with *cache* started, however far they went."""
    marks = (f"{cache}/".encode(), f"DEPLOY_SUITE_CACHE={cache}\0".encode())
    found = []
    for process in psutil.process_iter():
        try:
            seen = b"\0".join(Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("environ", "cmdline"))
        except OSError:
            continue
        if process.pid != os.getpid() and any(mark in seen for mark in marks):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(" ".join(process.cmdline()))
    return found


def left_behind(cache: Path) -> Sequence[str]:
    """Return what a run with *cache* left that the end of a run must remove; its TMPDIR is that of `environment`."""
    places = (cache / "runs", scratch(cache))
    halves = [each for each in (cache / "cache/environments").glob("*") if not (each / "complete.json").exists()]
    servers = _abandoned_servers()
    found = [each for place in places if place.exists() for each in place.iterdir() if not _is_trial(each)]
    return [*ours(cache), *map(str, (*found, *halves, *servers))]


def _abandoned_servers() -> Sequence[Path]:
    """Return the servers' folders that stay abandoned: another test may have killed its own run at this very moment."""
    deadline = time.monotonic() + _OTHERS_SWEEP_WITHIN_S
    while True:
        found = [each for each in Path("/dev/shm").glob("preflight-pg-*") if ownership.is_abandoned(each / "mark")]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def _is_trial(file: Path) -> bool:
    """Whether *file* is what Python writes to see whether a folder for temporary files can be used.

    Who is killed in that moment leaves it. Source: `_get_default_tempdir` of CPython's Lib/tempfile.py
    """
    return file.is_file() and file.read_bytes() in {b"", b"blat"}


def scratch(cache: Path) -> Path:
    """Return the folder for temporary files of runs with *cache*; its path is short, for sockets."""
    folder = cache / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
