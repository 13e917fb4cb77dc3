"""Migrations that another service runs: what is doubtful about them is not said of a worker."""

from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations.head import Reached, _without_guesses
from deploy_suite.checks.migrations.tools import Tool
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding, Outcome


@pytest.mark.parametrize(
    ("kind", "call", "expected"),
    [
        (ServiceKind.WORKER, None, (Outcome.SKIPPED, False)),
        (ServiceKind.WORKER, "flask db upgrade", (Outcome.WARNING, True)),
        (ServiceKind.WEB, None, (Outcome.WARNING, True)),
    ],
)
def test_a_guess_about_a_worker_is_no_warning(
    kind: ServiceKind, call: str | None, expected: tuple[Outcome, bool]
) -> None:
    doubt = Finding(code="gunicorn-attribute-missing", outcome=Outcome.WARNING, message="reading the migrations fails")
    built = cast("Built", SimpleNamespace(case=SimpleNamespace(contract=SimpleNamespace(kind=kind))))

    head = _without_guesses(Reached(findings=(doubt,)), cast("Tool", SimpleNamespace(call=call)), built)

    assert [(finding.outcome, finding.required) for finding in head.findings] == [expected]
