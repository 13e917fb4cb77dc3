"""`manage.py migrate APP …` → the migrations that no command of the service applies.

The rehearsal takes the database to the newest migration of every application, as a person may have done by hand.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.config import calls as command_calls
from deploy_suite.checks.config import migrating, unapplied_migrations
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted

_VALUED: Final = frozenset({"--database", "--settings", "--pythonpath", "-v", "--verbosity"})
_MIGRATE: Final = "migrate"
_MOST_SHOWN: Final = 5


def findings(stage: Stage) -> Findings:
    """Return the warning that the commands leave some migrations out, if they do."""
    case = stage.built.case
    named = _named(case)
    if not named or unapplied_migrations.is_applied_by_code(case.snapshot.folder, case.contract.root):
        return ()
    left: Sequence[Any] = stage.ask("left", named=named).more.get("left", ())
    if not left:
        return ()
    return (
        Finding(
            code="migrations-not-run",
            outcome=Outcome.WARNING,
            message=f"`{stage.tool.command}` applies the migrations of what it names and of what these build on, and "
            f"leaves {counted(len(left), 'migration')} out, which no other command applies",
            location=stage.tool.location,
            evidence=(*map(str, left[:_MOST_SHOWN]), *(("…",) if len(left) > _MOST_SHOWN else ())),
            remedy=f"name no application: {stage.tool.program} {_MIGRATE}",
            certainty="certain for a new database; one to which a person has applied them has the tables already",
        ),
    )


def _named(case: Case) -> tuple[tuple[str, ...], ...]:
    """Return the applications that the commands name, each with a migration where one is named.

    Shape: () where a command takes all of them, and where that cannot be told.
    """
    read = command_calls.read(case.contract, case.snapshot.folder)
    named = tuple(_operands(one.command.words) for one in read.calls if migrating.is_migration(one))
    is_open = bool(read.uncertain) or any("$" in word for words in named for word in words)
    return () if is_open or not all(named) else named


def _operands(words: tuple[str, ...]) -> tuple[str, ...]:
    after = words[words.index(_MIGRATE) :] if _MIGRATE in words else ()
    return tuple(now for before, now in pairwise(after) if before not in _VALUED and not now.startswith("-"))
