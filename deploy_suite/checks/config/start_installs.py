"""Start commands that install packages: each start waits for the package index, and fails with it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.environments import start_installs, uv_run
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.project import snapshot_files

_LEAVING_OUT: Final = {
    "--no-dev": re.compile(r"^\[dependency-groups\]\s*(?:^(?!\[).*\n)*?dev\s*=|^dev-dependencies\s*=", re.MULTILINE),
    "--no-install-project": re.compile(r"^\[build-system\]", re.MULTILINE),
}
_BUILDING: Final = frozenset({"poetry", "pipenv", "pip", "uv pip", "uv sync"})


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield one finding for the first call of the start command that installs; `uv run` does so unasked."""
    yield from _completing(subject)
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


def _completing(subject: Subject) -> Iterator[Finding]:
    """Yield a note where `uv run` brings at each start what the build's `uv sync` left out."""
    if not any(one.is_implied for one in start_installs.read(subject.contract, subject.folder)):
        return
    built = next((call for call in subject.calls.of(Step.BUILD) if _left_out(call, subject)), None)
    left_out = _left_out(built, subject) if built else frozenset()
    starts = (call for call in subject.calls.of(Step.START) if uv_run.as_sync(call.written.words))
    start = next((call for call in starts if left_out - set(call.written.words)), None)
    if built is None or start is None:
        return
    said = saying.warning(
        "installs-at-start",
        f"`uv run` installs at each start what the build leaves out by {', '.join(sorted(left_out))}",
        location=start.location,
        evidence=(f"buildCommand: {saying.quoted(built)}", f"startCommand: {saying.quoted(start)}"),
        remedy=f"write `uv run --no-sync` in {saying.where(subject, start)}",
        certainty="certain, and it works for as long as the index answers",
    )
    yield replace(said, outcome=Outcome.NOTE)


def _left_out(call: Call, subject: Subject) -> frozenset[str]:
    """Return the options by which `uv sync` installs less than `uv run` does, where there is something to leave out."""
    words = call.written.words
    if call.program != "uv" or "sync" not in words or call.folder is None:
        return frozenset()
    project = snapshot_files.text(subject.folder, call.folder / "pyproject.toml") or ""
    return frozenset(option for option, mark in _LEAVING_OUT.items() if option in words and mark.search(project))
