"""Do the models say the same as the migrations? By the tools' own comparison."""

import re
from typing import Final

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

_MOST_SHOWN: Final = 10
# What makes no statement of the application fail: an index or a foreign key too few or too many (those on expressions
# and those made by hand differ for ever), a table of somebody else's, a column that takes more.
# Source: https://alembic.sqlalchemy.org/en/latest/autogenerate.html
_HARMLESS: Final = re.compile(
    r"(?:add|remove) (?:index|foreign key) .+|remove (?:table|constraint) .+|modify (?:comment|default) .+"
    r"|(?:add|remove) table comment.*|modify nullable .+: the database has NULL, the models have NOT NULL"
)


def compared(stage: Stage, database: DatabaseAddress) -> Findings:
    """Return a warning where the models have what the migrations lack, or the reverse."""
    reply = stage.ask("drift", database=database)
    if reply.failure:
        return ()
    if not reply.more["has_models"] or not reply.more["tables"]:
        return () if stage.tool.kind is Kind.DJANGO else (_blind(stage),)
    differences = [str(one) for one in reply.more["differences"]]
    return (_drift(stage, differences),) if differences else (_same(stage),)


def _drift(stage: Stage, differences: list[str]) -> Finding:
    is_django = stage.tool.kind is Kind.DJANGO
    shown = differences[:_MOST_SHOWN]
    more = (f"… and {len(differences) - _MOST_SHOWN} more",) if len(differences) > _MOST_SHOWN else ()
    each = [part for one in differences for part in one.split("; ")]
    is_harmless = not is_django and all(map(_HARMLESS.fullmatch, each))
    return Finding(
        code="django-model-drift" if is_django else "alembic-model-drift",
        outcome=Outcome.NOTE if is_harmless else Outcome.WARNING,
        message="the models and the newest revision differ: a change of the models has no migration yet",
        location=Location(str(stage.tool.file)),
        evidence=(*shown, *more),
        remedy=f"write the missing migration and commit it: {_writing(stage)}",
        certainty=f"{stage.tool.kind.shown}'s own comparison; it can err on types and indexes of the database alone",
        reproduce=_checking(stage),
    )


def _blind(stage: Stage) -> Finding:
    return Finding(
        code="alembic-model-drift",
        outcome=Outcome.SKIPPED,
        message="models and revisions cannot be compared: env.py's target_metadata has no tables",
        location=Location(str(stage.tool.file)),
        remedy="import the models in env.py and set target_metadata = Base.metadata",
        required=False,
    )


def _same(stage: Stage) -> Finding:
    return Finding(
        code="models-match-migrations",
        outcome=Outcome.PASSED,
        message=f"the models and the newest revision agree ({stage.tool.kind.shown}'s comparison)",
    )


def _writing(stage: Stage) -> str:
    return {
        Kind.ALEMBIC: 'alembic revision --autogenerate -m "…"',
        Kind.FLASK: 'flask db migrate -m "…"',
        Kind.DJANGO: f"{stage.tool.program} makemigrations",
    }[stage.tool.kind]


def _checking(stage: Stage) -> str:
    return {
        Kind.ALEMBIC: "alembic upgrade head && alembic check",
        Kind.FLASK: "flask db upgrade && flask db check",
        Kind.DJANGO: f"{stage.tool.program} makemigrations --check --dry-run",
    }[stage.tool.kind]
