"""Migrations rehearsed on a throw-away PostgreSQL: up from nothing, over rows, back down, and against the models."""

from contextlib import closing

from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.checks.migrations import extensions, kept, tools
from deploy_suite.checks.migrations.arrival import HEAD, Head
from deploy_suite.checks.migrations.tools import Tool
from deploy_suite.manifests import shell
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import CommandText
from deploy_suite.ports import Ports, QueryError

__all__ = ["HEAD", "Head", "are_there", "check", "is_all_of", "note_command", "rest", "to_head", "wanted_extensions"]


def check(built: Built, ports: Ports) -> Findings:
    """Return all findings; `to_head` and `rest` are its two halves, for a caller that goes on in between."""
    head = to_head(built, ports)
    return (*head.findings, *rest(head))


def to_head(built: Built, ports: Ports) -> Head:
    """Take an empty database to the newest revision, then once more, which must change nothing."""
    tool = tools.found(built.case)
    if tool is None:
        return Head(findings=(_none(built),))
    if before := _as_before(built, tool, ports):
        return before
    from deploy_suite.checks.migrations import head  # noqa: PLC0415  a kept rehearsal needs none of it

    return head.reached(built, tool, ports)


def rest(head: Head) -> Findings:
    """Return the findings of rows, locks, models and the way back; *head* is closed when they are there."""
    with closing(head):
        return head.rest() if head.rest else ()


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


def _as_before(built: Built, tool: Tool, ports: Ports) -> Head | None:
    """Return what an earlier rehearsal of the same migrations came to, with a database as it left it."""
    before = kept.find(built, tool, ports) if built.server else None
    if before is None or built.server is None:
        return None
    name = f"{HEAD}_0"
    built.server.create(name)
    try:
        built.server.load(name, before.dump)
    except QueryError:  # what cannot be restored as SQL is rehearsed again
        built.server.drop(name)
        return None
    return Head(findings=before.findings, migrated=name, has_command_run=before.has_command_run)


def _none(built: Built) -> Finding:
    where = built.case.contract.root
    shown = "the project" if str(where) == "." else str(where)
    return Finding(
        code="no-migrations",
        outcome=Outcome.SKIPPED,
        message=f"{shown} has no migrations of Alembic, Flask-Migrate or Django",
        required=False,
    )
