"""A ledger, a target and a repository that are values, for releases that are carried out without a world."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy_suite.errors import UsageError
from deploy_suite.model.project import Commit
from deploy_suite.model.push import Remote
from deploy_suite.model.release import (
    AutoDeploy,
    Deploy,
    DeployState,
    FailureReason,
    Intent,
    LiveService,
    PushTrace,
    Trigger,
)
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Address, HttpRequest, HttpResponse, Ports, RemoteRefusedError
from deploy_suite.releases import journal as journals
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.permission import Permission
from deploy_suite.releases.progress import permission_data
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step, intent_data
from deploy_suite.releases.transcript import Transcript
from deploy_suite.releases.verification import Patience
from deploy_suite.targets.live import LogCursor, LogPage, Pace
from tests.doubles.machine import Heard, Stopwatch

OLD, NEW, OTHER = "0" * 39 + "1", "a" * 40, "b" * 40
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Shelf:
    """Implements `ports.Ledger`."""

    files: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    folder: Path = Path("/ledger")

    def append(self, place: str, line: str, *, is_vital: bool = True) -> None:
        assert is_vital or place.endswith("log.txt")
        self.files[place] = self.files.get(place, "") + f"{line}\n"

    def write(self, place: str, text: str) -> None:
        self.files[place] = text

    def read(self, place: str) -> str:
        return self.files.get(place, "")

    def names(self, place: str) -> Sequence[str]:
        return sorted(
            {one.removeprefix(f"{place}/").split("/")[0] for one in self.files if one.startswith(f"{place}/")}
        )

    def remove(self, place: str) -> None:
        self.files = {name: text for name, text in self.files.items() if not name.startswith(f"{place}/")}

    @contextmanager
    def locked_at_once(self, place: str) -> Iterator[bool]:
        if place in self.held:
            yield False
            return
        self.held.add(place)
        yield True
        self.held.discard(place)


@dataclass
class Repository:
    """Implements the part of `ports.Git` that releases ask for.

    Shape: `there` is the branch's tip on the remote, "" where that cannot be read; `slug` is the remote's.
    """

    there: str = OLD
    slug: str = "acme/shop"

    def top(self, folder: Path) -> Path:
        return folder

    def commit(self, _repository: Path, revision: str) -> Commit:
        raise UsageError(f"no commit {revision} here")

    def remotes(self, _repository: Path) -> Sequence[Remote]:
        return [Remote(name="origin", shown="origin", slug=self.slug)]

    def tip(self, _repository: Path, remote: Remote, branch: str, *, timeout_s: float) -> str:
        assert (remote.name, branch, timeout_s > 0) == ("origin", "main", True)
        if not self.there:
            raise RemoteRefusedError("fatal: could not read from remote repository")
        return self.there

    def between(self, _repository: Path, base: str, tip: str) -> Sequence[Commit] | None:
        return () if base == tip else (Commit(sha=tip, tree="", subject=""),)


@dataclass
class Web:
    """Implements `ports.Http`: answers with the status that is set."""

    status: int = 200

    def request(self, _address: Address, _request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        assert timeout_s > 0
        return HttpResponse(status=self.status, headers={}, body=b"", elapsed_ms=1.0)


@dataclass
class Target:
    """Implements `targets.live.LiveTarget`: what is begun is live at once, or ends as `fate` says.

    Shape: `asked` are the wishes that began a deploy, and what else changed something.
    """

    all: list[Deploy] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fate: DeployState = DeployState.LIVE
    mode: AutoDeploy = AutoDeploy.OFF
    failed: tuple[str, ...] = ()
    ignored: PushTrace | None = None
    url: str = ""
    refuses_rollback: bool = False
    name: str = "render"
    bound_to: str = ""
    can_look: bool = True
    pace: Pace = field(default_factory=Pace)

    def service(self, service_id: str) -> LiveService:
        repository = "https://github.com/acme/shop"
        found = LiveService(id=service_id, name="shop", kind="web", url=self.url, branch="main", repository=repository)
        return replace(found, auto_deploy=self.mode)

    def services(self, _name: str = "") -> Sequence[LiveService]:
        return [self.service("srv-1")]

    def live(self, _service: LiveService) -> Deploy | None:
        return next((one for one in self.all if one.state is DeployState.LIVE), None)

    def deploys(self, _service: LiveService, *, limit: int = 20) -> Sequence[Deploy]:
        return self.all[::-1][:limit]

    def deploy(self, _service: LiveService, deploy_id: str) -> Deploy:
        """Return it; one that was under way is over when it is asked for."""
        found = next(one for one in self.all if one.id == deploy_id)
        if not found.state.is_over:
            self._settle(found.id, self.fate)
        return next(one for one in self.all if one.id == deploy_id)

    def intent(
        self, _service: LiveService, *, commit: str = "", clear_cache: bool = False, back_to: str = ""
    ) -> Intent:
        known = frozenset(one.id for one in self.all)
        return Intent(commit=commit, clear_cache=clear_cache, back_to=back_to, known=known)

    def carry_out(self, service: LiveService, intent: Intent) -> Deploy:
        if (found := self.find(service, intent)) is not None:
            return found
        if intent.back_to and self.refuses_rollback:
            raise UsageError("the build is gone")
        self.asked.append(f"back to {intent.back_to}" if intent.back_to else f"deploy {intent.commit[:7]}")
        origin = next((one for one in self.all if one.id == intent.back_to), None)
        trigger = Trigger.ROLLBACK if origin else Trigger.REQUEST
        return self.begin(origin.commit if origin else intent.commit, trigger)

    def find(self, _service: LiveService, intent: Intent) -> Deploy | None:
        return next((one for one in self.all if one.id not in intent.known and _fits(one, intent)), None)

    def last_push(self, _service: LiveService) -> PushTrace | None:
        found = [one for one in self.all if one.trigger is Trigger.PUSH]
        traces = [PushTrace(id=one.id, commit=one.commit, time=BEGAN) for one in found[-1:]]
        return self.ignored or next(iter(traces), None)

    def cancel(self, _service: LiveService, deploy_id: str) -> Deploy:
        self.asked.append(f"cancel {deploy_id}")
        self._settle(deploy_id, DeployState.CANCELED)
        return next(one for one in self.all if one.id == deploy_id)

    def set_auto_deploy(self, service: LiveService, mode: AutoDeploy) -> LiveService:
        self.asked.append(f"auto-deploy {mode.value}")
        self.mode = mode
        return self.service(service.id)

    def reason(self, _service: LiveService, _deploy: Deploy) -> FailureReason:
        return FailureReason()

    def failures(self, _service: LiveService, since: datetime) -> Sequence[str]:
        assert since == BEGAN
        return self.failed

    def instances(self, _service: LiveService) -> frozenset[str]:
        return frozenset()

    def log(self, _service: LiveService, cursor: LogCursor) -> LogPage:
        return LogPage((), cursor)

    def variables(self, _service: LiveService) -> Sequence[str]:
        return ()

    def begin(
        self, commit: str, trigger: Trigger = Trigger.REQUEST, *, state: DeployState = DeployState.BUILDING
    ) -> Deploy:
        """Begin a deploy; with *state* LIVE it takes the place of what was live."""
        deploy = Deploy(
            id=f"dep-{len(self.all) + 1}", state=DeployState.CREATED, commit=commit, trigger=trigger, created=BEGAN
        )
        self.all.append(deploy)
        self._settle(deploy.id, state)
        return self.all[-1]

    def _settle(self, deploy_id: str, state: DeployState) -> None:
        for at, one in enumerate(self.all):
            if one.id == deploy_id:
                self.all[at] = replace(one, state=state)
            elif state is DeployState.LIVE and one.state is DeployState.LIVE:
                self.all[at] = replace(one, state=DeployState.REPLACED)


def _fits(one: Deploy, intent: Intent) -> bool:
    return one.trigger is Trigger.ROLLBACK if intent.back_to else one.commit == intent.commit


@dataclass
class World:
    """All of it, and the scene of a release in it."""

    target: Target = field(default_factory=Target)
    shelf: Shelf = field(default_factory=Shelf)
    git: Repository = field(default_factory=Repository)
    web: Web = field(default_factory=Web)
    clock: Stopwatch = field(default_factory=Stopwatch)
    heard: Heard = field(default_factory=Heard)
    curtain: Curtain = field(default_factory=Curtain)

    @property
    def ports(self) -> Ports:
        ports = object.__new__(Ports)
        parts: dict[str, Any] = {
            "clock": self.clock,
            "ledger": self.shelf,
            "git": self.git,
            "http": self.web,
            "progress": self.heard,
            "curtain": self.curtain,
        }
        for name, part in parts.items():
            object.__setattr__(ports, name, part)
        return ports

    def scene(self, *, ignores_schema: bool = False) -> Scene:
        return Scene(
            folder=Path("/shop"),
            target=self.target,
            service=self.target.service("srv-1"),
            ports=self.ports,
            transcript=Transcript(self.heard, self.clock, self.curtain),
            patience=Patience(pause_s=1.0, lasting_s=5.0, most_s=20.0),
            ignores_schema=ignores_schema,
        )

    def journal(self, *, is_granted: bool = True, mode: AutoDeploy = AutoDeploy.OFF, kind: str = "deploy") -> Journal:
        """Return the journal of a release of NEW, begun while the first deploy was live."""
        self.clock.sleep(1.0)
        found = journals.begun(self.shelf, self.scene().place, clock=self.clock, curtain=self.curtain)
        live = self.target.live(self.target.service("srv-1"))
        permission = Permission(is_granted=is_granted, why="the schema was tried", command="alembic downgrade 1")
        found.note(
            Step.BEGUN,
            kind=kind,
            commit=NEW if kind == "deploy" else OLD,
            subject="Change",
            service="shop",
            branch="main",
            previous=live.id if live else "",
            previous_commit=live.commit if live else "",
            auto_deploy=mode.value,
            way_back=permission_data(permission),
        )
        return found

    def intent(self, *, back_to: str = "") -> dict[str, object]:
        """Return the wish of now, as a journal holds it."""
        commit = "" if back_to else NEW
        return dict(intent_data(self.target.intent(self.target.service("srv-1"), commit=commit, back_to=back_to)))
