"""A small service on the stand-in and its user's clone, for `deploy` as a process that may be killed at any step."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rehearse.stage import Stage
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn, server

_MANIFEST = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: starter
    buildCommand: "true"
    startCommand: python main.py
    healthCheckPath: /
    autoDeployTrigger: "off"
    envVars:
      - key: PYTHON_VERSION
        value: 3.12.12
"""
BACK = ("--window", "1")
QUICK = ("--samples", "20", *BACK)
_LIMIT_S = 120.0


_PROBES = """\
[[services.shop.probes]]
name = "the shop is open"
path = "/open"
expect = { status = 200 }
"""
# Only there is the variable set, so no preflight can see it.
_CLOSED_THERE = "503 if self.path == '/open' and os.environ.get('SHOP_SEASON') else 200"


def files(number: int, *, is_bad: bool = False) -> Mapping[str, str]:
    """Return the files of a release that differs from the others; a bad one goes live and fails a probe there."""
    source = server(before=f"print('release {number}')", status=_CLOSED_THERE if is_bad else 200)
    return {"render.yaml": _MANIFEST, "deploy.toml": _PROBES, "main.py": source}


@dataclass(frozen=True, slots=True)
class Killed:
    """A process that was ended. Shape: `steps` are those that its journal had then."""

    steps: tuple[str, ...]
    code: int
    said: str


@dataclass(slots=True)
class Shop:
    """The stage, and what tests ask of it."""

    stage: Stage

    def killed_at(
        self, step: str, number: signal.Signals, *options: str, command: str = "deploy", on_the_way_back: bool = False
    ) -> Killed:
        """Run *command* and send it *number* as soon as its journal has *step*, after "going back" if that is asked."""
        known = set(self.journals())
        quick = QUICK if command == "deploy" else BACK
        process = subprocess.Popen(
            self.stage.line(command, *quick, *options),
            env=self.stage.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        until = time.monotonic() + _LIMIT_S
        while process.poll() is None and step not in _since(self.steps(known), on_the_way_back=on_the_way_back):
            if time.monotonic() > until:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(f"it did not come to {step}: {self.steps(known)}")
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(number)
        said = process.communicate(timeout=_LIMIT_S)[0]
        return Killed(self.steps(known), process.returncode, said)

    def journals(self) -> tuple[Path, ...]:
        """Return all journals, oldest first."""
        return tuple(sorted(self.stage.state.rglob("journal.jsonl")))

    def steps(self, known: set[Path] | None = None) -> tuple[str, ...]:
        """Return the steps of the latest journal that is not among the *known*."""
        new = [one for one in self.journals() if one not in (known or set())]
        if not new:
            return ()
        lines = new[-1].read_text(encoding="utf-8").splitlines(keepends=True)
        return tuple(json.loads(line)["step"] for line in lines if line.endswith("\n"))

    def deploys_of(self, commit: str) -> int:
        """Return how many deploys of *commit* there were, ways back left out."""
        return sum(one.commit == commit and one.rollback_to is None for one in self.stage.service.deploys)


def _since(steps: tuple[str, ...], *, on_the_way_back: bool) -> tuple[str, ...]:
    if not on_the_way_back:
        return steps
    return steps[steps.index("going back") + 1 :] if "going back" in steps else ()


@contextmanager
def shop(folder: Path, *, auto_deploy: str = "off") -> Iterator[Shop]:
    """Yield a service whose first release is live, deployed by the suite and verified."""
    with StandIn(times=Times(step_s=0.05)) as render:
        service = render.service(auto_deploy=auto_deploy, variables={"SHOP_SEASON": "winter"})
        stage = Stage(render, service, folder / "state")
        service.commit(files(0), "Release 0")
        first = stage.run("deploy", *QUICK)
        if first.code:
            raise AssertionError(first.text)
        yield Shop(stage)
        if render.violations:
            raise AssertionError("\n".join(render.violations))
