"""A failure on the database of a desk → the variable that would have named the target's, where that is PostgreSQL."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing.variables import database_urls

_Reader = Callable[[Path, PurePosixPath], tuple[database_urls.Fallback, ...]]

# What SQLite refuses, what Alembic and SQLAlchemy cannot say in its dialect, and its driver for asyncio.
_OF_SQLITE: Final = re.compile(
    r"\bsqlite3\.\w*Error\b|\bin SQLite dialect\b|\bSQLite(?:DDL|Type)?Compiler\b|No module named 'aiosqlite'"
)
# What the drivers of PostgreSQL say where none listens on this machine, or a container's name leads nowhere.
_OF_DESK: Final = re.compile(
    r"connection to server (?:at \"|on socket )|could not translate host name|address localhost:5432"
    r"|Connect call failed \('(?:127\.0\.0\.1|::1)', 5432|they connect to postgresql\S*, and the contract names no"
)


def told(met: Sequence[Finding], contract: Contract, folder: Path) -> list[Finding]:
    """Return the first failure of *met* on a database of the desk as the want of the variables that lead elsewhere.

    The target has them, or what the code goes on with is deployed: only the findings with the variables say which.
    """
    if not any(_is_failure(one, said) for one in met for said in (_OF_SQLITE, _OF_DESK)):
        return []
    if not database_urls.lists_postgresql(folder, contract.root):
        return []
    return _on(met, _OF_SQLITE, "SQLite", database_urls.to_sqlite, contract, folder) or _on(
        met, _OF_DESK, "a PostgreSQL of the desk", database_urls.near, contract, folder
    )


def _on(
    met: Sequence[Finding], said: re.Pattern[str], what: str, read: _Reader, contract: Contract, folder: Path
) -> list[Finding]:
    failed = next((one for one in met if _is_failure(one, said)), None)
    if failed is None:
        return []
    wanted = [one for one in read(folder, contract.root) if contract.variable(one.name) is None]
    return [_without(one, failed, what, said) for one in wanted]


def _without(fallback: database_urls.Fallback, failed: Finding, what: str, said: re.Pattern[str]) -> Finding:
    without = f"{fallback.location}: without {fallback.name} the code goes on with {what}, and fails on it:"
    place = (f"at {failed.location}",) if failed.location else ()
    shown = (*place, *(line for line in failed.evidence if said.search(line)))
    code = f"missing-env-var:{fallback.name}"
    return replace(failed, code=code, location=fallback.location, evidence=(without, *shown))


def _is_failure(finding: Finding, said: re.Pattern[str]) -> bool:
    """Whether *finding* fails on what *said* speaks of; a database that is away here is skipped, SQLite never is."""
    is_met = finding.outcome is Outcome.FAILED or (said is _OF_DESK and finding.outcome is Outcome.SKIPPED)
    return is_met and any(said.search(line) for line in (finding.message, *finding.evidence))
