"""Prints the seed, with which a run can be repeated; and lets no reader wait for a lock."""

import pytest

from deploy_suite.adapters import ledger
from tests.fuzz.budget import BUDGET, FILES, SECONDS, SEED


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_PATIENCE_S", 0.0)


def pytest_report_header() -> str:
    given = {SEED: BUDGET.seed, SECONDS: BUDGET.seconds, FILES: BUDGET.files}
    return "fuzzing: " + " ".join(f"{name}={value}" for name, value in given.items() if value is not None)
