"""A built service → what migrating, importing, starting and asking it show, as much of it side by side as can be."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from deploy_suite import staging
from deploy_suite.checks import boot, dependencies, migrations, packages
from deploy_suite.checks.base import Built, Findings, Started
from deploy_suite.early_start import EarlyStart
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge import clashes
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.ports import Ports
from deploy_suite.recording import Recorder
from deploy_suite.right_of_way import RightOfWay

# Who answers within this time shows what a rehearsed import would. One beside a slow start would end after it, and slow
# it down; a start that fails is heard of at once. Real applications were seen to take 42 s.
_SOON_S: Final = 60.0


class TrialRun:
    """One run of a built service."""

    def __init__(
        self,
        built: Built,
        plan: Plan,
        *,
        written: str,
        pool: ThreadPoolExecutor,
        recorder: Recorder,
        right_of_way: RightOfWay,
    ) -> None:
        """Prepare.

        Shape: *written* is the database that the build could write to, "" when it could not.
        """
        self._built = built
        self._plan = plan
        self._written = written
        self._pool = pool
        self._recorder = recorder
        self._ports = recorder.ports
        self._right_of_way = right_of_way
        self._has_started = threading.Event()
        self._milestones = boot.Milestones(
            started=lambda _: right_of_way.start(),
            listens=self._has_started.set,
            asked=right_of_way.end,
            answers=self._answered,
        )
        self._answer: Future[Started | None] = Future()
        self._ready = written

    def results(self) -> Sequence[CheckResult]:
        """Return the results of all that follows the build, in the order in which they are shown."""
        early = None
        if not self._written:
            early = EarlyStart.of(self._built, pool=self._pool, recorder=self._recorder, milestones=self._milestones)
        if early is None:
            self._right_of_way.end()
        self._pool.submit(self._make_ready_to_ask)
        looked_at = self._pool.submit(self._looked_at)
        imports = self._pool.submit(self._imported)
        try:
            rest = self._from_migrations(early, imports)
        finally:
            self._right_of_way.end()
            self._has_started.set()
            self._answered(None)
            if early:
                early.give_up()
        imported = next(one for one in rest if one.check == "imports")
        foretold = looked_at.result()
        shown = [packages.settled(foretold, imported), *packages.named(foretold, rest)]
        return self._with_clashes(shown)

    def _with_clashes(self, shown: Sequence[CheckResult]) -> list[CheckResult]:
        """Return *shown* with the known clashes among what is installed that they neither tell nor refute."""
        from deploy_suite.checks import clashing  # noqa: PLC0415  the start of the service does not wait for it

        return [clashing.added(one, self._built, shown) if one.check == clashing.CHECK else one for one in shown]

    def _from_migrations(self, early: EarlyStart | None, imports: "Future[CheckResult]") -> list[CheckResult]:
        began_s = self._ports.clock.now_s()
        self._ports.progress.began("migrations")
        head = migrations.to_head(self._built, self._ports)
        reached = self._recorder.result("migrations", self._ports.clock.now_s() - began_s, head.findings)
        self._ready = ready = head.migrated or self._written
        has_failed = reached.outcome is Outcome.FAILED
        if early:
            early.go_on(head.migrated if not has_failed else "")
        # What only migrates has nothing left to do in a migrated database: the service need not wait for it.
        command = self._built.case.contract.pre_deploy
        is_proved = bool(command and head.migrated and migrations.is_all_of(command, self._built.case))
        pre_deploy = None
        if is_proved and head.has_command_run:
            pre_deploy = self._pool.submit(self._recorder.timed, "pre-deploy", _rehearsed)
        elif is_proved:
            pre_deploy = self._beside("pre-deploy", boot.pre_deployed, ready)
        rest = self._pool.submit(self._recorder.continued, reached, lambda: migrations.rest(head))
        booted = early.result() if early else None
        if booted is None:
            booted = self._booted(ready, has_failed=has_failed, runs_pre_deploy=not is_proved)
        self._has_started.set()
        self._answered(None)
        imported = self._settled(imports.result(), ready)
        migrated = rest.result()
        if pre_deploy is None:
            return [migrated, imported, booted]
        if pre_deploy.result().outcome is Outcome.PASSED:
            migrations.note_command(self._built, self._ports)
        return [migrated, imported, pre_deploy.result(), booted]

    def _make_ready_to_ask(self) -> None:
        """Do what the first questions would wait for while the service starts; it would count as slowness of its."""
        self._right_of_way.await_start()
        prepare_to_ask(self._built.case.contract, self._ports)

    def _looked_at(self) -> CheckResult:
        self._right_of_way.give()
        result = self._timed("packages", packages.check, self._built, self._plan, self._ports)
        clashes.rows()  # 0.03 s that would else come when all has ended
        return result

    def _beside(self, check: str, findings: Callable[[Built, Ports], Findings], template: str) -> "Future[CheckResult]":
        """Run a check while the service is asked, not while it starts: starting is what all else waits for."""
        own = staging.copied(self._built, check, template, self._ports)

        def after_start() -> CheckResult:
            self._has_started.wait()
            return self._timed(check, findings, own, self._ports)

        return self._pool.submit(after_start)

    def _answered(self, started: Started | None) -> None:
        """Take note of how the service answered, None where it does not; the first word counts."""
        with suppress(InvalidStateError):
            self._answer.set_result(started)

    def _imported(self) -> CheckResult:
        """Return what importing the entry point shows, for which the service that has answered stands where it can."""
        self._right_of_way.await_start()
        started = None
        if dependencies.is_shown_by_answer(self._built.case):
            with suppress(TimeoutError):
                started = self._answer.result(_SOON_S)
        return self._confirmed("imports", self._ready, started)

    def _confirmed(self, stage: str, template: str, started: Started | None = None) -> CheckResult:
        def own() -> Built:
            return staging.copied(self._built, stage, template, self._ports)

        return self._recorder.timed(
            "imports", lambda: dependencies.confirm(self._built, self._ports, started=started, staged=own)
        )

    def _settled(self, imported: CheckResult, ready: str) -> CheckResult:
        """Return the result of the imports, tried once more where they may have missed a migrated database."""
        # Some applications read tables when they are imported: without a migrated database that proves nothing.
        return self._confirmed("imports_again", ready) if imported.outcome.is_no_pass and ready else imported

    def _booted(self, template: str, *, has_failed: bool, runs_pre_deploy: bool) -> CheckResult:
        if has_failed:
            self._ports.progress.ended("boot", 0.0, "skipped")  # a start that was begun early has been given up
            return self._recorder.not_run("boot", "the migrations failed, and the target starts nothing after that")
        own = staging.copied(self._built, "boot", template, self._ports)
        return self._recorder.timed(
            "boot",
            lambda: boot.check(own, self._ports, runs_pre_deploy=runs_pre_deploy, milestones=self._milestones),
        )

    def _timed(self, check: str, findings: Callable[..., Findings], *arguments: object) -> CheckResult:
        return self._recorder.timed(check, lambda: findings(*arguments))


def prepare_to_ask(contract: Contract, ports: Ports) -> None:
    """Import what the first questions to a service of *contract* would wait for. Idempotent."""
    ports.http.prepare()
    if any(probe.websocket for probe in contract.probes):
        ports.websockets.prepare()


def _rehearsed() -> Findings:
    message = "the pre-deploy command only migrates, and it succeeded when the migrations were rehearsed"
    return (Finding(code="pre-deploy", outcome=Outcome.PASSED, message=message),)
