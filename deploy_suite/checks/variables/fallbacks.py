"""A failure on SQLite → the variable that would have named the database, where the project means PostgreSQL."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing.variables import database_urls

# What SQLite refuses, what Alembic and SQLAlchemy cannot say in its dialect, and its driver for asyncio.
_OF_SQLITE: Final = re.compile(
    r"\bsqlite3\.\w*Error\b|\bin SQLite dialect\b|\bSQLite(?:DDL|Type)?Compiler\b|No module named 'aiosqlite'"
)


def told(met: Sequence[Finding], contract: Contract, folder: Path) -> list[Finding]:
    """Return the first failure of *met* on SQLite as the want of the variable that the code goes on without.

    The target has the variable, or SQLite is what is deployed: only the finding with the variable says which.
    """
    failed = next((one for one in met if one.outcome is Outcome.FAILED and _is_of_sqlite(one)), None)
    if failed is None or not database_urls.lists_postgresql(folder, contract.root):
        return []
    fallback = database_urls.to_sqlite(folder, contract.root)
    if fallback is None or contract.variable(fallback.name) is not None:
        return []
    without = f"{fallback.location}: without {fallback.name} the code goes on with SQLite, and fails on it:"
    place = (f"at {failed.location}",) if failed.location else ()
    shown = (*place, *(line for line in failed.evidence if _OF_SQLITE.search(line)))
    code = f"missing-env-var:{fallback.name}"
    return [replace(failed, code=code, location=fallback.location, evidence=(without, *shown))]


def _is_of_sqlite(finding: Finding) -> bool:
    return any(_OF_SQLITE.search(line) for line in (finding.message, *finding.evidence))
