"""Prints the seed, with which a run can be repeated."""

from tests.fuzz.budget import BUDGET, FILES, SECONDS, SEED


def pytest_report_header() -> str:
    more = f" {FILES}={BUDGET.files}" if BUDGET.files else ""
    return f"fuzzing: {SEED}={BUDGET.seed} {SECONDS}={BUDGET.seconds:g}{more}"
