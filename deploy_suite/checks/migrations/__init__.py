"""Migrations rehearsed on a throw-away PostgreSQL: up from nothing, over rows, back down, and against the models."""

from contextlib import closing

from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.checks.migrations import extensions, kept, tools
from deploy_suite.checks.migrations.head import Head, to_head
from deploy_suite.checks.migrations.stage import HEAD
from deploy_suite.manifests import shell
from deploy_suite.model.project import CommandText
from deploy_suite.ports import Ports

__all__ = ["HEAD", "Head", "are_there", "check", "is_all_of", "note_command", "rest", "to_head", "wanted_extensions"]


def check(built: Built, ports: Ports) -> Findings:
    """Return all findings; `to_head` and `rest` are its two halves, for a caller that goes on in between."""
    head = to_head(built, ports)
    return (*head.findings, *rest(built, ports, head))


def rest(built: Built, ports: Ports, head: Head) -> Findings:
    """Return the findings of rows, locks, models and the way back; *head* is closed when they are there."""
    with closing(head):
        if head.stage is None:
            return ()
        from deploy_suite.checks.migrations import remainder  # noqa: PLC0415  a kept rehearsal needs none of it

        return remainder.findings(built, ports, head, head.stage)


def are_there(case: Case) -> bool:
    """Whether the service has migrations at all."""
    return tools.found(case) is not None


def is_all_of(command: CommandText, case: Case) -> bool:
    """Whether *command* does nothing but take the database to the newest revision, which `to_head` has proved."""
    tool = tools.found(case)
    runs = [simple for simple in shell.parse(command.text).commands if simple.program != "cd"]
    return tool is not None and tool.call is not None and tool.call.location == command.location and len(runs) == 1


def note_command(built: Built, ports: Ports) -> None:
    """Keep that the pre-deploy command, which `is_all_of` tells to migrate only, has succeeded."""
    if tool := tools.found(built.case):
        kept.note_command(built, tool, ports)


def wanted_extensions(case: Case) -> frozenset[str]:
    """Return the extensions that the service's sources create, for the choice of a server."""
    return extensions.wanted(case.snapshot.folder / case.contract.root)
