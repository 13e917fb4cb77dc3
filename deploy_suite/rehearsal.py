"""A contract into check results: build, check, migrate, boot and probe one service as its target would."""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from deploy_suite import unstated, verdicts
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.checks.config import check as config
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import registry as environments
from deploy_suite.errors import CannotCheckError, MachineError
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import BuildFailure, DatabaseAddress, Environment, Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.report import Subject
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Ports
from deploy_suite.project.loading import Project

_NO_ROOM: Final = "no-space-left"  # the slug of the cause
# Stands for the databases as long as none is needed: what is planned does not depend on where they are.
_NOWHERE: Final = DatabaseAddress(host="127.0.0.1", port=5432, user="nobody", password=Secret(""), name="nowhere")

_MOST_ROUNDS: Final = 12
_NOT_GOOD: Final = frozenset({Outcome.FAILED, Outcome.SKIPPED})


class Rehearsal:
    """One service of a project, taken through its contract once."""

    def __init__(self, contract: Contract, *, project: Project, preferences: Preferences, ports: Ports) -> None:
        """Prepare; nothing runs yet."""
        limits = contract.limits.shortened(build_s=preferences.build_timeout_s, start_s=preferences.start_timeout_s)
        contract = replace(contract, limits=limits)
        self._contract = contract
        self._project = project
        self._ports = ports
        self._case = Case(
            snapshot=project.snapshot,
            contract=contract,
            state=project.state,
            preferences=preferences,
            repository=project.repository,
        )
        self._python = preferences.python or contract.python.version
        self.reused = ""

    def subject(self) -> Subject:
        """Return what was checked, with the Python that was really used."""
        return Subject(
            project=self._project.name,
            commit=self._project.snapshot.commit,
            service=self._contract.service,
            target=self._contract.target,
            python=self._python,
        )

    def results(self) -> list[CheckResult]:
        """Return the results in the order in which they are shown. Static checks run while the rest does.

        What ends on a variable that nothing states is run again with a made-up value, to find what lies behind it.
        A good verdict on the same content, contract, environment and choices is reused; `reused` then says from when.
        """
        case = self._case
        with ThreadPoolExecutor() as pool:
            static = [
                pool.submit(self._timed, "config", lambda: config.check(case)),
                pool.submit(self._timed, "dependencies", lambda: dependencies.check(case)),
            ]
            try:
                rest = self._with_made_up_values(pool)
            except BaseException:
                self._ports.runner.give_up()
                raise
            return [*(check.result() for check in static), *rest]

    def _with_made_up_values(self, pool: ThreadPoolExecutor) -> Sequence[CheckResult]:
        told: list[Finding] = []
        results = self._rehearsed(pool)
        for _ in range(_MOST_ROUNDS):
            found = unstated.found(results, self._contract)
            if not found:
                break
            told += found
            self._contract = unstated.assumed(self._contract, found)
            self._case = replace(self._case, contract=self._contract)
            self._ports.progress.waiting(f"{unstated.names(found)}: not stated, going on with a made-up value")
            results = self._rehearsed(pool)
        if told:
            self.reused = ""
        return unstated.told(results, told)

    def _rehearsed(self, pool: ThreadPoolExecutor) -> Sequence[CheckResult]:
        answers = binding.answers_in(self._project.repository / self._contract.root)
        bound = self._bound(answers, dict.fromkeys(binding.databases_needed(self._contract), _NOWHERE))
        stem = verdicts.stem(self._case, bound)
        is_news = self._case.preferences.fresh or not verdicts.is_known(stem, self._ports)
        with self._serving(pool if is_news else None) as server:
            try:
                plan = environments.planned(
                    self._contract, self._case.snapshot, bound, self._case.preferences, self._ports
                )
            except CannotCheckError as error:
                cannot = self._result("environment", 0.0, (_cannot_check(error),))
                return [cannot, *self._all_not_run("the environment cannot be built here")]
            self._python = plan.choice.interpreter.version
            name = f"{stem}-{plan.key}"
            if not is_news and (verdict := verdicts.find(name, self._ports)):
                self.reused, self._python = verdict.when, verdict.python
                return verdict.results
            rest = self._built_and_checked(plan, server, pool)
        if plan.key:
            masker = self._ports.curtain.masker
            verdicts.keep(name, (result.masked(masker) for result in rest), python=self._python, ports=self._ports)
        return rest

    @contextmanager
    def _serving(self, pool: ThreadPoolExecutor | None) -> Iterator[Callable[[], DatabaseServer | None]]:
        """Yield what returns the server: started in *pool* at once, or in its absence when it is first asked for."""
        with ExitStack() as stack:
            if pool is None:
                yield functools.cache(lambda: self._serve(stack))
                return
            starting = pool.submit(self._serve, stack)
            try:
                yield starting.result
            finally:
                wait([starting])  # it must be on the stack before the stack is unwound

    def _bound(self, answers: Mapping[str, Secret], databases: Mapping[str, DatabaseAddress]) -> Bindings:
        bound = binding.bind(
            self._contract,
            databases=databases,
            answers=answers,
            service_folder=self._project.snapshot.folder / self._contract.root,
        )
        self._ports.curtain.add(binding.masker(self._contract, bound, databases))
        return bound

    def _rebound(self, bound: Bindings, databases: Mapping[str, DatabaseAddress]) -> Bindings:
        """Return *bound* with other databases in it, whose passwords are hidden from now on."""
        rebound = binding.rebound(self._contract, bound, databases)
        self._ports.curtain.add(binding.masker(self._contract, rebound, databases))
        return rebound

    def _built_and_checked(
        self, plan: environments.Plan, server: Callable[[], DatabaseServer | None], pool: ThreadPoolExecutor
    ) -> Sequence[CheckResult]:
        written = ""
        if plan.recipe.may_use_database:  # no other build waits for the server
            databases = self._databases(server(), "build")
            plan = replace(plan, bindings=self._rebound(plan.bindings, databases))
            written = next((address.name for address in databases.values()), "")
        environment, result = self._build(plan)
        if environment is None:
            return [result, *self._all_not_run("the environment was not built")]
        built = Built(case=self._case, environment=environment, bindings=plan.bindings, server=server())
        from deploy_suite.checks import packages  # noqa: PLC0415  a reused verdict needs none of it

        looked_at = pool.submit(self._timed, "packages", lambda: packages.check(built, plan, self._ports))
        rest = self._after_build(built, pool, written=written)
        imported = next(one for one in rest if one.check == "imports")
        return [result, packages.settled(looked_at.result(), imported), *rest]

    def _serve(self, stack: ExitStack) -> DatabaseServer | None:
        """Start a server where the service knows of a PostgreSQL at all."""
        if not binding.databases_needed(self._contract):
            return None
        from deploy_suite.checks import migrations  # noqa: PLC0415  a reused verdict needs none of it

        wanted = migrations.wanted_extensions(self._case)
        foreign = self._case.preferences.database_url
        return stack.enter_context(self._ports.databases.serve(foreign=foreign, extensions=wanted))

    def _databases(
        self, server: DatabaseServer | None, stage: str, *, template: str = ""
    ) -> Mapping[str, DatabaseAddress]:
        """Return a fresh database for each that the contract names; the first is the one that migrations are for."""
        if server is None:
            return {}
        needed = binding.databases_needed(self._contract)
        return {
            name: server.create(f"{stage.replace('-', '_')}_{number}", template=template if number == 0 else "")
            for number, name in enumerate(needed)
        }

    def _build(self, plan: environments.Plan) -> tuple[Environment | None, CheckResult]:
        made: list[Environment] = []

        from deploy_suite.checks import build  # noqa: PLC0415  a reused verdict needs none of it

        def build_and_judge() -> Findings:
            outcome = environments.built(plan)
            if isinstance(outcome, BuildFailure):
                return build.findings(outcome, self._case)
            made.append(outcome)
            return build.passed(outcome)

        result = self._timed("environment", build_and_judge)
        return (made[0] if made else None), result

    def _after_build(self, built: Built, pool: ThreadPoolExecutor, *, written: str) -> list[CheckResult]:
        """Return what migrating, importing and booting show; only booting waits for a migrated database.

        Shape: *written* is the database that the build could write to; the service meets it where nothing migrates.
        """
        from deploy_suite.checks import boot, migrations  # noqa: PLC0415  a reused verdict needs none of it

        imports = pool.submit(self._imported, built, "imports", "")
        began = self._ports.clock.now_s()
        self._ports.progress.began("migrations")
        head = migrations.to_head(built, self._ports)
        reached = self._result("migrations", self._ports.clock.now_s() - began, head.findings)

        ready = head.migrated or written
        has_started = threading.Event()

        def beside(check: str, findings: Callable[[Built, Ports], Findings]) -> "Future[CheckResult]":
            """Run a check while the service is asked, not while it starts: starting is what all else waits for."""
            own = self._copied(built, check, ready)

            def after_start() -> CheckResult:
                has_started.wait()
                return self._timed(check, lambda: findings(own, self._ports))

            return pool.submit(after_start)

        command = self._contract.pre_deploy
        # What only migrates has nothing left to do in a migrated database: the service need not wait for it.
        is_proved = bool(command and head.migrated and migrations.is_all_of(command, self._case))
        pre_deploy = (
            beside("pre-deploy", boot.pre_deployed if not head.has_command_run else _as_before) if is_proved else None
        )
        rest = pool.submit(self._timed, "migrations", lambda: migrations.rest(built, self._ports, head))
        try:
            booted = self._booted(
                built, reached.outcome, ready, runs_pre_deploy=not is_proved, on_listening=has_started.set
            )
        finally:
            has_started.set()
        imported = imports.result()
        if imported.outcome in _NOT_GOOD and ready:
            # Some applications read tables when they are imported: without a migrated database that proves nothing.
            imported = self._imported(built, "imports_again", ready)
        migrated = self._joined(reached, rest)
        if pre_deploy is None:
            return [migrated, imported, booted]
        if pre_deploy.result().outcome is Outcome.PASSED:
            migrations.note_command(built, self._ports)
        return [migrated, imported, pre_deploy.result(), booted]

    def _imported(self, built: Built, stage: str, migrated: str) -> CheckResult:
        own = self._copied(built, stage, migrated)
        return self._timed("imports", lambda: dependencies.confirm(own, self._ports))

    def _booted(
        self, built: Built, migrated: Outcome, template: str, *, runs_pre_deploy: bool, on_listening: Callable[[], None]
    ) -> CheckResult:
        if migrated is Outcome.FAILED:
            return self._not_run("boot", "the migrations failed, and the target starts nothing after that")
        from deploy_suite.checks import boot  # noqa: PLC0415  a reused verdict needs none of it

        own = self._copied(built, "boot", template)
        return self._timed(
            "boot",
            lambda: boot.check(own, self._ports, runs_pre_deploy=runs_pre_deploy, on_listening=on_listening),
        )

    def _copied(self, built: Built, stage: str, migrated: str) -> Built:
        """Return *built* with databases of its own, copies of the migrated one."""
        databases = self._databases(built.server, stage, template=migrated)
        return replace(built, bindings=self._rebound(built.bindings, databases))

    def _timed(self, check: str, findings: Callable[[], Findings]) -> CheckResult:
        began = self._ports.clock.now_s()
        self._ports.progress.began(check)
        try:
            found = findings()
        except CannotCheckError as error:
            found = (_cannot_check(error),)
        result = self._result(check, self._ports.clock.now_s() - began, found)
        self._ports.progress.ended(check, result.seconds, result.outcome.value)
        return result

    def _result(self, check: str, seconds: float, findings: Findings) -> CheckResult:
        service, target = self._contract.service, self._contract.target
        _blame_disk(check, findings)
        told = tuple(finding.about(check=check, service=service, target=target) for finding in findings)
        return CheckResult(check=check, service=service, target=target, seconds=seconds, findings=told)

    def _joined(self, first: CheckResult, second: "Future[CheckResult]") -> CheckResult:
        then = second.result()
        return self._result(first.check, first.seconds + then.seconds, (*first.findings, *then.findings))

    def _all_not_run(self, reason: str) -> list[CheckResult]:
        return [self._not_run(check, reason) for check in ("packages", "migrations", "imports", "boot")]

    def _not_run(self, check: str, reason: str) -> CheckResult:
        finding = Finding(code="not-run", outcome=Outcome.SKIPPED, message=f"not checked, because {reason}")
        return self._result(check, 0.0, (finding,))


def _as_before(_built: Built, _ports: Ports) -> Findings:
    message = "the pre-deploy command only migrates, and nothing that it reads has changed since it last succeeded"
    return (Finding(code="pre-deploy", outcome=Outcome.PASSED, message=message),)


def _blame_disk(check: str, findings: Findings) -> None:
    """Say so where a check failed for want of room: it says nothing of the target's disk. Raises: MachineError."""
    for finding in findings:
        if finding.outcome is Outcome.FAILED and finding.code.partition(":")[0] == _NO_ROOM:
            raise MachineError(
                f"a disk of this machine is full: the check {check!r} could write no more",
                remedy="free space (df -h shows where), or set DEPLOY_SUITE_CACHE to a folder on a larger disk",
            )


def _cannot_check(error: CannotCheckError) -> Finding:
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {error.message}",
        remedy=error.remedy,
    )
