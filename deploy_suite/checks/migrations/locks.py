"""The SQL of new revisions, linted for long locks and for what breaks the release that still serves."""

import json
import re
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations import places
from deploy_suite.checks.migrations.fresh import Fresh, is_initial
from deploy_suite.checks.migrations.replies import Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.model.command import Command
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

_TIMEOUT_S: Final = 30
_FOUND_SOMETHING: Final = 1
# What each rule of squawk is about, and what to do instead. Source: https://squawkhq.com/docs/rules
_REMEDIES: Final[Mapping[str, str]] = {
    "require-concurrent-index-creation": "create the index with postgresql_concurrently=True in op.get_context()."
    "autocommit_block(), so that writes go on",
    "require-concurrent-index-deletion": "drop the index with postgresql_concurrently=True in op.get_context()."
    "autocommit_block()",
    "changing-column-type": "add a new column, copy in batches, and drop the old one in a later release",
    "adding-not-nullable-field": "add CHECK (… IS NOT NULL) NOT VALID, validate it, then set NOT NULL",
    "adding-field-with-default": "add the column without the volatile default, then fill it in batches",
    "adding-serial-primary-key-field": "build a unique index concurrently, then make it the primary key",
    "adding-foreign-key-constraint": "add the constraint with postgresql_not_valid=True, validate it later",
    "disallowed-unique-constraint": "build a unique index concurrently, then add the constraint USING INDEX",
    "renaming-column": "add the new column beside the old one; drop the old one when no release uses it",
    "renaming-table": "make a view of the old name, or copy; drop it when no release uses it",
    "ban-drop-column": "deploy a release that does not use the column first, drop it in the next",
    "ban-drop-table": "deploy a release that does not use the table first, drop it in the next",
    "ban-drop-not-null": "let the release that still serves cope with NULL first",
    "ban-truncate-cascade": "name the tables that are to be emptied",
}
# The same in Django's words. Source: https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/
_REMEDIES_OF_DJANGO: Final[Mapping[str, str]] = {
    "require-concurrent-index-creation": "create the index with AddIndexConcurrently in a migration of its own with "
    "`atomic = False`, so that writes go on",
    "require-concurrent-index-deletion": "drop the index with RemoveIndexConcurrently in a migration of its own with "
    "`atomic = False`",
    "adding-foreign-key-constraint": "add the field with db_constraint=False, then the constraint NOT VALID with "
    "RunSQL, and validate it later",
}
_CHANGES_TYPE: Final = "changing-column-type"
_OF_TABLE: Final = re.compile(r'ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?:"?\w+"?\.)?"?(?P<name>\w+)"?\s', re.IGNORECASE)
_DDL: Final = ("CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT")


def linted(
    stage: Stage,
    revisions: tuple[Revision, ...],
    fresh: Fresh,
    statements: Mapping[str, tuple[str, ...]],
    *,
    rewritten: Mapping[str, frozenset[str]] | None = None,
) -> Findings:
    """Return one warning for each new revision whose SQL locks or breaks; none for those that make the first tables.

    Shape: *rewritten* maps revisions onto the tables that the server wrote anew for them, where that was seen.
    """
    new = [one for one in revisions if one.id in fresh.ids and one.parents and not is_initial(one)]
    lines, owners = _script(new, statements)
    if not lines:
        return ()
    told = _told(stage, lines)
    if told is None:
        return (_not_linted(stage),)
    by_revision: dict[str, list[str]] = {}
    for line, rule, message in told:
        if (
            rule in _REMEDIES
            and line < len(owners)
            and not is_harmless(rule, lines[line], rewritten or {}, owners[line])
        ):
            by_revision.setdefault(owners[line], []).append(f"{rule}: {lines[line]}  ({message})")
    found = tuple(_warning(stage, one, by_revision[one.id], fresh) for one in new if one.id in by_revision)
    return found or (_clean(new),)


def is_harmless(rule: str, statement: str, rewritten: Mapping[str, frozenset[str]], revision: str) -> bool:
    """Whether a column's type was changed without a new file for its table, as where a text may be longer from now on.

    Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """
    table = _OF_TABLE.match(statement)
    is_known = rule == _CHANGES_TYPE and table is not None and revision in rewritten
    return is_known and table is not None and table["name"] not in rewritten[revision]


def _script(new: list[Revision], statements: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Return the SQL of *new* with one statement a line, and for each line its revision.

    One text for all: what is created in it may be locked, for nobody uses it yet.
    """
    lines: list[str] = []
    owners: list[str] = []
    for revision in new:
        for statement in statements.get(revision.id, ()):
            text = " ".join(line.partition("--")[0] for line in statement.splitlines()).strip().rstrip(";")
            if text.upper().startswith(_DDL):
                lines.append(f"{' '.join(text.split())};")
                owners.append(revision.id)
    return lines, owners


def _told(stage: Stage, lines: list[str]) -> list[tuple[int, str, str]] | None:
    """Return line, rule and message of each complaint, None where squawk cannot be run."""
    file = stage.file.with_name(f"{stage.file.stem}-{stage.talk.name}.sql")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = Command(
        argv=(
            *(
                str(_program()),
                "--assume-in-transaction",
                "--reporter",
                "json",
                "--pg-version",
                stage.server.version.partition(".")[0] + ".0",
            ),
            str(file),
        ),
        cwd=file.parent,
    )
    done = stage.ports.runner.run(command, timeout_s=_TIMEOUT_S)
    if done.code not in {0, _FOUND_SOMETHING}:
        return None
    complaints: list[dict[str, Any]] = json.loads(done.out or "[]")
    return [(int(one["line"]), str(one["rule_name"]), str(one["message"])) for one in complaints]


def _program() -> Path:
    return Path(sysconfig.get_path("scripts")) / "squawk"


def _warning(stage: Stage, revision: Revision, complaints: list[str], fresh: Fresh) -> Finding:
    rules = sorted({one.partition(":")[0] for one in complaints})
    file = places.relative(stage.built, revision.file)
    return Finding(
        code=f"migration-lock:{rules[0]}" if len(rules) == 1 else "migration-lock",
        outcome=Outcome.WARNING,
        message=f"revision {revision.id} locks a table in use, or takes away what the release that still serves needs "
        f"({', '.join(rules)})",
        location=Location(file) if file else stage.tool.location,
        evidence=tuple(complaints),
        remedy=remedy(rules, stage.tool.kind),
        certainty=f"squawk's rules on the SQL that ran; matters with many rows or much traffic; {fresh.reason}",
        reproduce=f"squawk on the SQL of revision {revision.id}",
    )


def remedy(rules: Iterable[str], kind: Kind) -> str:
    """Return what to do in place of what *rules* complain of, in the words of the tool."""
    own = _REMEDIES_OF_DJANGO if kind is Kind.DJANGO else {}
    return "; ".join(own.get(rule, _REMEDIES[rule]) for rule in rules)


def _clean(new: list[Revision]) -> Finding:
    return Finding(
        code="migrations-lock-briefly",
        outcome=Outcome.PASSED,
        message=f"the SQL of {', '.join(one.id for one in new)} takes no long lock (squawk)",
    )


def _not_linted(stage: Stage) -> Finding:
    return Finding(
        code="migration-lock",
        outcome=Outcome.SKIPPED,
        message="the SQL of new revisions was not linted for locks: squawk does not run here",
        location=stage.tool.location,
        remedy="pip install squawk-cli",
        required=False,
    )
