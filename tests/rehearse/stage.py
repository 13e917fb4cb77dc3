"""A repository with konan alone, its service on the stand-in with a database, and `deploy` run as a user runs it."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy_suite.model.secret import Curtain
from deploy_suite.wiring import opened
from tests.rehearse.scenes import MAIN, Scene, far_away
from tests.standin import blueprint
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn, StandInService, git

TOP: Final = Path(__file__).resolve().parents[2]
_MANIFESTS: Final = ("render.yaml", "deploy.toml")
_KONAN: Final = "examples/konan"
_LIMIT_S: Final = 300
PACE: Final = 20
# Enough to tell 15 ms more of 30, without making a table of it wait.
VERIFYING: Final = ("--samples", "40", "--window", "3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One command. Shape: `answer` is its JSON, empty where it printed none."""

    code: int
    answer: Mapping[str, Any]
    text: str


@dataclass(slots=True)
class Stage:
    """The stand-in with a service, and the folder of its user. Shape: `state` is where releases are recorded."""

    render: StandIn
    service: StandInService
    state: Path

    def lay(self, scene: Scene) -> str:
        """Commit what *scene* changes in the first release, and return the commit's id."""
        clone = self.service.clone
        shutil.rmtree(clone / _KONAN, ignore_errors=True)
        _copied(clone)
        for path, edits in ((MAIN, far_away(scene.pause_s)), *scene.edits.items()):
            _edited(clone / path, edits)
        for path, text in scene.added.items():
            (clone / path).write_text(text, encoding="utf-8")
        self.service.record.variables |= scene.variables
        self.service.record.keeps_old_build = scene.keeps_old_build
        return self.service.commit({}, scene.what)

    def clear(self, scene: Scene) -> None:
        """Let the service be as it was before *scene*."""
        for name in scene.variables:
            self.service.record.variables.pop(name, None)
        self.service.record.keeps_old_build = False

    def run(self, command: str, *options: str) -> Ran:
        """Run *command* of the suite in the user's folder, and return what it answered."""
        done = subprocess.run(
            self.line(command, *options),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {}
        return Ran(code=done.returncode, answer=answer, text=done.stdout + done.stderr)

    def line(self, command: str, *options: str) -> Sequence[str]:
        """Return the command line of *command*."""
        program = (sys.executable, "-m", "deploy_suite", command, "--project", str(self.service.clone))
        return (*program, "--target", "render", "--format", "json", *options)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a user has set."""
        return {
            **os.environ,
            **self.render.settings,
            "DEPLOY_SUITE_PACE": str(PACE),
            "DEPLOY_SUITE_STATE": str(self.state),
        }

    @property
    def serving(self) -> str:
        """The commit that answers in public, "" where none does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.service.record.port, timeout=10)
        with contextlib.closing(connection), contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            connection.request("GET", "/health")
            return str(json.load(connection.getresponse())["commit"])
        return ""


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Yield konan's service, empty, in a folder that is thrown away."""
    with (
        tempfile.TemporaryDirectory(prefix="rehearse-") as folder,
        opened(Curtain(), command="rehearse") as ports,
        ports.databases.serve(foreign=None) as server,
        StandIn(times=Times(start_s=10.0)) as render,
    ):
        database = server.create("konan").url().revealed()
        clone = Path(folder) / "konan"
        clone.mkdir()
        git(clone, "init", "-q")
        described = blueprint.first_service(TOP / "render.yaml", database_url=database)
        service = render.service(clone=clone, **described)
        git(clone, "remote", "add", "origin", str(service.record.origin))
        yield Stage(render, service, Path(folder) / "state")
        if render.violations:
            raise AssertionError("\n".join(render.violations))


def _copied(clone: Path) -> None:
    for name in _MANIFESTS:
        shutil.copy(TOP / name, clone / name)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(TOP / _KONAN, clone / _KONAN, ignore=ignored, dirs_exist_ok=True)


def _edited(file: Path, edits: Sequence[tuple[str, str]]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        if old not in text:
            raise AssertionError(f"{file} has no {old!r}")
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
