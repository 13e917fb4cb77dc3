"""`verify` as users run it, against a real server, and against the stand-in for Render."""

import json
import os
import shlex
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.model.release import ReleaseVerdict
from deploy_suite.releases.subjects import Request, carried_out
from deploy_suite.releases.verification import Patience, Verification
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.stand_in import server

pytestmark = pytest.mark.integration

COMMIT = "5b1e0c9a7d3f4e2b8c6a1d0f9e8b7c6d5a4f3e2d"
PATIENCE = Patience(pause_s=0.05, lasting_s=0.5, most_s=5.0)
SERVICE = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/":
            return self.say(302, b"", Location="/home")
        self.say(200, json.dumps({"status": "ok", "build": {"commit": sys.argv[1]}}).encode())
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.say(200, json.dumps({"reply": {"text": asked["message"].upper()}}).encode(), Connection="close")
    def say(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(http.server_address[1], flush=True)
http.serve_forever()
"""
SETTINGS = """
[services.shop]
commit = { path = "/health", json = "build.commit" }

[[services.shop.probes]]
name = "chat"
method = "POST"
path = "/chat"
json = { message = "hello" }
expect = { json = { "reply.text" = "HELLO" }, latency_ms = 5000 }
"""


@contextmanager
def running() -> Iterator[str]:
    with subprocess.Popen((sys.executable, "-c", SERVICE, COMMIT), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy.toml").write_text(SETTINGS)
    return tmp_path


def command(folder: Path, cache: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    words = (sys.executable, "-m", "deploy_suite", "verify", "--project", str(folder), "--window", "1", *options)
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_healthy_service_is_verified_with_its_commit(folder: Path, shared_cache: Path) -> None:
    with running() as url:
        done = command(folder, shared_cache, "--url", url, "--commit", COMMIT[:10], "--format", "json")

    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["commit"]["served"]) == (0, "pass", COMMIT)
    assert [(one["name"], one["good"], one["redirects"]) for one in told["probes"]] == [
        ("GET / as a visitor", 3, ["/home"]),
        ("chat", 3, []),
    ]


def test_the_command_that_is_printed_asks_the_same(folder: Path, shared_cache: Path) -> None:
    with running() as url:
        done = command(folder, shared_cache, "--url", url, "--commit", COMMIT, "--format", "json")
        commands = [one["reproduce"] for one in json.loads(done.stdout)["probes"]]
        answers = [subprocess.run(shlex.split(one), capture_output=True, text=True, check=True) for one in commands]

    assert ["ok" in answers[0].stdout, "HELLO" in answers[1].stdout] == [True, True]


def test_another_commit_fails_and_an_unreachable_service_is_not_reached(folder: Path, shared_cache: Path) -> None:
    with running() as url:
        wrong = command(folder, shared_cache, "--url", url, "--commit", "0" * 40)
    gone = command(folder, shared_cache, "--url", url)

    assert (wrong.returncode, gone.returncode) == (1, 4)
    assert "5b1e0c9 serves where 0000000 is expected: the old build still answers" in wrong.stdout
    assert gone.stdout.startswith("INCONCLUSIVE: shop")
    assert "Traceback" not in wrong.stderr + gone.stderr


def test_a_wrong_call_is_said(folder: Path, shared_cache: Path) -> None:
    calls = (("--url", "shop"), (), ("--url", "http://x", "--baseline", str(folder / "deploy.toml")))

    assert [command(folder, shared_cache, *words).returncode for words in calls] == [2, 2, 2]


def test_a_baseline_is_kept_and_compared(folder: Path, shared_cache: Path) -> None:
    file = str(folder / "old.json")
    with running() as url:
        kept = command(folder, shared_cache, "--url", url, "--save-baseline", file, "--samples", "20")
        done = command(folder, shared_cache, "--url", url, "--baseline", file, "--samples", "20", "--format", "json")

    told = json.loads(done.stdout)["latency"]
    assert (kept.returncode, list(told)) == (0, ["GET / as a visitor"])
    assert [told["GET / as a visitor"][side]["count"] for side in ("old", "new")] == [20, 20]


def test_a_websocket_exchange_is_verified(tmp_path: Path, shared_cache: Path) -> None:
    def talk(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(json.dumps({"echo": json.loads(message)["say"]}))

    (tmp_path / "deploy.toml").write_text(
        textwrap.dedent(
            """
            [[services.chat.probes]]
            name = "echo"
            path = "/ws"
            websocket = true
            send = [{ say = "hello" }]
            receive = [{ echo = "hello" }]
            """
        )
    )
    with serve(talk, "127.0.0.1", 0) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        port = one.socket.getsockname()[1]
        done = command(tmp_path, shared_cache, "--url", f"http://127.0.0.1:{port}", "--format", "json")
        one.shutdown()
        thread.join()

    assert {each["name"]: each["good"] for each in json.loads(done.stdout)["probes"]}["echo"] == 3


def test_a_port_at_which_nobody_listens_is_found_out_in_the_window(folder: Path, shared_cache: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = command(folder, shared_cache, "--url", f"http://127.0.0.1:{unused.getsockname()[1]}")

    assert done.returncode == 4


def verified(stage: Stage, *, commit: str = "") -> Verification:
    (stage.shop.clone / "deploy.toml").write_text('[services.shop]\ncommit = { header = "X-Commit" }\n')
    request = Request(
        folder=stage.shop.clone,
        target="render",
        service=stage.shop.record.id,
        revision=commit,
        patience=PATIENCE,
    )
    return carried_out(request, stage.ports)


def test_a_release_on_the_platform_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push({"main.py": server()})
        assert stage.redeploy(commit=commit).verdict is ReleaseVerdict.LIVE

        done = verified(stage, commit=commit)

        assert (done.verdict, done.served.commit, done.rounds) == (ProbeVerdict.PASS, commit, 3)


def test_a_platform_that_says_live_and_keeps_the_old_build_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        old = stage.shop.deployed({"main.py": server()}).commit
        stage.shop.record.keeps_old_build = True
        commit = stage.shop.push({"main.py": server() + "\n# second\n"})
        assert stage.redeploy(commit=commit).verdict is ReleaseVerdict.LIVE

        asked, unasked = verified(stage, commit=commit), verified(stage)

        assert [(one.verdict, one.served.commit) for one in (asked, unasked)] == [(ProbeVerdict.FAIL, old)] * 2
        assert f"{old[:7]} serves where {commit[:7]} is expected: the old build still answers" in asked.reason
