"""The stand-in as one thing: `with StandIn() as render: shop = render.service(…); shop.push({…})`."""

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.standin.contract import Contract, document
from tests.standin.faults import Fault, Faults
from tests.standin.operations import Operations
from tests.standin.platform import Hosted, Platform, Times
from tests.standin.records import Deploy, Service
from tests.standin.server import Api

KEY = "rnd_sentinel0key0of0the0standin"
_IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
_HOOK = """\
#!{python}
import sys, urllib.request
body = (sys.stdin.read().rstrip() + {line!r}).encode()
urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open({url!r}, data=body, timeout=10).read()
"""

# A service of the standard library: tells its commit, so that it can be seen who answers; starts in 0.1 s.
SERVER = textwrap.dedent(
    """
    import http.server, os, signal, sys
    {before}
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = os.environ["RENDER_GIT_COMMIT"].encode()
            self.send_response({status})
            self.send_header("X-Commit", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *words):
            pass
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("listening", flush=True)
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
    """
)


def server(*, before: str = "", status: int | str = 200) -> str:
    """Return the source of a small service that answers with its commit; *status* may be an expression of its own."""
    return SERVER.format(before=before, status=status)


class StandInService:
    """A service of the stand-in, and a user's clone of its origin."""

    def __init__(self, stand_in: "StandIn", hosted: Hosted, clone: Path) -> None:
        """Belong to *stand_in*."""
        self._stand_in = stand_in
        self.hosted = hosted
        self.clone = clone

    @property
    def record(self) -> Service:
        """The service itself."""
        return self.hosted.service

    @property
    def deploys(self) -> list[Deploy]:
        """All deploys, oldest first."""
        return self.hosted.deploys

    @property
    def hook(self) -> str:
        """The deploy hook's URL."""
        return f"{self._stand_in.base}/deploy/{self.record.id}?key={self.record.hook_key}"

    def commit(self, files: Mapping[str, str], message: str = "Change") -> str:
        """Commit *files* in the clone and return the id."""
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-qm", message, "--allow-empty")
        return git(self.clone, "rev-parse", "HEAD")

    def push(self, files: Mapping[str, str] | None = None, message: str = "Change") -> str:
        """Commit *files*, push, and return the commit's id; whether that deploys is the service's setting."""
        sha = self.commit(files, message) if files is not None else git(self.clone, "rev-parse", "HEAD")
        git(self.clone, "push", "-q", "-u", "origin", f"HEAD:{self.record.branch}")
        return sha

    def deployed(self, files: Mapping[str, str], message: str = "Change") -> Deploy:
        """Push *files* and return their deploy when it is over, begun by hand where the push does not begin it."""
        count = len(self.deploys)
        sha = self.push(files, message)
        if self.record.auto_deploy != "commit":
            self._stand_in.platform.begin(self.hosted, sha, "manual")
        wait_for(lambda: len(self.deploys) > count and self.deploys[-1].is_over)
        return self.deploys[-1]

    def settle(self) -> None:
        """Wait until no deploy is under way."""
        wait_for(lambda: all(one.is_over for one in self.deploys))


class StandIn:
    """Render in small. Shape: `violations` tells what was not as the API documents it, on either side."""

    def __init__(
        self, *, times: Times | None = None, key: str = KEY, port: int = 0, folder: Path | None = None
    ) -> None:
        """Serve at *port*, or one that the system chooses."""
        self._is_temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="standin-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "builds").mkdir(exist_ok=True)
        self.key = key
        self.platform = Platform(self.folder / "builds", times or Times())
        self.operations = Operations(self.platform)
        self.faults = Faults()
        self._contract = Contract(document())
        self.api = Api(self.operations, self.faults, self._contract, key=key, port=port)

    def __enter__(self) -> Self:
        """Serve."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all that runs and remove what was made."""
        self.platform.close()
        self.api.close()
        if self._is_temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def base(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.api.port}"

    @property
    def host(self) -> str:
        """The value for RENDER_HOST."""
        return f"{self.base}/v1/"

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables with which the suite finds the stand-in."""
        return {"RENDER_HOST": self.host, "RENDER_API_KEY": self.key}

    @property
    def violations(self) -> list[str]:
        """What was not as documented."""
        return self._contract.violations

    def requests(self, operation: str) -> list[object]:
        """Return the bodies of the requests for *operation*, lost ones included."""
        return [body for name, _, body in self.api.requests if name == operation]

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        """Let a fault happen: see `faults.Fault`."""
        self.faults.add(Fault(operation=operation, kind=kind, **more))

    def service(
        self, name: str = "shop", *, owner: str = "acme", clone: Path | None = None, **more: Any
    ) -> StandInService:
        """Make a service with an empty origin of its own, and a clone of it (or *clone*, whose remote is set)."""
        origin = self.folder / owner / f"{name}.git"
        origin.parent.mkdir(exist_ok=True)
        git(self.folder, "init", "-q", "--bare", str(origin))
        self._listen(origin)
        if clone is None:
            clone = self.folder / "clones" / name
            clone.mkdir(parents=True)
            git(clone, "init", "-q")
            git(clone, "remote", "add", "origin", str(origin))
        repo = more.pop("repo", f"https://github.com/{owner}/{name}")
        record = Service(name=name, origin=origin, repo=repo, start=more.pop("start", "python main.py"), **more)
        return StandInService(self, self.platform.add(record), clone)

    def _listen(self, origin: Path) -> None:
        hook = origin / "hooks/post-receive"
        hook.write_text(_HOOK.format(python=sys.executable, line=f"\n{origin}", url=f"{self.base}/standin/pushed"))
        hook.chmod(0o755)


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* and return what it prints."""
    done = subprocess.run(("git", *_IDENTITY, *arguments), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def wait_for(is_so: Any, *, within_s: float = 60.0) -> None:
    """Wait until *is_so*."""
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError("it did not come to pass")
        time.sleep(0.02)


def told(stand_in: StandIn) -> str:
    """Return all that the stand-in logged, for messages."""
    return json.dumps([line.json() for line in stand_in.platform.lines], indent=1)
