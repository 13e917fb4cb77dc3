"""A rehearsal that failed → what it would fail on next, met in a copy in which the faults are mended.

Whoever mends one fault and pushes learns of the next one only then. Most faults that hide others say themselves what
mends them: a version that the index has, a package to require, a file that lies elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from deploy_suite import mending, told_behind
from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult
from deploy_suite.model.mend import Mend
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from deploy_suite.rehearsal import Rehearsal

_MOST_ROUNDS: Final = 4
_LONGEST_S: Final = 180.0
_LEAST_S: Final = 60.0


def seen(
    results: Sequence[CheckResult], contract: Contract, *, project: Project, preferences: Preferences, ports: Ports
) -> tuple[list[CheckResult], bool]:
    """Return *results* with what lies behind their failures, as far as a few quick rounds show it.

    Shape: False beside it where an interruption came between; what was known by then is returned all the same.
    """
    search = _Search(results, contract, project=project, preferences=preferences, ports=ports)
    try:
        search.run()
    except KeyboardInterrupt:
        return search.told, False
    return search.told, True


class _Search:
    """Rounds of rehearsals, each in a copy of the project with one more set of faults mended."""

    def __init__(
        self,
        results: Sequence[CheckResult],
        contract: Contract,
        *,
        project: Project,
        preferences: Preferences,
        ports: Ports,
    ) -> None:
        """Begin with *results*, those of the commit itself."""
        self.told = list(results)
        self._last = results
        self._contract = mending.meant(contract, project.snapshot)
        self._corrects_start = self._contract is not contract
        self._project = project
        self._copy = project
        self._preferences = preferences
        self._ports = ports
        self._mends: tuple[Mend, ...] = ()
        self._wrong: tuple[Mend, ...] = ()
        # Whoever waits has the first answer: about as long again at most.
        self._ends_s = ports.clock.now_s() + min(_LONGEST_S, max(_LEAST_S, _seconds(results)))

    def run(self) -> None:
        """Add to `told` what each round meets, until nothing is left to mend, or no time."""
        for at in range(_MOST_ROUNDS):
            left_s = self._ends_s - self._ports.clock.now_s()
            if left_s <= 0 or not any(one.outcome.is_no_pass for one in self._last):
                return
            new, python = self._next_mends()
            changes_something = new or (self._corrects_start and at == 0)
            if not changes_something or (_seconds(self._last) > _LONGEST_S and not python):
                return
            self._preferences = replace(self._preferences, python=python or self._preferences.python)
            self._take(new, self._rehearsed(new, left_s))

    def _next_mends(self) -> tuple[tuple[Mend, ...], str]:
        """Return what mends the last faults, and the series of the other Python that this takes, "" for none."""
        case = Case(
            snapshot=self._copy.snapshot,
            contract=self._contract,
            state=self._project.state,
            preferences=self._preferences,
        )
        new = [one for one in mending.found(self._last, case) if one not in (*self._mends, *self._wrong)]
        python = ""
        if new and not self._preferences.python:
            python = mending.for_python(new, self._ports.interpreters.installed(), asked_for=case.python)
        if not python:
            return tuple(one for one in new if one.file), ""
        other = Mend(file="", says=f"Python is {python}", is_faithful=False)
        return (*(one for one in new if not one.pythons), other), python

    def _rehearsed(self, new: Sequence[Mend], left_s: float) -> list[CheckResult]:
        """Return what a rehearsal meets with *new* mended as well."""
        mended = "; ".join(one.says for one in new) or "the start command is corrected"
        self._ports.progress.waiting(f"looking behind what failed, once {mended}")
        folder = self._ports.workplace.folder_for(None)  # the run removes it, and so does the next one after a kill
        snapshot = mending.applied((*self._mends, *new), self._project.snapshot, folder)
        self._copy = replace(self._project, snapshot=snapshot)
        preferences = replace(
            self._preferences, build_timeout_s=min(left_s, self._preferences.build_timeout_s or left_s)
        )
        rehearsal = Rehearsal(
            self._contract, project=self._copy, preferences=preferences, ports=self._ports, is_mended=True
        )
        return rehearsal.results()

    def _take(self, new: tuple[Mend, ...], met: list[CheckResult]) -> None:
        """Go on from *met*, unless some of the *new* mends required what the index does not have."""
        if invented := mending.invented(new, met):
            self._wrong = (*self._wrong, *invented)
            self.told = mending.committed(self.told, invented)
        else:
            self._mends, self._last = (*self._mends, *new), met
            self.told = told_behind.joined(self.told, met, self._mends)


def _seconds(results: Sequence[CheckResult]) -> float:
    return sum(one.seconds for one in results)
