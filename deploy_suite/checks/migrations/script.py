"""The SQL that new revisions run, statement by statement, as it really ran on a throw-away database."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.migrations import locks, places, rows, tools
from deploy_suite.checks.migrations import stage as stages
from deploy_suite.checks.migrations.fresh import Fresh
from deploy_suite.checks.migrations.replies import Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.model.finding import Outcome
from deploy_suite.ports import Ports

_STAGE: Final = "script"
# What the tools do for themselves, and what only looks.
_BOOKKEEPING: Final = re.compile(
    r"\b(?:alembic_version|django_migrations|django_content_type|auth_permission)\b|^\s*(?:SELECT|SHOW|SET|BEGIN|COMMIT"
    r"|ROLLBACK|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A revision and its statements. Shape: `file` is relative to the repository, "" for one of a package."""

    id: str
    title: str
    file: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the new revisions run. Shape: `why` says why it ends early, or ""; `findings` are squawk's."""

    revisions: tuple[Scripted, ...] = ()
    findings: Findings = ()
    why: str = ""


def script(built: Built, ports: Ports, *, is_known: Callable[[str, str], bool]) -> Script:
    """Return what the revisions that are not known run, applied one after the other from an empty database.

    Shape: *is_known* is asked with a revision's id and its file ("" for one of a package).
    """
    tool = tools.found(built.case)
    if tool is None:
        return Script()
    with stages.opened(built, tool, ports, at=_STAGE) as stage:
        described = stage.ask("describe")
        if described.failure:
            told = stage.finding(described.failure, doing="reading the migrations")
            return Script(why=told.message)
        return _applied(stage, described.revisions, is_known)


def _applied(stage: Stage, revisions: tuple[Revision, ...], is_known: Callable[[str, str], bool]) -> Script:
    files = {one.id: places.relative(stage.built, one.file) for one in revisions}
    new = [one for one in revisions if not is_known(one.id, files[one.id])]
    if not new:
        return Script()
    ran: dict[str, tuple[str, ...]] = {}
    why, database = "", stage.database(f"{_STAGE}_steps")
    for number, revision in enumerate(revisions):
        reply = rows.applied(stage, revision, database, is_first=number == 0)
        ran[revision.id] = reply.statements
        if reply.failure:
            why = stage.finding(reply.failure, doing=f"applying {revision.id}").message
            break
    fresh = Fresh(frozenset(one.id for one in new), "the target's database has not seen it")
    linted = locks.linted(stage, revisions, fresh, ran) if not why else ()
    return Script(
        revisions=tuple(_scripted(one, files[one.id], ran.get(one.id, ())) for one in new),
        findings=tuple(one for one in linted if one.outcome is Outcome.WARNING),
        why=why,
    )


def _scripted(revision: Revision, file: str, statements: tuple[str, ...]) -> Scripted:
    told = tuple(" ".join(one.split()) for one in statements if one.strip() and not _BOOKKEEPING.search(one))
    return Scripted(id=revision.id, title=revision.title.partition("\n")[0], file=file, statements=told)
