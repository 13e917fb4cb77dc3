"""What services, package indexes and installers answer, as functions of the bytes that they would send."""

import contextlib
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from deploy_suite.adapters import git_remote
from deploy_suite.checks.boot import routes
from deploy_suite.checks.packages import withdrawn
from deploy_suite.environments import index_query, reach, releases, seeds, uv, virtualenv
from deploy_suite.environments.base import Question, Workshop
from deploy_suite.errors import DeployError
from deploy_suite.knowledge import leaks
from deploy_suite.manifests import requirements_file
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.probe import Expectation, Probe
from deploy_suite.model.release import AutoDeploy, Intent, LiveService
from deploy_suite.model.secret import Curtain, Secret
from deploy_suite.ports import Address, Caller, HttpRequest, HttpResponse, Ports
from deploy_suite.probes.session import Session
from deploy_suite.reports import redeployment as redeployments
from deploy_suite.reports import standing as standings
from deploy_suite.targets.live import LogCursor, Pace
from deploy_suite.targets.render import opening
from deploy_suite.targets.render.api import hook, pauses, place
from deploy_suite.targets.render.api.door import Door
from deploy_suite.targets.render.live import RenderLive
from tests.doubles.machine import Stopwatch

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PACE: Final = Pace(call_s=1, patience_s=2, pause_first_s=1, pause_most_s=2)
_SHOP: Final = LiveService(id="srv-1", name="shop", kind="web_service", owner="own-1")


@dataclass
class Web:
    """Implements `ports.Http`: each request meets the next of the answers, the last one for ever."""

    answers: list[HttpResponse]

    def prepare(self) -> None:
        """Have nothing to do ahead."""

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        assert address.host
        assert request.method
        assert timeout_s > 0
        assert connect_s is None or connect_s > 0
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Said:
    """Implements `ports.Runner`: every command prints the same."""

    out: str = ""
    err: str = ""
    code: int = 0
    writes: Callable[[Command], None] | None = None

    def run(self, command: Command, **_options: object) -> Completed:
        if self.writes:
            self.writes(command)
        return Completed(code=self.code, out=self.out, err=self.err)


@dataclass
class Place:
    """Implements the part of `ports.Workplace` that readers ask for."""

    cache: Path

    @contextlib.contextmanager
    def locked(self, _name: str) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def locked_at_once(self, _name: str) -> Iterator[bool]:
        yield True


@dataclass
class Machine:
    """A world of which only these parts are there."""

    folder: Path
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def ports(self) -> Ports:
        ports = object.__new__(Ports)
        there = {
            "clock": Stopwatch(began=NOW),
            "curtain": Curtain(),
            "caller": Caller(),
            "workplace": Place(self.folder),
            **self.parts,
        }
        for name, part in there.items():
            object.__setattr__(ports, name, part)
        return ports

    @property
    def workshop(self) -> Workshop:
        interpreter = Interpreter(path=Path("/usr/bin/python3"), version="3.12.1")
        return Workshop(ports=self.ports, interpreter=interpreter, folder=self.folder)


def _answered(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status=status, headers=headers or {}, body=body, elapsed_ms=1.0)


def _refused(act: Callable[[], object]) -> None:
    with contextlib.suppress(DeployError):
        act()


def live(data: bytes) -> None:
    """Ask Render for all that the suite asks it for, and get the bytes for an answer."""
    for status in (200, 202, 404):
        ports = Machine(Path()).ports
        door = Door(
            place.place(""), Secret("rnd_x"), http=Web([_answered(data, status)]), clock=ports.clock, pace=_PACE
        )
        for act in _acts(RenderLive(api=door, pace=_PACE, ports=ports)):
            _refused(act)


def _acts(render: RenderLive) -> Iterator[Callable[[], object]]:
    yield lambda: render.services("shop")
    yield lambda: render.service("srv-1")
    yield lambda: render.live(_SHOP)
    yield lambda: render.instances(_SHOP)
    yield lambda: render.variables(_SHOP)
    yield lambda: render.log(_SHOP, LogCursor(NOW))
    yield lambda: render.set_auto_deploy(_SHOP, AutoDeploy.OFF)
    yield lambda: render.cancel(_SHOP, "dep-1")
    yield lambda: render.carry_out(_SHOP, Intent(commit="a" * 40))
    yield lambda: render.intent(_SHOP)
    yield lambda: _deploy(render)


def _deploy(render: RenderLive) -> None:
    found = render.deploy(_SHOP, "dep-1")
    render.deploy(_SHOP, found.id)
    render.reason(_SHOP, found)
    render.find(_SHOP, render.intent(_SHOP))
    service = render.service("srv-1")
    render.log(service, LogCursor(NOW))
    json.dumps([redeployments._deploy(found), standings._deploy(found)], ensure_ascii=False)


def headers(data: bytes) -> None:
    """Meet a header that says how long to wait, when it was sent, or where else to go."""
    text = data.decode("latin-1").replace("\n", "").replace("\r", "")
    for name in ("retry-after", "ratelimit-reset"):
        wait_s = pauses.demanded_s({name: text, "ratelimit-remaining": "0"}, now=NOW)
        assert wait_s is None or wait_s >= 0
    ports = Machine(Path(), {"http": Web([_answered(b"", headers={"date": text})])}).ports
    opening.told_time(ports)
    service = {"location": text, "set-cookie": text, "content-type": text}
    _probed([_answered(b"{}", status, service) for status in (302, 302, 200)])


def body(data: bytes) -> None:
    """Meet the bytes as a service's own answer: its OpenAPI document, its page, its JSON."""
    text = data.decode("utf-8", errors="replace")
    for path in routes.plain_routes(text):
        path.encode()
    routes.documented_at(text)
    _probed([_answered(data)])


def _probed(answers: list[HttpResponse]) -> None:
    ports = Machine(Path(), {"http": Web(answers)}).ports
    session = Session(Address("127.0.0.1", 1), ports, headers={}, saves=["id"])
    expect = Expectation(json={"id": 1, "items.0.name": "x"})
    first = Probe(name="a", path="/", follow_redirects=True, save={"id": "id"}, expect=expect)
    for one in (first, Probe(name="b", path="/{id}", body="{id}"), first):
        session.ask(one)


def hook_url(data: bytes) -> None:
    """Take the bytes for a deploy hook, and for the address of the API."""
    text = data.decode("utf-8", errors="surrogateescape")
    for url in (text, f"https://api.render.com/deploy/srv-1?key={text}", f"https://{text}/deploy/srv-1?key=k"):
        _refused(partial(hook.masker, Secret(url)))
        _refused(partial(_query, Secret(url)))
        _refused(partial(place.place, url))


def _query(url: Secret) -> object:
    return hook.parse(url).query(commit="a")


def index(data: bytes) -> None:
    """Meet the bytes as a package index's page, and as what the program that asks it hands over."""
    for kind in ("application/vnd.pypi.simple.v1+json", "text/html"):
        status, files = index_query.read(kind, data)
        answer = {"status": status, "files": files, "releases": index_query.releases(files)}
        lines = requirements_file.parse(b"flask>=2\nnumpy==1.26", file="requirements.txt").requirements
        for handed_over in (json.dumps({"flask": answer, "numpy": answer, "": answer}).encode(), b"{" + data[:20]):
            with tempfile.TemporaryDirectory() as folder:
                runner = Said(out=handed_over.decode(errors="replace"), writes=_to_file(handed_over))
                machine = Machine(Path(folder), {"runner": runner})
                found = releases.listing(["flask", "numpy"], machine.workshop)
                list(releases.refusals(lines, found, series="3.12"))
                withdrawn._finding(_PIN, releases.offered(["flask"], machine.workshop).get("flask", {}))
                reach._out_of_reach(("https://pypi.org",), machine.workshop)


def _to_file(data: bytes) -> Callable[[Command], None]:
    def write(command: Command) -> None:
        if command.stdin.startswith("{") and (file := json.loads(command.stdin).get("to")):
            Path(file).write_bytes(data)
        for option, value in itertools.pairwise(command.argv):
            if option == "--report":
                Path(str(value)).write_bytes(data)
        if "virtualenv" in command.argv:
            Path(str(command.argv[-1])).mkdir()

    return write


def installers(data: bytes) -> None:
    """Meet the bytes as what uv, pip and the interpreter print of a resolution."""
    text = data.decode(errors="replace")
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), {"runner": Said(out=text, err=text, writes=_to_file(data))})
        (Path(folder) / "bare").mkdir()
        question = Question(folder=Path(folder), requirements=("flask",))
        for code in (0, 1):
            machine.parts["runner"].code = code
            uv.resolve(question, machine.workshop)
            uv.demands(question, machine.workshop)
        machine.parts["runner"].code = 0
        virtualenv.resolve(question, machine.workshop)
        seeds.of(machine.workshop)


def patch(data: bytes) -> None:
    """Meet the bytes as what git prints of the commits that are to be pushed, and as a remote's URL."""
    added = git_remote._added(iter(data.splitlines(keepends=True)))
    for line, _ in leaks.leaks(added):
        line.path.encode()
    git_remote._remote("origin", data.decode("utf-8", errors="surrogateescape"))


_DEPLOY: Final[Mapping[str, Any]] = {
    "id": "dep-1",
    "status": "live",
    "trigger": "api",
    "commit": {"id": "a" * 40, "message": "Change\n\nmore", "createdAt": "2026-03-01T11:00:00Z"},
    "createdAt": "2026-03-01T11:00:00.123Z",
    "startedAt": "2026-03-01T11:00:01Z",
    "finishedAt": "2026-03-01T11:01:00Z",
}
_SERVICE: Final[Mapping[str, Any]] = {
    "id": "srv-1",
    "name": "shop",
    "type": "web_service",
    "ownerId": "own-1",
    "repo": "https://github.com/a/b",
    "branch": "main",
    "autoDeploy": "yes",
    "autoDeployTrigger": "commit",
    "suspended": "suspended",
    "suspenders": ["user"],
    "serviceDetails": {"url": "https://shop.onrender.com", "plan": "free", "healthCheckPath": "/health"},
}
_EVENT: Final[Mapping[str, Any]] = {
    "type": "deploy_ended",
    "timestamp": "2026-03-01T11:01:00Z",
    "details": {
        "deployId": "dep-1",
        "deployStatus": "failed",
        "reason": {"failure": {"nonZeroExit": 1, "oomKilled": {"memoryLimit": "512Mi"}, "timedOutSeconds": 900}},
    },
}
_LOG: Final[Mapping[str, Any]] = {
    "hasMore": True,
    "nextStartTime": "2026-03-01T11:01:00Z",
    "nextEndTime": "2026-03-01T12:01:00Z",
    "logs": [
        {
            "id": "1",
            "message": "booting",
            "timestamp": "2026-03-01T11:01:00Z",
            "labels": [{"name": "type", "value": "build"}, {"name": "instance", "value": "srv-1-a"}],
        }
    ],
}
_OPENAPI: Final[Mapping[str, Any]] = {
    "openapi": "3.1.0",
    "servers": [{"url": "/api"}],
    "paths": {"/a": {"get": {"parameters": [{"name": "q", "required": False}]}}, "/b/{id}": {"get": {}}},
}
_FILES: Final = [
    {"filename": "flask-3.0-py3-none-any.whl", "requires-python": ">=3.8", "yanked": "bad"},
    {"filename": "flask-2.0.tar.gz", "requires-python": ">=3.6", "yanked": False},
]
_PIN: Final = withdrawn.Pin(name="flask", version="3.0", location=None)
_REPORT: Final[Mapping[str, Any]] = {
    "install": [
        {"metadata": {"name": "Flask", "version": "3.0"}, "download_info": {"url": "https://x/flask-3.0.tar.gz"}}
    ]
}
_PYLOCK: Final = b"""lock-version = "1.0"
[[packages]]
name = "flask"
version = "3.0"
sdist = { url = "https://x/flask-3.0.tar.gz" }
[[packages]]
name = "shop"
vcs = { type = "git", url = "https://x/shop", commit-id = "1" }
"""


def _json(*documents: object) -> tuple[bytes, ...]:
    return tuple(json.dumps(one).encode() for one in documents)


SAMPLES: Final[Mapping[str, tuple[bytes, ...]]] = {
    "live": _json(
        _DEPLOY,
        _SERVICE,
        [{"cursor": "c", "deploy": _DEPLOY}, {"cursor": "d", "deploy": {**_DEPLOY, "status": "update_failed"}}],
        [{"cursor": "c", "service": _SERVICE}],
        [{"cursor": "c", "event": _EVENT}],
        [{"cursor": "c", "envVar": {"key": "SECRET_KEY", "value": "sentinel-value"}}],
        [{"id": "srv-1-a", "createdAt": "2026-03-01T11:01:00Z"}],
        _LOG,
        {"message": "not found", "id": "x"},
        {"deploy": {"id": "dep-1"}},
    ),
    "headers": (b"120", b"Sun, 01 Mar 2026 12:00:10 GMT", b"1772366410", b"/login?next=/", b"session=abc; Path=/"),
    "body": (*_json(_OPENAPI, {"id": 1, "items": [{"name": "x"}]}), b"<script>url: '/openapi.json'</script>"),
    "hook": (b"https://api.render.com/deploy/srv-1?key=abc", b"http://localhost:8000/v1", b"[::1]:99", b"a%C3%A9"),
    "index": (
        *_json({"files": _FILES}),
        b'<a href="../flask-3.0-py3-none-any.whl#sha256=1" data-requires-python="&gt;=3.8" data-yanked>x</a>',
    ),
    "installers": (_PYLOCK, b"anyio==4.0.0    # via httpx, starlette\n", *_json(_REPORT, ["23.0", "65.5", ["/a.whl"]])),
    "patch": (
        b"\x00"
        + b"a" * 40
        + b"\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n+AWS_SECRET = 'AKIAIOSFODNN7EXAMPLE'\n",
        b"https://user:secret@github.com/a/b.git",
        b"git@github.com:a/b.git",
    ),
}
