"""What else the migrations are put to, once they reach the newest revision."""

from pathlib import Path

from deploy_suite.checks.base import Findings
from deploy_suite.checks.migrations import drift, kept, locks, repeats, roundtrip, rows
from deploy_suite.checks.migrations.fresh import fresh
from deploy_suite.checks.migrations.head import Reached
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted

_COPY = "migrated_copy"


def findings(head: Reached, stage: Stage) -> Findings:
    """Return the findings of rows, locks, models and the way back, at the *stage* that *head* was reached on."""
    found, is_whole = _rehearsed(head, stage)
    if is_whole:
        _keep(head, stage, found)
    return found


def _rehearsed(head: Reached, stage: Stage) -> tuple[Findings, bool]:
    """Return the findings, and whether there was time for all: what load left out is asked for again."""
    known = fresh(stage.built, stage.ports, head.revisions)
    walked = rows.walk(stage, head.revisions, known)
    together = rows.together(stage, head.revisions, known)
    repeated = repeats.findings(stage, head.revisions, known, walked.statements)
    linted = locks.linted(stage, head.revisions, known, walked.statements, rewritten=walked.rewritten)
    copy = stage.database(_COPY, template=head.migrated)
    compared = drift.compared(stage, copy)
    travelled = roundtrip.travelled(stage, head.revisions, copy)
    found = (*walked.findings, *together, *repeated, *_met_rows(walked), *_left(walked), *linted, *compared, *travelled)
    return found, not walked.left


def _keep(head: Reached, stage: Stage, findings: Findings) -> None:
    imported = stage.ask("imported").more.get("files", ())
    read = (*map(Path, imported), *(revision.file for revision in head.revisions))
    dump = stage.server.dump(head.migrated)
    kept.keep(stage.built, stage.tool, stage.ports, read=read, findings=(*head.findings, *findings), dump=dump)


def _left(walked: rows.Walked) -> Findings:
    """Return what the rows were not put to."""
    if not walked.left:
        return ()
    return (
        Finding(
            code="migrations-meet-rows",
            outcome=Outcome.SKIPPED,
            message=f"the last {counted(walked.left, 'revision')} were not applied to tables with rows: this machine "
            "needed too long for those before",
            remedy="run again when the machine has less to do, or say where the target is: --live-revision",
            required=False,
        ),
    )


def _met_rows(walked: rows.Walked) -> Findings:
    """Return the pass, with what it does not cover."""
    if walked.findings or not walked.met_rows:
        return ()
    left = f"; {', '.join(walked.seeded.empty[:5])} stayed empty" if walked.seeded.empty else ""
    return (
        Finding(
            code="migrations-meet-rows",
            outcome=Outcome.PASSED,
            message=f"{counted(walked.met_rows, 'revision')} applied with two rows in each table "
            f"({counted(walked.seeded.filled, 'table')} at the end{left})",
        ),
    )
