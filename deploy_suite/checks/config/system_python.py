"""Builds that install past the environment which the target has made for them."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding

_OPTION: Final = "--system"


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the first `uv pip install --system` of a build that is not an image's, where that is the way to install.

    Source: https://docs.astral.sh/uv/pip/environments/#using-arbitrary-python-environments
    """
    if subject.contract.container is not None:
        return
    for call in subject.calls.of(Step.BUILD):
        if call.program == "uv" and call.words[:1] == ("pip",) and _OPTION in call.words:
            yield saying.of_call(
                subject,
                call,
                code="uv-system-python",
                message="uv installs with --system, which passes over the virtual environment that the service runs in",
                remedy=f"leave {_OPTION} out: the environment is active in the build, and uv finds it",
                certainty="likely: which other Python the target has, and whether it starts the service, is not known; "
                "the checks went on as if it installed into the environment",
            )
            return
