"""A small service on the stand-in; `deploy` and `rollback` as a user types them, in this process, at a quick pace."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from deploy_suite import rollout, wiring
from deploy_suite.entry import cli, interruption
from deploy_suite.model.report import Report
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from deploy_suite.preflight import Request, preflight
from deploy_suite.probes import comparison
from deploy_suite.releases.steps import Entry, parse
from deploy_suite.targets import live_registry
from deploy_suite.targets.live import Pace
from deploy_suite.targets.live_registry import Opening
from deploy_suite.targets.render.live import RenderLive
from tests.integration import deploy_stage
from tests.integration.redeploy_stage import PACE, Heard, paced
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn, StandInService, git

_TELLS_COMMIT = '[services.shop]\ncommit = { header = "X-Commit" }\n'
BACK = ("--window", "0.5")
QUICK = ("--samples", "20", *BACK)
SECOND_S = PACE.lookup_s / 60
"""A second of the platform: its pace is as much faster than the real one's as the suite's."""
SEASON = {"SHOP_SEASON": "winter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One command. Shape: `answer` is its JSON, {} where it printed none; `silence_s` the longest pause in `said`."""

    code: int
    answer: Mapping[str, Any]
    out: str
    err: str
    said: tuple[str, ...]
    silence_s: float
    seconds: float

    @property
    def verdict(self) -> str:
        """The verdict of the answer, "" without one."""
        return str(self.answer.get("verdict", ""))

    @property
    def text(self) -> str:
        """All that it printed and said."""
        return "\n".join((*self.said, self.out, self.err))


@dataclass
class Shop:
    """A service, its user's clone and what is recorded of its releases. Shape: `pace` may be changed."""

    render: StandIn
    service: StandInService
    state: Path
    pace: Pace = PACE
    heard: list[Heard] = field(default_factory=list)
    made: list[Report] = field(default_factory=list)

    def preflight(self, request: Request, ports: Ports) -> Report:
        """Really make a preflight once: its verdict is not what is asked here, and takes longest."""
        if not self.made:
            self.made.append(preflight(request, ports))
        return replace(self.made[0], commit=ports.git.commit(request.folder, "HEAD"))

    def run(self, command: str, *options: str) -> Ran:
        """Run *command* in the user's clone."""
        out, err = io.StringIO(), io.StringIO()
        quick = {"deploy": QUICK, "rollback": BACK}.get(command, ()) if "--plan" not in options else ()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            line = (command, "--project", str(self.service.clone), "--format", "json", *quick, *options)
            code = cli.main(line)
        heard = self.heard[-1]
        try:
            answer = json.loads(out.getvalue())
        except ValueError:
            answer = {}
        return Ran(
            code=code,
            answer=answer,
            out=out.getvalue(),
            err=err.getvalue(),
            said=tuple(heard.lines),
            silence_s=heard.longest_silence_s(),
            seconds=heard.times[-1] - heard.times[0],
        )

    def commit(self, message: str, *, is_bad: bool = False) -> str:
        """Commit a release, and return its id; good ones have the same files, so that preflight knows them already."""
        files = dict(deploy_stage.files(0, is_bad=is_bad))
        files["deploy.toml"] = _TELLS_COMMIT + files["deploy.toml"]
        return self.service.commit(files, message)

    def heard_of(self, mode: str, *, after: float = 0.0) -> None:
        """Let the service deploy by itself; each push, or its checks, is heard of *after* seconds of the platform."""
        self.service.record.auto_deploy = mode
        self.render.operations.webhook_s = after * SECOND_S if mode == "commit" else 0.0
        self.render.operations.checks_s = after * SECOND_S if mode == "checksPass" else 0.0

    def pushed_by_another(self, message: str = "Of somebody else") -> str:
        """Let somebody else push a commit on top of the branch, from a clone of their own; return its id."""
        origin, branch = self.service.record.origin, self.service.record.branch
        made = git(origin, "commit-tree", "-p", branch, "-m", message, f"{branch}^{{tree}}")
        git(origin, "update-ref", f"refs/heads/{branch}", made)
        return made

    def caught_up(self) -> None:
        """Let the user's clone have what others pushed."""
        git(self.service.clone, "pull", "-q", "--rebase", "origin", self.service.record.branch)

    @property
    def live(self) -> str:
        """The commit that is live at the target."""
        return self.service.hosted.live.commit if self.service.hosted.live else ""

    def begun(self, commit: str) -> list[str]:
        """Return what began the deploys of *commit*, ways back among them."""
        return [one.trigger for one in self.service.deploys if one.commit == commit]

    def journals(self) -> tuple[Path, ...]:
        """Return all journals, oldest first."""
        return tuple(sorted(self.state.rglob("journal.jsonl"), key=lambda one: one.parent.name.rpartition("-")[2]))

    def entries(self) -> tuple[Entry, ...]:
        """Return the lines of the latest journal."""
        return parse(self.journals()[-1].read_text(encoding="utf-8"))

    def mend(self) -> None:
        """Let the target be well again, and nothing be under way."""
        self.render.faults.clear()
        self.render.operations.answers_queued = False
        self.render.operations.superseding = ""
        self.render.operations.forget_pushes()
        self.heard_of("off")
        record = self.service.record
        record.keeps_old_build = record.suspended = record.ignores_all = False
        record.build, record.pre_deploy, record.start = "true", "", "python main.py"
        self.pace = PACE
        self.service.settle()


@contextmanager
def shop(folder: Path, monkeypatch: pytest.MonkeyPatch, **times: float) -> Iterator[Shop]:
    """Yield a service whose first release was deployed by the suite, and is live and verified."""
    with StandIn(times=Times(**{"step_s": 0.05, "term_delay_s": 0.0, **times})) as render:
        here = Shop(render, render.service(variables=dict(SEASON)), folder / "state")
        for name, value in {**render.settings, "DEPLOY_SUITE_STATE": str(here.state)}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DEPLOY_SUITE_CACHE", str(folder / "cache"))
        monkeypatch.setattr(interruption, "listen", lambda: None)  # signal handlers are the test runner's
        monkeypatch.setattr(wiring, "opened", _heard(here, wiring.opened))
        monkeypatch.setattr(comparison, "LEAST_MS", 500.0)  # a busy machine is no fault of a release
        monkeypatch.setattr(rollout, "preflight", here.preflight)
        monkeypatch.setitem(live_registry.LIVE_TARGETS, "render", _paced(here))
        here.commit("First")
        first = here.run("deploy")
        if first.code:
            raise AssertionError(first.text)
        yield here
        if render.violations:
            raise AssertionError("\n".join(render.violations))


def _paced(here: Shop) -> Opening:
    def opened(ports: Ports, *, by_hook: bool = False) -> RenderLive:
        return paced(ports, here.pace, by_hook=by_hook)

    return opened


def _heard(
    here: Shop, opened: Callable[..., AbstractContextManager[Ports]]
) -> Callable[..., AbstractContextManager[Ports]]:
    @contextmanager
    def listening(curtain: Curtain, *, command: str = "preflight") -> Iterator[Ports]:
        here.heard.append(Heard(curtain))
        with opened(curtain, command=command) as world:
            yield replace(world, progress=here.heard[-1])

    return listening
