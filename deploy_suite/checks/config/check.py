"""The config check: a case before anything is built, into findings."""

from collections.abc import Callable, Iterable
from typing import Final

from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.config import (
    alembic_files,
    binding,
    code_binding,
    hiding,
    interfaces,
    large_files,
    local_addresses,
    migration_models,
    modules,
    named_files,
    outside_root,
    programs,
    requirement_lines,
    stale_locks,
    start_installs,
    subject,
    system_packages,
    system_python,
    target_tools,
    unapplied_looks,
    unapplied_migrations,
    working_state,
)
from deploy_suite.checks.config.calls import Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding, Outcome, worst
from deploy_suite.model.location import Location
from deploy_suite.model.wording import counted

NAME: Final = "config"
_CONCERNS: Final[tuple[Callable[[Subject], Iterable[Finding]], ...]] = (
    named_files.problems,
    outside_root.problems,
    requirement_lines.problems,
    stale_locks.problems,
    modules.problems,
    programs.problems,
    start_installs.problems,
    system_packages.problems,
    system_python.problems,
    target_tools.problems,
    interfaces.problems,
    binding.problems,
    code_binding.problems,
    hiding.problems,
    local_addresses.problems,
    alembic_files.problems,
    migration_models.problems,
    unapplied_looks.problems,
    unapplied_migrations.problems,
    working_state.problems,
    large_files.problems,
)


def check(case: Case) -> Findings:
    """Return what is wrong with the service's commands, the files they name and the folder they come from."""
    about = subject.of(case)
    found = _told_once(finding for concern in _CONCERNS for finding in concern(about))
    passed = () if any(one.outcome is Outcome.FAILED for one in found) else (_passed(about),)
    return tuple(
        finding.about(check=NAME, service=case.contract.service, target=case.contract.target)
        for finding in (*found, *passed)
    )


def _told_once(found: Iterable[Finding]) -> Findings:
    """Return *found* without what is less grave than the same at the same place: a line may name a file twice."""
    gravest: dict[tuple[str, Location | None, str], Finding] = {}
    for one in dict.fromkeys(found):
        said = (one.code, one.location, one.message)
        before = gravest.setdefault(said, one)
        if worst((before.outcome, one.outcome)) is not before.outcome:
            gravest[said] = one
    return tuple(gravest.values())


def _passed(about: Subject) -> Finding:
    return Finding(code="config", outcome=Outcome.PASSED, message=_verified(about), location=about.manifest)


def _verified(about: Subject) -> str:
    """Say what was looked at; of a server nothing is known where no command could be read."""
    files = len(about.installed.files)
    scripts = len({script.path for script in about.calls.scripts})
    read = ((len(about.calls.calls), "command"), (scripts, "script"), (files, "requirement file"))
    listed = ", ".join(counted(number, noun) for number, noun in read if number)
    if not listed:
        return "no command to read: only the code and what the commit lacks were looked at"
    served = _served(about) if about.contract.kind.answers_http else ""
    return f"{listed} read: the files they name are there{served}"


def _served(about: Subject) -> str:
    """Say what was read of the server; one that a program or a variable starts shows at the boot alone."""
    if any(binding.is_server(call) for call in about.calls.of(Step.START)):
        return ", the server is required, listens where the target looks, and speaks the application's protocol"
    return "; where the service listens shows at the boot, for no command names its server"
