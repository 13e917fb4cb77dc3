"""Secrets are in nothing that a release says, keeps or starts: keys, hooks, variables, a remote with a token."""

import base64
import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

import pytest

from tests.integration.deploy_stage import BACK, QUICK, files
from tests.rehearse.stage import Ran, Stage
from tests.standin.platform import Times
from tests.standin.stand_in import KEY, StandIn, git

pytestmark = pytest.mark.integration

PASSWORD = "password-sentinel-55d0/é"
TOKEN = "token-sentinel-7f3a91bc"
PLAIN = "sk_live_sentinel51H8xQ2eZvKYlo2C0aB"
REMOTE = "ghp_sentinel0remote0token0of0the0user0001"
VARIABLES = {
    "DATABASE_URL": f"postgresql://shop:{quote(PASSWORD, safe='')}@127.0.0.1:1/shop",
    "SHOP_TOKEN": TOKEN,
    "PAYMENTS": PLAIN,
    "SHOP_SEASON": "winter",
}
TELL = """
import base64, json, os, urllib.parse
for name in ("DATABASE_URL", "SHOP_TOKEN", "PAYMENTS"):
    value = os.environ.get(name, "")
    print(value, repr(value), json.dumps(value), urllib.parse.quote(value, safe=""), sep="\\n", flush=True)
    print(base64.b64encode(value.encode()).decode(), "x" * 290 + value, sep="\\n", flush=True)
print(dict(os.environ), flush=True)
"""
CODES = {
    "first": 0,
    "plan": 2,
    "second": 0,
    "bad": 1,
    "ends": 1,
    "rollback": 0,
    "status": 1,
    "status in JSON": 1,
    "logs": 0,
    "hook": 1,
    "no remote": 1,
}
COMPLAIN = "if os.environ.get('SHOP_SEASON'): raise RuntimeError(os.environ['SHOP_TOKEN'] + os.environ['DATABASE_URL'])"


class Onlooker:
    """Whoever else is on the machine: reads all command lines, and the environments of what the suite starts."""

    def __init__(self, secrets: tuple[str, ...], keys: tuple[str, ...]) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.count = 0
        self._secrets, self._keys = secrets, keys
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(0.01):
            self.count += 1
            for one in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self._look_at(one)

    def _look_at(self, process: Path) -> None:
        line = (process / "cmdline").read_bytes().decode(errors="replace")
        if not line:  # its program is just being exchanged: the next look finds it with a command line
            return
        if any(secret in line for secret in self._secrets) and not _is_of_git(process):
            self.seen.add(("command line", line))
        environment = (process / "environ").read_bytes().decode(errors="replace")
        if any(key in environment for key in self._keys) and not (_is_of_git(process) or _is_of_the_user(line)):
            self.seen.add(("environment", line))


def _is_of_the_user(line: str) -> bool:
    return "deploy_suite\0" in line or "pytest" in line


def _is_of_git(process: Path) -> bool:
    """Whether it is git, or what git started: it runs in its user's own environment, and names its remote itself."""
    while process.name not in {"0", "1"}:
        if (process / "comm").read_text().startswith("git"):
            return True
        process = Path("/proc", (process / "stat").read_text().rpartition(")")[2].split()[1])
    return False


@contextlib.contextmanager
def remote_over_http(folder: Path) -> Iterator[int]:
    """Serve the repositories below *folder* as a host of repositories does, to whoever has the token."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, *_words: object) -> None:
            pass

        def _handle(self) -> None:
            given = base64.b64decode((self.headers.get("Authorization") or "").removeprefix("Basic ")).decode()
            if REMOTE not in given:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            parts = urlsplit(self.path)
            environment = {
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "user",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query,
                "CONTENT_TYPE": self.headers.get("Content-Type") or "",
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
            }
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run(
                ("git", "http-backend"), input=body, env=environment, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield int(host.server_address[1])
    finally:
        host.shutdown()
        host.server_close()
        thread.join()


def forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe=""), encoded}


def leaks(text: str, *more: str) -> set[str]:
    return {form for one in (KEY, PASSWORD, TOKEN, PLAIN, REMOTE, *more) for form in forms(one) if form in text}


def as_text(stage: Stage, command: str, *options: str) -> Ran:
    line = (sys.executable, "-m", "deploy_suite", command, "--project", str(stage.service.clone), *options)
    done = subprocess.run(line, env=stage.environment, capture_output=True, text=True, timeout=120, check=False)
    return Ran(code=done.returncode, answer={}, text=done.stdout + done.stderr)


def telling(number: int, *, is_bad: bool = False, ends: bool = False) -> dict[str, str]:
    """Return a release that prints all that it knows when it is built, and when it starts."""
    made = dict(files(number, is_bad=is_bad))
    source = made["main.py"]
    made["main.py"] = TELL + (COMPLAIN + "\n" if ends else "") + source
    made["tell.py"] = TELL
    return made


def test_no_secret_is_told_kept_or_shown_in_the_list_of_processes(tmp_path: Path) -> None:
    with StandIn(times=Times(step_s=0.05)) as render, remote_over_http(render.folder) as port:
        service = render.service(variables=dict(VARIABLES), build="python tell.py")
        git(service.record.origin, "config", "http.receivepack", "true")
        url = f"http://user:{REMOTE}@127.0.0.1:{port}/acme/shop.git"
        git(service.clone, "remote", "set-url", "origin", url)
        stage = Stage(render, service, tmp_path / "state")
        hook_key = service.record.hook_key
        secrets = (KEY, TOKEN, PLAIN, REMOTE, hook_key, quote(PASSWORD, safe=""))
        ran: dict[str, Ran] = {}

        with Onlooker(secrets, (KEY, hook_key)) as onlooker:
            service.commit(telling(0), "First")
            ran["first"] = stage.run("deploy", *QUICK, "--no-baseline")
            service.commit(telling(1), "Second")
            ran["plan"] = as_text(stage, "deploy", "--plan")
            ran["second"] = as_text(stage, "deploy", *QUICK, "--no-baseline")
            service.commit(telling(2, is_bad=True), "Bad")
            ran["bad"] = as_text(stage, "deploy", *QUICK)
            service.commit(telling(3, ends=True), "Ends")
            ran["ends"] = stage.run("deploy", *QUICK, "--no-baseline")
            ran["rollback"] = as_text(stage, "rollback", *BACK)
            ran["status"] = as_text(stage, "status")
            ran["status in JSON"] = stage.run("status")
            ran["logs"] = as_text(stage, "logs")
            with contextlib.ExitStack() as there:
                there.enter_context(_setting("RENDER_DEPLOY_HOOK", service.hook))
                ran["hook"] = as_text(stage, "redeploy", "--hook")
            git(service.clone, "remote", "set-url", "origin", url.replace("shop.git", "no/shop.git"))
            ran["no remote"] = as_text(stage, "deploy", *QUICK)

    codes = {name: one.code for name, one in ran.items()}
    told = {name: found for name, one in ran.items() if (found := leaks(one.text, hook_key))}
    kept = {
        str(one): found
        for one in stage.state.rglob("*")
        if one.is_file() and (found := leaks(one.read_text(errors="replace"), hook_key))
    }
    assert (told, kept, onlooker.seen) == ({}, {}, set())
    assert onlooker.count > 100
    assert len(list(stage.state.rglob("baseline.json"))) == 1
    assert codes == CODES, {name: one.text[-800:] for name, one in ran.items()}
    assert "RuntimeError" in ran["ends"].text


@contextlib.contextmanager
def _setting(name: str, value: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        yield
