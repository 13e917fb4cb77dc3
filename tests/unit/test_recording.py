"""Results as they come: what is told of a check while the others go on."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.errors import CannotCheckError
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import Ports
from deploy_suite.recording import Recorder
from tests.doubles.machine import Heard

FAILED = Finding(code="migration-failed", outcome=Outcome.FAILED, message="no table")
PASSED = Finding(code="migrations", outcome=Outcome.PASSED, message="up and down")


def recorder(said: Heard, times: Iterator[float]) -> Recorder:
    clock = SimpleNamespace(now_s=lambda: next(times))
    contract = SimpleNamespace(service="web", target="render")
    return Recorder(cast("Contract", contract), cast("Ports", SimpleNamespace(progress=said, clock=clock)))


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
