"""A contract into check results: what is read of one service, and what executing it as its target would shows."""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case, Findings
from deploy_suite.execution import Executed, Execution
from deploy_suite.model import python_series
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.report import Subject
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from deploy_suite.recording import Known, Recorder
from deploy_suite.right_of_way import RightOfWay

_READ: Final = ("config", "dependencies")  # what only the sources tell
_IMPORTS: Final = "imports"
_OF_INDEX: Final = "environment"  # the check that tells what the index answers
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
        self._project = project
        self._ports = ports
        self._case = Case(
            snapshot=project.snapshot,
            contract=replace(contract, limits=limits),
            state=project.state,
            preferences=preferences,
            repository=project.repository,
        )
        self._python = self._case.python
        self._known = Known()
        self._right_of_way = RightOfWay()
        self.reused = ""

    @property
    def _recorder(self) -> Recorder:
        return Recorder(self._case.contract, self._ports, self._known)

    def subject(self) -> Subject:
        """Return what was checked, with the Python that was really used."""
        contract = self._case.contract
        return Subject(
            project=self._project.name,
            commit=self._project.snapshot.commit,
            service=contract.service,
            target=contract.target,
            python=self._python,
            root=str(contract.root) if contract.root.parts else "",
            instead_of=self._passed_over(),
        )

    def _passed_over(self) -> str:
        """Return the target's Python where the caller asked for one of another series, else ""."""
        asked, own = self._case.preferences.python, self._case.contract.python.version
        return own if asked and python_series.of(asked) != python_series.of(own) else ""

    def results(self) -> list[CheckResult]:
        """Return the results in the order in which they are shown. Static checks run while the rest does.

        What ends on a variable that nothing states is run again with a made-up value, to find what lies behind it.
        A good verdict on the same content, contract, environment and choices is reused; `reused` then says from when.
        """
        case = self._case
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
            static = [
                pool.submit(self._read, check, functools.partial(found, case))
                for check, found in zip(_READ, (_configured, dependencies.check), strict=True)
            ]
            try:
                told, last = self._with_made_up_values(pool, read=static[-1])
            except BaseException:
                self._ports.runner.give_up()
                raise
            finally:
                self._right_of_way.end()
            from deploy_suite import unstated  # noqa: PLC0415  the start of the service does not wait for it

            *others, read = (check.result() for check in static)
            shown = [self._with_drift(one, last) for one in unstated.told(last.results, told)]
            results = [*others, unstated.settled(read, told, last.results), *shown]
            return self._without_left_out(self._with_unmet(results, last))

    def cut_short(self, *, why: str) -> list[CheckResult]:
        """Return what is known where `results` was interrupted, the rest left out for the reason *why*.

        What failed when it was executed is left out too: a later check may have taken it back.
        """
        recorder, known = self._recorder, dict(self._known)
        whole = [recorder.not_run(check, why) for check in (*_READ, _OF_INDEX)] + recorder.nothing_after_build(why)
        sure = {check for check, one in known.items() if check in _READ or not one.outcome.is_no_pass}
        return self._without_left_out([known[one.check] if one.check in sure else one for one in whole])

    def _read(self, check: str, findings: Callable[[], Findings]) -> CheckResult:
        self._right_of_way.give()
        return self._recorder.timed(check, findings)

    def _with_made_up_values(
        self, pool: ThreadPoolExecutor, *, read: "Future[CheckResult]"
    ) -> tuple[Sequence[Finding], Executed]:
        """Return what nothing states, and what is shown with made-up values for it; *read* is what the sources say."""
        told: list[Finding] = []
        last = self._executed(pool)
        from deploy_suite import unstated  # noqa: PLC0415  the start of the service does not wait for it

        folder = self._case.snapshot.folder
        for _ in range(_MOST_ROUNDS):
            found = unstated.found(last.results, self._case.contract, folder=folder)
            if not found:
                break
            from deploy_suite.checks.variables import ahead  # noqa: PLC0415  few services lack a variable

            contract, wanted = self._case.contract, ahead.wanted(self._case)
            found = unstated.beside(found, read.result().findings, contract, wanted=wanted)
            told += found
            self._case = replace(self._case, contract=unstated.assumed(contract, found))
            self._ports.progress.waiting(f"{unstated.names(found)}: not stated, going on with a made-up value")
            before, last = last, self._executed(pool)
            last = replace(last, results=unstated.kept(before.results, last.results, told=found, folder=folder))
        self._python = last.python
        self.reused = last.reused if not told else ""
        return told, last

    def _executed(self, pool: ThreadPoolExecutor) -> Executed:
        execution = Execution(
            self._case,
            recorder=self._recorder,
            pool=pool,
            right_of_way=self._right_of_way,
            is_mended=self._is_mended,
        )
        return execution.executed()

    # --- what the results say together --------------------------------------------------------------------------

    def _with_drift(self, result: CheckResult, executed: Executed) -> CheckResult:
        """Return *result* with what the index changed, which no verdict keeps: it is against another commit."""
        drifted = executed.drifted.result() if result.check == _OF_INDEX and executed.drifted else ()
        if not drifted:
            return result
        more = self._recorder.result(_OF_INDEX, 0.0, drifted).findings
        return replace(result, findings=(*result.findings, *more))

    def _with_unmet(self, results: Sequence[CheckResult], executed: Executed) -> list[CheckResult]:
        """Return *results* with what the sources say of an import that did not come to its end."""
        at = next((at for at, one in enumerate(results) if one.check == _IMPORTS), None)
        if at is None or not results[at].outcome.is_no_pass:
            return list(results)
        from deploy_suite.checks.dependencies import unmet  # noqa: PLC0415  an import that went well needs none of it

        told = tuple(finding for one in results for finding in one.findings)
        unmet_names = unmet.untold(unmet.findings(self._case, resolved=executed.resolved), told)
        more = self._recorder.result(_IMPORTS, 0.0, unmet_names).findings
        return [*results[:at], replace(results[at], findings=(*results[at].findings, *more)), *results[at + 1 :]]

    def _without_left_out(self, results: Sequence[CheckResult]) -> list[CheckResult]:
        """Return *results* without failures that come of what could not be had of the commit."""
        submodules = self._case.state.absent.submodules
        if not submodules and not any(one.outcome is Outcome.FAILED for one in results):
            return list(results)
        from deploy_suite.checks import left_out  # noqa: PLC0415  what goes well needs none of it
        from deploy_suite.manifests import lfs_pointers  # noqa: PLC0415  likewise

        pointers = lfs_pointers.below(self._case.snapshot.folder, self._case.contract.root)
        return left_out.behind_pointers(left_out.settled(results, submodules), pointers)


def _configured(case: Case) -> Findings:
    from deploy_suite.checks.config import check  # noqa: PLC0415  the start of the service does not wait for it

    return check.check(case)
