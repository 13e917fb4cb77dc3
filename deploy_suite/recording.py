"""What a check found, and how long it took → its result, told as it comes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.checks.base import Findings
from deploy_suite.errors import CannotCheckError, MachineError
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.ports import Ports

_NO_ROOM: Final = "no-space-left"  # the slug of the cause
_AFTER_BUILD: Final = ("packages", "migrations", "imports", "boot")
_EXECUTED: Final = frozenset({"environment", "migrations", "imports", "pre-deploy", "boot"})
_MIB: Final = 1024 * 1024


class Known(dict[str, CheckResult]):
    """The last result of each check that has come to its end by itself, by the check's name."""

    is_closed = False

    def close(self) -> None:
        """Take nothing more of what is executed: it ends from now on because all that was started is stopped."""
        self.is_closed = True

    def add(self, result: CheckResult) -> None:
        """Take *result* in place of an earlier one of its check."""
        if not (self.is_closed and result.check in _EXECUTED):
            self[result.check] = result


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes the results of one service."""

    contract: Contract
    ports: Ports
    known: Known = field(default_factory=Known)

    def timed(self, check: str, findings: Callable[[], Findings]) -> CheckResult:
        """Run a check. Raises: MachineError when it could do nothing for want of room on a disk."""
        self.ports.progress.began(check)
        return self.ended(check, *self._made(findings))

    def continued(self, first: CheckResult, findings: Callable[[], Findings]) -> CheckResult:
        """Go on with a check whose *first* part has been made, and tell of both as one. Raises: as `timed`."""
        seconds, found = self._made(findings)
        return self.ended(first.check, first.seconds + seconds, (*first.findings, *found))

    def _made(self, findings: Callable[[], Findings]) -> tuple[float, Findings]:
        began_s = self.ports.clock.now_s()
        try:
            found = findings()
        except CannotCheckError as error:
            found = (cannot_check(error),)
        return self.ports.clock.now_s() - began_s, found

    def ended(self, check: str, seconds: float, findings: Findings) -> CheckResult:
        """Return the result of a check that has come to its end, and tell of it."""
        result = self.result(check, seconds, findings)
        self.ports.progress.ended(check, result.seconds, result.outcome.value)
        self.known.add(result)
        return result

    def result(self, check: str, seconds: float, findings: Findings) -> CheckResult:
        """Return the result of a check, or of a part of it. Raises: MachineError where this machine may be at fault."""
        service, target = self.contract.service, self.contract.target
        _blame_disk(check, findings)
        self._blame_machine(check, findings)
        told = tuple(finding.about(check=check, service=service, target=target) for finding in findings)
        return CheckResult(check=check, service=service, target=target, seconds=seconds, findings=told)

    def _blame_machine(self, check: str, findings: Findings) -> None:
        """Say so where a check failed after the kernel killed for want of memory, or somebody removed its files."""
        if check not in _EXECUTED or all(finding.outcome is not Outcome.FAILED for finding in findings):
            return
        self.ports.workplace.run_folder.stat()  # of one that is gone the workplace tells, whoever notices it
        if self.ports.runner.memory_kills():
            raise MachineError(
                "this machine ran out of memory, and its kernel killed a process: "
                f"that the check {check!r} failed proves nothing",
                remedy="free memory, or raise the limit of the container: the target grants the service alone "
                f"{self.contract.memory_bytes // _MIB} MiB",
            )

    def not_run(self, check: str, reason: str) -> CheckResult:
        """Return the result of a check that was left out."""
        finding = Finding(code="not-run", outcome=Outcome.SKIPPED, message=f"not checked, because {reason}")
        return self.result(check, 0.0, (finding,))

    def nothing_after_build(self, reason: str) -> list[CheckResult]:
        """Return the results of all that needs a built environment, left out."""
        return [self.not_run(check, reason) for check in _AFTER_BUILD]


def cannot_check(error: CannotCheckError) -> Finding:
    """Return *error* as a finding."""
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {error.message}",
        remedy=error.remedy,
    )


def _blame_disk(check: str, findings: Findings) -> None:
    """Say so where a check failed for want of room: it says nothing of the target's disk. Raises: MachineError."""
    for finding in findings:
        if finding.outcome is Outcome.FAILED and finding.code.partition(":")[0] == _NO_ROOM:
            raise MachineError(
                f"a disk of this machine is full: the check {check!r} could write no more",
                remedy="free space (see: df -h; df -i), or set DEPLOY_SUITE_CACHE to a folder on a larger disk",
            )
