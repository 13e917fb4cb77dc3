"""A contract whose variables all have a value → what executing it shows: plan, reuse a verdict, or build and try."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Final

from deploy_suite import staging, verdicts
from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import registry as environments
from deploy_suite.errors import CannotCheckError
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import BuildFailure, DatabaseAddress, Environment
from deploy_suite.model.finding import CheckResult, Outcome
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Ports
from deploy_suite.recording import Recorder, cannot_check
from deploy_suite.right_of_way import RightOfWay

# Stands for the databases as long as none is needed: what is planned does not depend on where they are.
_NOWHERE: Final = DatabaseAddress(host="127.0.0.1", port=5432, user="nobody", password=Secret(""), name="nowhere")

_AFTER_BUILD: Final = (
    "deploy_suite.checks.migrations.remainder",
    "deploy_suite.checks.packages.checking",
    "deploy_suite.checks.dependencies.confirmed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What one execution showed.

    Shape: `python` is what was really used; `reused` is from when the verdict is, "" for now; `drifted` is what the
    index changed, which is still being asked; `resolved` are the packages that were installed, or were to be.
    """

    results: Sequence[CheckResult]
    python: str
    reused: str = ""
    drifted: "Future[Findings] | None" = None
    resolved: Mapping[str, str] = field(default_factory=dict)


class _DiscardedError(Exception):
    """What failed was built of what was kept, and damaged since; it has been removed, and the text says what it was."""


class Execution:
    """One execution of one service."""

    def __init__(
        self,
        case: Case,
        *,
        recorder: Recorder,
        pool: ThreadPoolExecutor,
        right_of_way: RightOfWay,
        is_mended: bool,
    ) -> None:
        """Prepare; nothing runs yet. Of a project that is *mended*, nothing is remembered as its commit's."""
        self._case = case
        self._contract = case.contract
        self._recorder = recorder
        self._ports: Ports = recorder.ports
        self._pool = pool
        self._right_of_way = right_of_way
        self._is_mended = is_mended
        self._is_anew = False

    def executed(self) -> Executed:
        """Return what the execution shows, or a good verdict on the same content, contract, environment and choices."""
        try:
            return self._executed()
        except _DiscardedError as discarded:
            self._ports.progress.waiting(f"{discarded}: the environment is built anew")
            self._is_anew = True
            return self._executed()

    def _executed(self) -> Executed:
        bound = self._bound()
        stem = verdicts.stem(self._case, bound)
        is_news = self._case.preferences.fresh or not verdicts.is_known(stem, self._ports)
        if is_news:
            self._pool.submit(import_module, "deploy_suite.trial_run")  # 0.1 s, while the index is asked
        else:
            self._right_of_way.end()
        network = self._ports.networks.prepared() if is_news else nullcontext()
        with network, self._serving(is_early=is_news) as server, self._heeding():
            try:
                plan = environments.planned(
                    self._contract, self._case.snapshot, bound, self._case.preferences, self._ports
                )
            except CannotCheckError as error:
                return Executed(results=self._unplanned(error, bound), python=self._case.python)
            drifted = None if self._is_mended else self._pool.submit(self._compared, plan)
            name = f"{stem}-{plan.key}"
            if not is_news and (verdict := verdicts.find(name, self._ports)):
                return Executed(results=verdict.results, python=verdict.python, reused=verdict.when, drifted=drifted)
            shown = replace(self._built_and_tried(plan, server), drifted=drifted)
        if plan.key:
            masker = self._ports.curtain.masker
            masked = (result.masked(masker) for result in shown.results)
            verdicts.keep(name, masked, python=shown.python, ports=self._ports)
        return shown

    def _bound(self) -> Bindings:
        databases = dict.fromkeys(binding.databases_needed(self._contract), _NOWHERE)
        repository = self._case.repository
        bound = binding.bind(
            self._contract,
            databases=databases,
            answers=binding.answers_in(repository / self._contract.root) if repository else {},
            service_folder=self._case.snapshot.folder / self._contract.root,
        )
        self._ports.curtain.add(binding.masker(self._contract, bound, databases))
        return bound

    @contextmanager
    def _heeding(self) -> Iterator[None]:
        """Heed no check that ends after an interruption: the databases and all else are taken from under it."""
        try:
            yield
        except KeyboardInterrupt:
            self._recorder.known.close()
            raise

    @contextmanager
    def _serving(self, *, is_early: bool) -> Iterator[Callable[[], DatabaseServer | None]]:
        """Yield what returns the server: begun at once where that *is early*, else when it is first asked for."""
        with ExitStack() as stack:
            if not is_early:
                yield functools.cache(lambda: self._serve(stack))
                return
            starting = self._pool.submit(self._serve, stack)
            try:
                yield starting.result
            finally:
                wait([starting])  # it must be on the stack before the stack is unwound

    def _serve(self, stack: ExitStack) -> DatabaseServer | None:
        """Start a server where the service knows of a PostgreSQL at all."""
        if not binding.databases_needed(self._contract):
            return None
        from deploy_suite.checks import migrations  # noqa: PLC0415  a reused verdict needs none of it

        wanted = migrations.wanted_extensions(self._case)
        foreign = self._case.preferences.database_url
        return stack.enter_context(self._ports.databases.serve(foreign=foreign, extensions=wanted))

    def _unplanned(self, error: CannotCheckError, bound: Bindings) -> list[CheckResult]:
        """Return what can be said where nothing can be planned; the index and the texts tell of a Python not here."""
        from deploy_suite.checks import packages  # noqa: PLC0415  most machines have it

        case, recorder = self._case, self._recorder
        plan = environments.unbuilt(self._contract, case.snapshot, bound, case.preferences, self._ports)
        foretold = packages.unbuilt(case, plan) if plan else ()
        cannot = recorder.result("environment", 0.0, (cannot_check(error), *foretold))
        return [cannot, *recorder.nothing_after_build("the environment cannot be built here")]

    def _built_and_tried(self, plan: environments.Plan, server: Callable[[], DatabaseServer | None]) -> Executed:
        from deploy_suite.trial_run import TrialRun  # noqa: PLC0415  a reused verdict needs none of it

        recorder, written = self._recorder, ""
        python = plan.choice.interpreter.version
        if plan.recipe.may_use_database:  # no other build waits for the server
            databases = staging.databases(self._contract, server(), "build")
            plan = replace(plan, bindings=staging.rebound(self._contract, plan.bindings, databases, self._ports))
            written = next((address.name for address in databases.values()), "")
        self._pool.submit(self._ask_ahead, plan)
        environment, result = self._build(plan)
        if environment is None:
            self._give_up_damaged(plan, None, [result])
            resolved = plan.resolved.resolution.versions if plan.resolved.is_whole else {}
            results = [result, *recorder.nothing_after_build("the environment was not built")]
            return Executed(results=results, python=python, resolved=resolved)
        built = Built(case=self._case, environment=environment, bindings=plan.bindings, server=server())
        trial = TrialRun(
            built, plan, written=written, pool=self._pool, recorder=recorder, right_of_way=self._right_of_way
        )
        results = [result, *trial.results()]
        self._give_up_damaged(plan, environment, results)
        if environment.lost is None:
            return Executed(results=results, python=python, resolved=environment.packages)
        from deploy_suite.checks import let_pass  # noqa: PLC0415  hardly a build lets an installation fail

        # What it was to bring is not there for that alone, and told so.
        resolved = {**dict.fromkeys(environment.lost.absent, ""), **environment.packages}
        return Executed(results=let_pass.settled(results, environment.lost), python=python, resolved=resolved)

    def _give_up_damaged(
        self, plan: environments.Plan, environment: Environment | None, results: Sequence[CheckResult]
    ) -> None:
        """Begin once more where *results* hold a failure and what was kept was damaged. Raises: _DiscardedError."""
        has_failed = any(one.outcome is Outcome.FAILED for one in results)
        is_asked = has_failed and not self._is_anew and not self._is_mended  # of a mended copy it was asked before
        if is_asked and (damage := environments.discarded(plan, environment)):
            raise _DiscardedError(damage)

    def _build(self, plan: environments.Plan) -> tuple[Environment | None, CheckResult]:
        from deploy_suite.checks import build, packages  # noqa: PLC0415  a reused verdict needs none of it

        made: list[Environment] = []

        def begins() -> None:
            self._right_of_way.build()
            self._pool.submit(self._import_ahead)

        def build_and_judge() -> Findings:
            outcome = environments.built(plan, begins=begins)
            found = build.findings(outcome, self._case)
            if isinstance(outcome, BuildFailure):
                return packages.foretold(found, self._case, plan, self._ports)
            made.append(outcome)
            return found

        result = self._recorder.timed("environment", build_and_judge)
        return (made[0] if made else None), result

    # --- beside it ----------------------------------------------------------------------------------------------

    def _compared(self, plan: environments.Plan) -> Findings:
        self._right_of_way.give()
        from deploy_suite.checks import drift  # noqa: PLC0415  the start of the service does not wait for it

        return drift.findings(self._case, plan, self._ports)

    def _ask_ahead(self, plan: environments.Plan) -> None:
        self._right_of_way.give()
        from deploy_suite.checks import packages  # noqa: PLC0415  the start of the service does not wait for it

        packages.ask(self._case, plan, self._ports)

    def _import_ahead(self) -> None:
        """Import what comes after the build, 0.3 s in all; where nothing is built, it waits until it is needed."""
        from deploy_suite.trial_run import prepare_to_ask  # noqa: PLC0415  a reused verdict needs none of it

        self._ports.databases.prepare()
        for module in _AFTER_BUILD:
            import_module(module)
        prepare_to_ask(self._contract, self._ports)
