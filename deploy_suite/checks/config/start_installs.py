"""Start commands that install packages: each start waits for the package index, and fails with it."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding

_BUILDING: Final = frozenset({"poetry", "pipenv", "pip", "uv pip", "uv sync"})


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield one finding for the first call of the start command that installs."""
    calls = [
        call
        for call, install in subject.installed.installs
        if call.step is Step.START and install.tool in _BUILDING and not install.is_seed
    ]
    for call in calls[:1]:
        yield saying.warning(
            "installs-at-start",
            "the start command installs packages: each start waits for the package index, and fails where that does",
            location=call.location,
            evidence=tuple(f"startCommand: {saying.quoted(one)}" for one in calls),
            remedy=f"move `{saying.quoted(call)}` into the build command of {subject.contract.service}",
            certainty="certain; it works for as long as the index answers with the same versions",
        )
