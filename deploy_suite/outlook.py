"""A project and what is live of it → the plan of a deploy; looks, and changes nothing but caches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from deploy_suite import sides, way_back
from deploy_suite.checks import drift, migrations
from deploy_suite.checks.migrations import revisions, script
from deploy_suite.checks.variables.on_target import Compared, compared
from deploy_suite.environments import bindings as binding
from deploy_suite.errors import DeployError, MachineError
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.model.project import Commit
from deploy_suite.ports import Ports
from deploy_suite.releases import planned_steps, planning
from deploy_suite.releases.compatibility import Compatibility
from deploy_suite.releases.pending import Pending, pending
from deploy_suite.releases.planning import DeployPlan, PlannedStep
from deploy_suite.releases.requests import service_of
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.transcript import Transcript
from deploy_suite.releases.voice import Voice
from deploy_suite.sides import Side
from deploy_suite.targets.live_registry import LIVE_TARGETS

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """One call of `deploy --plan`. Shape: `service` is "" for the one that is found."""

    folder: Path
    target: str = "render"
    service: str = ""
    branch: str = ""
    preferences: Preferences = field(default_factory=Preferences)


def planned(request: PlanRequest, ports: Ports) -> DeployPlan:
    """Return what `deploy` would do with HEAD. The target gets GETs only; git fetches at most what it must compare.

    Raises: DeployError when the target cannot be asked, or no service or branch is found.
    """
    began_s = ports.clock.now_s()
    transcript = Transcript(ports.progress, ports.clock, ports.curtain)
    ports = replace(ports, progress=transcript)
    target = LIVE_TARGETS[request.target](ports)
    voice = Voice(ports.progress, ports.clock)
    with voice.alive(target.pace.heartbeat_s):
        voice.stage("see what is live")
        service = service_of(target, request.folder, asked=request.service, ports=ports)
        scene = Scene(
            folder=request.folder,
            target=target,
            service=service,
            ports=ports,
            transcript=transcript,
            branch=request.branch,
        )
        found = pending(scene)
        voice.stage("compare what would be deployed with it")
        plan = _Outlook(request, scene, found).plan()
        voice.over("done")
    return replace(plan, seconds=ports.clock.now_s() - began_s)


class _Outlook:
    """One plan while it is made."""

    def __init__(self, request: PlanRequest, scene: Scene, found: Pending) -> None:
        self._request = request
        self._scene = scene
        self._found = found
        self._ports = scene.ports
        self._notes: list[str] = []

    def plan(self) -> DeployPlan:
        found, service = self._found, self._scene.service
        frame = DeployPlan(
            target=self._scene.target.name,
            service=service,
            commit=found.commit,
            asked=datetime.fromisoformat(self._ports.clock.utc()).astimezone(UTC),
            is_pending=not found.is_nothing,
            live=found.live,
            branch=found.push.place.branch,
            commits=self._commits(),
            unpushed=found.push.commits,
            blocked=tuple(one for one in found.push.findings if one.outcome is Outcome.FAILED),
            blocked_by=found.push.reason,
        )
        if found.is_nothing or found.is_live:
            return replace(frame, steps=self._steps(None), notes=tuple(self._notes))
        frame = replace(frame, way_back=self._way_back())
        new = self._side()
        if new is None:
            return replace(frame, steps=self._steps(None), notes=tuple(self._notes))
        told = self._script(new)
        return replace(
            frame,
            drift=self._guarded("how versions moved", lambda: self._drift(new)),
            migrations=planning.migrations(told.revisions) if told else None,
            warnings=told.findings if told else (),
            variables=self._guarded("the service's variables", lambda: self._variables(new)),
            steps=self._steps(new),
            notes=tuple(self._notes),
        )

    def _commits(self) -> Sequence[Commit] | None:
        live = self._found.live
        if live is None or not live.commit:
            return None
        top = self._ports.git.top(self._request.folder)
        return self._ports.git.between(top, live.commit, self._found.commit.sha)

    def _side(self) -> Side | None:
        return self._guarded("what the commit asks for", lambda: self._at(self._found.commit.sha))

    def _at(self, commit: str) -> Side:
        request = self._request
        return sides.side(
            request.folder,
            commit,
            target=request.target,
            service=self._scene.stated_name,
            preferences=request.preferences,
            ports=self._ports,
        )

    def _way_back(self) -> Compatibility | None:
        live = self._found.live
        if live is None or not live.commit:
            return None
        passage = self._scene.passage(old=live.commit, new=self._found.commit.sha)
        return way_back.proven(passage, self._ports, preferences=self._request.preferences)

    def _drift(self, new: Side) -> tuple[str, ...] | None:
        live = self._found.live
        if live is None or not live.commit:
            return None
        plan = sides.planned(new, self._ports)
        found = drift.since(new.case, plan, self._ports, commit=live.commit)
        if found is None:
            self._notes.append(
                f"versions: {live.short} was never checked on this machine, or lock files say them: nothing to compare"
            )
        return found

    def _script(self, new: Side) -> script.Script | None:
        after = revisions.stated(new.case)
        if after.tool is None:
            return script.Script()
        before = self._before()
        if before is not None and revisions.are_same(before, after):
            return script.Script()
        if not binding.databases_needed(new.contract):
            self._notes.append("migrations: the contract names no PostgreSQL, so their SQL cannot be told")
            return None
        known = before or revisions.Stated(tool=None)
        ids, files = {one.id for one in known.steps}, {one.file for one in known.steps}
        has_steps = bool(known.steps)
        return self._guarded(
            "the SQL of the migrations",
            lambda: self._run(new, lambda name, file: name in ids or (file in files if file else has_steps)),
        )

    def _before(self) -> revisions.Stated | None:
        """Return the migrations of what is live, None where nothing is or it is not known here."""
        live = self._found.live
        if live is None or not live.commit:
            return None
        side = self._guarded("the migrations of what is live", lambda: self._at(live.commit))
        return revisions.stated(side.case) if side else None

    def _run(self, new: Side, is_known: Callable[[str, str], bool]) -> script.Script:
        wanted = migrations.wanted_extensions(new.case)
        foreign = new.case.preferences.database_url
        with self._ports.databases.serve(foreign=foreign, extensions=wanted) as server:
            made = sides.on(sides.built(new, server, stage="plan_build", ports=self._ports), "plan", ports=self._ports)
            found = script.script(made, self._ports, is_known=is_known)
        if found.why:
            self._notes.append(f"migrations: {found.why}")
        return found

    def _variables(self, new: Side) -> Compared:
        return compared(new.case, self._scene.target.variables(self._scene.service))

    def _guarded(self, what: str, ask: Callable[[], _Answer]) -> _Answer | None:
        """Return what *ask* does, None with a note where it cannot: a plan tells what it can."""
        try:
            return ask()
        except MachineError:
            raise
        except DeployError as error:
            self._notes.append(f"{what}: {error.message}")
            return None

    def _steps(self, new: Side | None) -> tuple[PlannedStep, ...]:
        return tuple(planned_steps.steps(self._scene, self._found, probes=len(new.contract.probes) if new else 0))
