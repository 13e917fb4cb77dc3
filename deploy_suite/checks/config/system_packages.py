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
_WITH_BROWSER: Final = frozenset({"--with-deps", "install-deps"})
_SAYS: Final = (
    "the target says: E: List directory /var/lib/apt/lists/partial is missing. - Acquire (30: Read-only file system)"
)
_SAYS_TO_PLAYWRIGHT: Final = (
    "the target says: Switching to root user to install dependencies... su: Authentication failure"
)
_NOT_RUN: Final = "what needs root was not run here either; the checks went on as if it had passed"


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the first such call of each step of a service that runs on the target's own Python.

    Source: https://render.com/docs/native-runtimes: what its image lacks takes an image of one's own.
    """
    if subject.contract.container is not None:
        return
    steps = set()
    for call in subject.calls.calls:
        is_refused = _is_playwright(call) or (call.program in _MANAGERS and _CHANGING & set(call.words))
        if is_refused and call.step not in steps and call.always_runs:
            steps.add(call.step)
            yield _finding(call, subject)


def _is_playwright(call: Call) -> bool:
    """Whether Playwright is asked for what its browsers need of the system, which it installs as root by apt-get."""
    return bool(_WITH_BROWSER & set(call.words)) and "playwright" in {call.program, *call.words[:3]}


def _finding(call: Call, subject: Subject) -> Finding:
    by_playwright = _is_playwright(call)
    where = saying.where(subject, call)
    return saying.of_call(
        subject,
        call,
        code="read-only-filesystem",
        message=f"{'playwright' if by_playwright else call.program} installs packages of the system, and the target's "
        "own runtime lets no command do so: its file system is read-only",
        evidence=(_SAYS_TO_PLAYWRIGHT if by_playwright else _SAYS, _NOT_RUN),
        remedy=_without_packages(where) if by_playwright else _in_an_image(where, call, subject),
    )


def _without_packages(where: str) -> str:
    return (
        f"write `playwright install` without the packages in {where}; where the browser lacks libraries then, deploy "
        "it from a Dockerfile (`runtime: docker`) made from mcr.microsoft.com/playwright/python"
    )


def _in_an_image(where: str, call: Call, subject: Subject) -> str:
    packages = dict.fromkeys(name for one in subject.calls.calls if one.step is call.step for name in _packages(one))
    named = f" (for {', '.join(packages)})" if packages else ""
    return (
        f"take the call out of {where} where the service does without; where it needs them{named}, deploy it from a "
        "Dockerfile (`runtime: docker`) that installs them"
    )


def _packages(call: Call) -> Iterator[str]:
    if call.program in _MANAGERS and _INSTALLING & set(call.words):
        yield from (word for word in call.words if not word.startswith("-") and word not in _CHANGING)
