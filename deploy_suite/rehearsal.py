"""A contract into check results: build, check, migrate, boot and probe one service as its target would."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from typing import Final

from deploy_suite import staging, verdicts
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import registry as environments
from deploy_suite.errors import CannotCheckError
from deploy_suite.model import python_series
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import BuildFailure, DatabaseAddress, Environment, Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.report import Subject
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Ports
from deploy_suite.project.loading import Project
from deploy_suite.recording import Recorder, cannot_check
from deploy_suite.right_of_way import RightOfWay

# Stands for the databases as long as none is needed: what is planned does not depend on where they are.
_NOWHERE: Final = DatabaseAddress(host="127.0.0.1", port=5432, user="nobody", password=Secret(""), name="nowhere")

_IMPORTS: Final = "imports"
_OF_INDEX: Final = "environment"  # the check that tells what the index answers
_AFTER_BUILD: Final = (
    "deploy_suite.checks.migrations.remainder",
    "deploy_suite.checks.packages.checking",
    "deploy_suite.checks.dependencies.confirmed",
)
_MOST_ROUNDS: Final = 12
_SIDE_BY_SIDE: Final = 16  # more than there are checks: some of them wait for others


class Rehearsal:
    """One service of a project, taken through its contract once."""

    def __init__(
        self,
        contract: Contract,
        *,
        project: Project,
        preferences: Preferences,
        ports: Ports,
        is_mended: bool = False,
    ) -> None:
        """Prepare; nothing runs yet. Of a project that is *mended*, nothing is remembered as its commit's."""
        self._is_mended = is_mended
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
        self._python = self._case.python
        self._drifted: Future[Findings] | None = None
        self._resolved: Mapping[str, str] = {}
        self._right_of_way = RightOfWay()
        self.reused = ""

    @property
    def _recorder(self) -> Recorder:
        return Recorder(self._contract, self._ports)

    def subject(self) -> Subject:
        """Return what was checked, with the Python that was really used."""
        return Subject(
            project=self._project.name,
            commit=self._project.snapshot.commit,
            service=self._contract.service,
            target=self._contract.target,
            python=self._python,
            root=str(self._contract.root) if self._contract.root.parts else "",
            instead_of=self._passed_over(),
        )

    def _passed_over(self) -> str:
        """Return the target's Python where the caller asked for one of another series, else ""."""
        asked, own = self._case.preferences.python, self._contract.python.version
        return own if asked and python_series.of(asked) != python_series.of(own) else ""

    def results(self) -> list[CheckResult]:
        """Return the results in the order in which they are shown. Static checks run while the rest does.

        What ends on a variable that nothing states is run again with a made-up value, to find what lies behind it.
        A good verdict on the same content, contract, environment and choices is reused; `reused` then says from when.
        """
        case = self._case
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
            static = [
                pool.submit(self._read, "config", lambda: _configured(case)),
                pool.submit(self._read, "dependencies", lambda: dependencies.check(case)),
            ]
            try:
                told, rest = self._with_made_up_values(pool, read=static[-1])
            except BaseException:
                self._ports.runner.give_up()
                raise
            finally:
                self._right_of_way.end()
            from deploy_suite import unstated  # noqa: PLC0415  the start of the service does not wait for it

            *others, read = (check.result() for check in static)
            shown = unstated.told(rest, told)
            results = [*others, unstated.settled(read, told, rest), *(self._with_drift(one) for one in shown)]
            return self._without_left_out(self._with_unmet(results))

    def _with_unmet(self, results: Sequence[CheckResult]) -> list[CheckResult]:
        """Return *results* with what the sources say of an import that did not come to its end."""
        at = next((at for at, one in enumerate(results) if one.check == _IMPORTS), None)
        if at is None or not results[at].outcome.is_no_pass:
            return list(results)
        from deploy_suite.checks.dependencies import unmet  # noqa: PLC0415  an import that went well needs none of it

        told = tuple(finding for one in results for finding in one.findings)
        unmet_names = unmet.untold(unmet.findings(self._case, resolved=self._resolved), told)
        more = self._recorder.result(_IMPORTS, 0.0, unmet_names).findings
        return [*results[:at], replace(results[at], findings=(*results[at].findings, *more)), *results[at + 1 :]]

    def _without_left_out(self, results: Sequence[CheckResult]) -> list[CheckResult]:
        """Return *results* without failures that come of what could not be had of the commit."""
        submodules = self._case.state.absent.submodules
        if not submodules and not any(one.outcome is Outcome.FAILED for one in results):
            return list(results)
        from deploy_suite.checks import left_out  # noqa: PLC0415  what goes well needs none of it
        from deploy_suite.manifests import lfs_pointers  # noqa: PLC0415  likewise

        pointers = lfs_pointers.below(self._case.snapshot.folder, self._contract.root)
        return left_out.behind_pointers(left_out.settled(results, submodules), pointers)

    def _read(self, check: str, findings: Callable[[], Findings]) -> CheckResult:
        self._right_of_way.give()
        return self._recorder.timed(check, findings)

    def _compared(self, plan: environments.Plan) -> Findings:
        self._right_of_way.give()
        from deploy_suite.checks import drift  # noqa: PLC0415  the start of the service does not wait for it

        return drift.findings(self._case, plan, self._ports)

    def _ask_ahead(self, plan: environments.Plan) -> None:
        self._right_of_way.give()
        from deploy_suite.checks import packages  # noqa: PLC0415  the start of the service does not wait for it

        packages.ask(self._case, plan, self._ports)

    def _with_drift(self, result: CheckResult) -> CheckResult:
        """Return *result* with what the index changed, which no verdict keeps: it is against another commit."""
        drifted = self._drifted.result() if result.check == _OF_INDEX and self._drifted else ()
        if not drifted:
            return result
        more = self._recorder.result(_OF_INDEX, 0.0, drifted).findings
        return replace(result, findings=(*result.findings, *more))

    def _with_made_up_values(
        self, pool: ThreadPoolExecutor, *, read: "Future[CheckResult]"
    ) -> tuple[Sequence[Finding], Sequence[CheckResult]]:
        """Return what nothing states, and the results with made-up values for it; *read* is what the sources say."""
        told: list[Finding] = []
        results = self._rehearsed(pool)
        from deploy_suite import unstated  # noqa: PLC0415  the start of the service does not wait for it

        for _ in range(_MOST_ROUNDS):
            found = unstated.found(results, self._contract, folder=self._case.snapshot.folder)
            if not found:
                break
            from deploy_suite.checks.variables import ahead  # noqa: PLC0415  few services lack a variable

            wanted = ahead.wanted(self._case)
            found = unstated.beside(found, read.result().findings, self._contract, wanted=wanted)
            told += found
            self._contract = unstated.assumed(self._contract, found)
            self._case = replace(self._case, contract=self._contract)
            self._ports.progress.waiting(f"{unstated.names(found)}: not stated, going on with a made-up value")
            results = unstated.kept(results, self._rehearsed(pool), told=found, folder=self._case.snapshot.folder)
        if told:
            self.reused = ""
        return told, results

    def _rehearsed(self, pool: ThreadPoolExecutor) -> Sequence[CheckResult]:
        answers = binding.answers_in(self._project.repository / self._contract.root)
        bound = self._bound(answers, dict.fromkeys(binding.databases_needed(self._contract), _NOWHERE))
        stem = verdicts.stem(self._case, bound)
        is_news = self._case.preferences.fresh or not verdicts.is_known(stem, self._ports)
        if is_news:
            pool.submit(import_module, "deploy_suite.trial_run")  # 0.1 s, while the index is asked
        else:
            self._right_of_way.end()
        network = self._ports.networks.prepared() if is_news else nullcontext()
        with network, self._serving(pool if is_news else None) as server:
            try:
                plan = environments.planned(
                    self._contract, self._case.snapshot, bound, self._case.preferences, self._ports
                )
            except CannotCheckError as error:
                recorder = self._recorder
                cannot = recorder.result("environment", 0.0, (cannot_check(error), *self._without_python(bound)))
                return [cannot, *recorder.nothing_after_build("the environment cannot be built here")]
            self._python = plan.choice.interpreter.version
            self._drifted = None if self._is_mended else pool.submit(self._compared, plan)
            name = f"{stem}-{plan.key}"
            if not is_news and (verdict := verdicts.find(name, self._ports)):
                self.reused, self._python = verdict.when, verdict.python
                return verdict.results
            rest = self._built_and_checked(plan, server, pool)
        if plan.key:
            masker = self._ports.curtain.masker
            verdicts.keep(name, (result.masked(masker) for result in rest), python=self._python, ports=self._ports)
        return rest

    def _without_python(self, bound: Bindings) -> Findings:
        """Return what the index and the texts tell of a Python that this machine does not have."""
        from deploy_suite.checks import packages  # noqa: PLC0415  most machines have it

        case = self._case
        plan = environments.unbuilt(self._contract, case.snapshot, bound, case.preferences, self._ports)
        return packages.unbuilt(case, plan) if plan else ()

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

    def _built_and_checked(
        self, plan: environments.Plan, server: Callable[[], DatabaseServer | None], pool: ThreadPoolExecutor
    ) -> Sequence[CheckResult]:
        from deploy_suite.trial_run import TrialRun  # noqa: PLC0415  a reused verdict needs none of it

        recorder, written = self._recorder, ""
        if plan.recipe.may_use_database:  # no other build waits for the server
            databases = staging.databases(self._contract, server(), "build")
            plan = replace(plan, bindings=staging.rebound(self._contract, plan.bindings, databases, self._ports))
            written = next((address.name for address in databases.values()), "")
        pool.submit(self._ask_ahead, plan)
        environment, result = self._build(plan, pool)
        if environment is None:
            self._resolved = plan.resolved.resolution.versions if plan.resolved.is_whole else {}
            return [result, *recorder.nothing_after_build("the environment was not built")]
        self._resolved = environment.packages
        built = Built(case=self._case, environment=environment, bindings=plan.bindings, server=server())
        trial = TrialRun(built, plan, written=written, pool=pool, recorder=recorder, right_of_way=self._right_of_way)
        results = [result, *trial.results()]
        if environment.lost is None:
            return results
        # What it was to bring is not there for that alone, and told so.
        self._resolved = {**dict.fromkeys(environment.lost.absent, ""), **environment.packages}
        from deploy_suite.checks import let_pass  # noqa: PLC0415  hardly a build lets an installation fail

        return let_pass.settled(results, environment.lost)

    def _serve(self, stack: ExitStack) -> DatabaseServer | None:
        """Start a server where the service knows of a PostgreSQL at all."""
        if not binding.databases_needed(self._contract):
            return None
        from deploy_suite.checks import migrations  # noqa: PLC0415  a reused verdict needs none of it

        wanted = migrations.wanted_extensions(self._case)
        foreign = self._case.preferences.database_url
        return stack.enter_context(self._ports.databases.serve(foreign=foreign, extensions=wanted))

    def _build(self, plan: environments.Plan, pool: ThreadPoolExecutor) -> tuple[Environment | None, CheckResult]:
        made: list[Environment] = []

        from deploy_suite.checks import build, packages  # noqa: PLC0415  a reused verdict needs none of it

        def begins() -> None:
            self._right_of_way.build()
            pool.submit(self._import_ahead)

        def build_and_judge() -> Findings:
            outcome = environments.built(plan, begins=begins)
            found = build.findings(outcome, self._case)
            if isinstance(outcome, BuildFailure):
                return packages.foretold(found, self._case, plan, self._ports)
            made.append(outcome)
            return found

        result = self._recorder.timed("environment", build_and_judge)
        return (made[0] if made else None), result

    def _import_ahead(self) -> None:
        """Import what comes after the build, 0.3 s in all; where nothing is built, it waits until it is needed."""
        from deploy_suite.trial_run import prepare_to_ask  # noqa: PLC0415  a reused verdict needs none of it

        self._ports.databases.prepare()
        for module in _AFTER_BUILD:
            import_module(module)
        prepare_to_ask(self._contract, self._ports)


def _configured(case: Case) -> Findings:
    from deploy_suite.checks.config import check  # noqa: PLC0415  the start of the service does not wait for it

    return check.check(case)
