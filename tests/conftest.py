"""Shared by all tests: where a skip counts as a failure, and the end of what the adapters keep for a whole process."""

import os
from collections.abc import Generator

import pytest

from deploy_suite.adapters.supervision import end_forking


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, None, None]:
    """Turn a skip into a failure where everything must run."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("DEPLOY_SUITE_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {report.longrepr}"


def pytest_sessionfinish() -> None:
    """End the process that forks wardens: tests that use an adapter by itself have no run at whose end that happens."""
    end_forking()
