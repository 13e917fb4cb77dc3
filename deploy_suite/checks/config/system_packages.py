"""Commands that install packages of the system where the target lets no command do so."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding

_MANAGERS: Final = frozenset({"apt-get", "apt", "aptitude"})
_CHANGING: Final = frozenset(
    {
        *("update", "upgrade", "dist-upgrade", "full-upgrade", "install", "reinstall"),
        *("remove", "purge", "autoremove", "build-dep"),
    }
)
_INSTALLING: Final = frozenset({"install", "reinstall"})
_SAYS: Final = (
    "the target says: E: List directory /var/lib/apt/lists/partial is missing. - Acquire (30: Read-only file system)",
    "it was not run here either; the checks went on as if it had passed",
)


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the first such call of each step of a service that runs on the target's own Python.

    Source: https://render.com/docs/native-runtimes: what its image lacks takes an image of one's own.
    """
    if subject.contract.container is not None:
        return
    steps = set()
    for call in subject.calls.calls:
        if call.program in _MANAGERS and _CHANGING & set(call.words) and call.step not in steps and call.always_runs:
            steps.add(call.step)
            yield _finding(call, subject)


def _finding(call: Call, subject: Subject) -> Finding:
    packages = dict.fromkeys(name for one in subject.calls.calls if one.step is call.step for name in _packages(one))
    named = f" (for {', '.join(packages)})" if packages else ""
    return saying.of_call(
        subject,
        call,
        code="read-only-filesystem",
        message=f"{call.program} installs packages of the system, and the target's own runtime lets no command do so: "
        "its file system is read-only",
        evidence=_SAYS,
        remedy=f"take the call out of {saying.where(subject, call)} where the service does without; where it needs "
        f"them{named}, deploy it from a Dockerfile (`runtime: docker`) that installs them",
    )


def _packages(call: Call) -> Iterator[str]:
    if call.program in _MANAGERS and _INSTALLING & set(call.words):
        yield from (word for word in call.words if not word.startswith("-") and word not in _CHANGING)
