"""Back down as far as downgrades exist, and up again."""

from typing import Final

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations import places
from deploy_suite.checks.migrations.replies import Failure, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.finding import Finding, Outcome

_MOST_REVISIONS: Final = 20
_BASE: Final = "base"
_CERTAINTY: Final = "seen here; a deploy runs no downgrade, but its way back would need one"


def travelled(stage: Stage, revisions: tuple[Revision, ...], database: DatabaseAddress) -> Findings:
    """Return what going down and up again shows; a downgrade that was never written is no fault."""
    if stage.tool.kind is Kind.DJANGO or not _is_line(revisions):
        return ()
    back = _undone(revisions)
    if not back:
        return (_passed("no downgrade is written for the newest revision, so none was tried"),)
    bottom = back[-1].parents[0] if back[-1].parents else _BASE
    down = stage.ask("downgrade", database=database, to=bottom)
    if down.failure:
        return (_fails(stage, down.failure, f"downgrading to {bottom}", "migration-downgrade-fails"),)
    up = stage.ask("upgrade", database=database, to="head")
    if up.failure:
        doing = f"upgrading again after a downgrade to {bottom}"
        return (_fails(stage, up.failure, doing, "migration-downgrade-incomplete"),)
    return (_passed(f"down to {bottom} and up again"),)


def _is_line(revisions: tuple[Revision, ...]) -> bool:
    """Whether the revisions follow one another without branches."""
    parents = [parent for revision in revisions for parent in revision.parents]
    return len(set(parents)) == len(parents) and all(len(revision.parents) <= 1 for revision in revisions)


def _undone(revisions: tuple[Revision, ...]) -> tuple[Revision, ...]:
    """Return the revisions that can be taken back, newest first, up to the first that cannot."""
    back: list[Revision] = []
    for revision in reversed(revisions[-_MOST_REVISIONS:]):
        if revision.downgrade != "present" and revision.upgrade == "present":
            break
        back.append(revision)
    return tuple(back)


def _fails(stage: Stage, failure: Failure, doing: str, code: str) -> Finding:
    place = places.place(stage.built, failure) or stage.tool.location
    lines = (places.quoted(stage.built, failure), failure.line, " ".join(failure.statement.split())[:300])
    return Finding(
        code=code,
        outcome=Outcome.WARNING,
        message=f"{doing} fails: {(failure.detail or failure.line).splitlines()[0]}",
        location=place,
        evidence=tuple(line for line in lines if line),
        remedy=f"let downgrade() in {place.file} undo all that upgrade() does (an Enum's type stays unless dropped)",
        certainty=_CERTAINTY,
        reproduce=f"{stage.tool.shown} && {_program(stage)} downgrade -1 && {_program(stage)} upgrade head",
    )


def _program(stage: Stage) -> str:
    return "flask db" if stage.tool.kind is Kind.FLASK else "alembic"


def _passed(text: str) -> Finding:
    return Finding(code="migrations-round-trip", outcome=Outcome.PASSED, message=text)
