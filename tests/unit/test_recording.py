"""Results as they come: what is told of a check while the others go on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.errors import CannotCheckError, MachineError
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Ports
from deploy_suite.recording import Recorder
from tests.doubles.machine import Heard

FAILED = Finding(code="migration-failed", outcome=Outcome.FAILED, message="no table")
PASSED = Finding(code="migrations", outcome=Outcome.PASSED, message="up and down")


def recorder(said: Heard, times: Iterator[float], *, memory_kills: int = 0, run_folder: Path = Path("/")) -> Recorder:
    clock = SimpleNamespace(now_s=lambda: next(times))
    contract = SimpleNamespace(service="web", target="render", memory_bytes=512 * 1024**2)
    runner = SimpleNamespace(memory_kills=lambda: memory_kills)
    workplace = SimpleNamespace(run_folder=run_folder)
    ports = SimpleNamespace(progress=said, clock=clock, runner=runner, workplace=workplace)
    return Recorder(cast("Contract", contract), cast("Ports", ports))


@pytest.mark.parametrize(
    ("first", "then", "outcome"),
    [(FAILED, (), "failed"), (PASSED, (), "passed"), (PASSED, (FAILED,), "failed"), (FAILED, (PASSED,), "failed")],
)
def test_a_check_in_two_parts_is_told_once_with_the_outcome_of_both(
    first: Finding, then: tuple[Finding, ...], outcome: str
) -> None:
    said = Heard()
    records = recorder(said, iter((10.0, 12.0)))
    reached = records.result("migrations", 3.0, (first,))

    whole = records.continued(reached, lambda: then)

    assert said.lines == [f"migrations: {outcome} after 5 s"]
    assert [one.code for one in whole.findings] == [first.code, *(one.code for one in then)]
    assert (whole.check, whole.seconds, whole.outcome.value) == ("migrations", 5.0, outcome)


def test_what_cannot_be_checked_here_is_skipped_with_its_reason() -> None:
    said = Heard()

    def raising() -> tuple[Finding, ...]:
        raise CannotCheckError("no Python 3.14", remedy="install it")

    result = recorder(said, iter((1.0, 2.0))).timed("imports", raising)

    assert said.lines == ["imports", "imports: skipped after 1 s"]
    assert [(one.code, one.message, one.remedy) for one in result.findings] == [
        ("cannot-check-here", "cannot be checked here: no Python 3.14", "install it")
    ]


def test_what_fails_where_the_kernel_had_to_kill_for_want_of_memory_is_this_machines_matter() -> None:
    records = recorder(Heard(), iter(()), memory_kills=1)

    with pytest.raises(MachineError, match=r"ran out of memory.*'boot' failed proves nothing") as raised:
        records.result("boot", 1.0, (FAILED,))

    assert "512 MiB" in raised.value.remedy
    assert records.result("boot", 1.0, (PASSED,)).outcome is Outcome.PASSED
    assert records.result("config", 1.0, (FAILED,)).outcome is Outcome.FAILED  # what only reads was killed by nobody


def test_what_fails_where_the_folder_of_the_run_was_removed_is_no_fault_of_the_project(tmp_path: Path) -> None:
    records = recorder(Heard(), iter(()), run_folder=tmp_path / "removed")

    with pytest.raises(FileNotFoundError, match="removed"):  # told by the workplace
        records.result("environment", 1.0, (FAILED,))

    assert records.result("environment", 1.0, (PASSED,)).outcome is Outcome.PASSED


def test_what_is_executed_counts_no_more_once_all_is_being_stopped() -> None:
    records = recorder(Heard(), iter(()))
    records.ended("migrations", 1.0, (PASSED,))

    records.known.close()
    records.ended("migrations", 1.0, (replace(PASSED, outcome=Outcome.WARNING),))
    records.ended("boot", 1.0, (PASSED,))
    records.ended("config", 1.0, (PASSED,))

    assert {check: one.outcome for check, one in records.known.items()} == {
        "migrations": Outcome.PASSED,
        "config": Outcome.PASSED,
    }
