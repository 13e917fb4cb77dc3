"""From an empty database to the newest revision, as the first deploy does it."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks import migration_files
from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.migrations import addresses, places
from deploy_suite.checks.migrations import stage as stages
from deploy_suite.checks.migrations.arrival import HEAD, Head
from deploy_suite.checks.migrations.replies import Failure, Reply, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.environments import bindings as binding
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.ports import Ports

POSTGRESQL = "postgresql"
_AT_ONCE_S: Final = 60.0  # for a run that changes nothing; one that waits for what the first has taken never ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far it came.

    Shape: `stage` is where the rehearsal goes on, None where there is nothing more to rehearse; `has_command_run` says
    that the pre-deploy command was the second run.
    """

    findings: Findings
    migrated: str = ""
    has_command_run: bool = False
    stage: Stage | None = None
    revisions: tuple[Revision, ...] = ()


def reached(built: Built, tool: Tool, ports: Ports) -> Head:
    """Let the rehearser take a database there."""
    with ExitStack() as stack:
        stage = stack.enter_context(stages.opened(built, tool, ports))
        got = _without_guesses(_reached(stage), tool, built)
        if (last := got.stage) is None:
            return Head(findings=got.findings)

        def rest() -> Findings:
            from deploy_suite.checks.migrations import remainder  # noqa: PLC0415  the start of the service comes first

            return remainder.findings(got, last)

        return Head(
            findings=got.findings,
            migrated=got.migrated,
            has_command_run=got.has_command_run,
            rest=rest,
            stack=stack.pop_all(),
        )


def _without_guesses(got: Reached, tool: Tool, built: Built) -> Reached:
    """Return *got* without doubts about migrations that another service runs: how this one would is a guess."""
    if built.case.contract.kind.answers_http or tool.call is not None:
        return got
    return replace(got, findings=tuple(map(_as_not_applicable, got.findings)))


def _as_not_applicable(finding: Finding) -> Finding:
    if finding.outcome is not Outcome.WARNING:
        return finding
    why = "no command of this service runs the migrations"
    return Finding(code=finding.code, outcome=Outcome.SKIPPED, message=why, required=False)


def _reached(stage: Stage) -> Reached:
    described = stage.ask("describe")
    if described.failure:
        return Reached(findings=(stage.finding(described.failure, doing="reading the migrations"),))
    revisions = described.revisions
    if not revisions:
        return Reached(findings=(_no_revisions(stage),))
    several = _conflicts(stage, described) or _several_heads(stage, described)
    if several and stage.tool.kind is Kind.DJANGO:
        return Reached(findings=several)
    target = "heads" if several else stage.tool.destination
    first = stage.upgrade(target)
    if first.failure:
        return _in_steps(stage, revisions, first.failure, several, beginning=_beginning(first, "database"))
    stage, has_command_run, failure = _repeated(stage, target)
    if failure:
        return Reached(findings=(*several, _not_repeatable(stage, failure)))
    arrived = _arrived(stage, revisions, first, several)
    return replace(arrived, findings=(*arrived.findings, *_left_out(stage)), has_command_run=has_command_run)


def _left_out(stage: Stage) -> Findings:
    """Return what the commands leave out that name applications of Django's."""
    if stage.tool.kind is not Kind.DJANGO or stage.tool.call is None or len(stage.tool.argv) == 1:
        return ()
    from deploy_suite.checks.migrations import named_apps  # noqa: PLC0415  the start of the service comes first

    return named_apps.findings(stage)


def _repeated(stage: Stage, target: str) -> tuple[Stage, bool, Failure | None]:
    """Run it a second time; return where to go on, whether the command itself was run, and how that failed.

    What fails where the first run was counts only when a process of its own, as the next deploy has, fails too.
    """
    commanded = stage.command()
    if commanded and commanded.ok:
        return stage, True, None
    if commanded is None and stage.upgrade(target, limit_s=_AT_ONCE_S).ok:
        return stage, False, None
    stage = stage.anew()
    return stage, False, stage.upgrade(target).failure


def _arrived(stage: Stage, revisions: tuple[Revision, ...], reply: Reply, several: Findings) -> Reached:
    dialect, name = reply.reached
    if dialect == "sqlite" and stage.address is not None and _is_stated(stage.built.case.contract):
        passing_by = addresses.unused(name, stage.built, stage.tool)
        return Reached(findings=(*several, passing_by))
    is_ours = dialect == POSTGRESQL and stage.address is not None and name == stage.address.name
    passed = Finding(
        code="migrations-reach-head",
        outcome=Outcome.PASSED,
        message=f"{_taking(len(revisions))} {_beginning(reply, _shown(stage, dialect))} to {_heads(revisions)} "
        f"in {reply.seconds:.1f} s; a second run changes nothing",
    )
    migrated = f"{HEAD}_0" if is_ours else ""
    return Reached(
        findings=(*several, passed), migrated=migrated, stage=stage if migrated else None, revisions=revisions
    )


def _is_stated(contract: Contract) -> bool:
    """Whether a manifest gives the service a database; one that was assumed says nothing against another."""
    located = tuple(one for one in contract.variables if one.location)
    return bool(binding.databases_needed(replace(contract, variables=located)))


def _in_steps(
    stage: Stage, revisions: tuple[Revision, ...], failure: Failure, several: Findings, *, beginning: str
) -> Reached:
    """Judge a failure of the whole run: does it come from running all revisions in one transaction?"""
    whole = stage.finding(failure, doing=f"{stage.tool.command} from {beginning}")
    if stage.tool.kind is Kind.DJANGO or not failure.sqlstate or whole.outcome is Outcome.SKIPPED:
        return Reached(findings=(*several, whole))
    name = f"{HEAD}_steps"
    database = stage.database(name)
    for revision in revisions:
        if not stage.upgrade(revision.id, database=database).ok:
            return Reached(findings=(*several, whole))
    only_at_once = Finding(
        code=whole.code,
        outcome=Outcome.WARNING,
        message=whole.message,
        location=whole.location,
        evidence=whole.evidence,
        remedy="set transaction_per_migration=True in env.py's context.configure()",
        certainty="fails only where all revisions run at once, on a new database; one at a time they pass, so a "
        "database that has the earlier ones is not affected",
        reproduce=whole.reproduce,
    )
    return Reached(findings=(*several, only_at_once), migrated=name, stage=stage, revisions=revisions)


def _not_repeatable(stage: Stage, failure: Failure) -> Finding:
    finding = stage.finding(failure, doing=f"a second run of {stage.tool.command}")
    return Finding(
        code="migration-not-repeatable",
        outcome=finding.outcome,
        message=finding.message,
        location=finding.location,
        evidence=finding.evidence,
        remedy=finding.remedy,
        certainty=finding.certainty,
        reproduce=f"{finding.reproduce}  # twice",
    )


def _no_revisions(stage: Stage) -> Finding:
    """Say that there is nothing to run, and whether the commit leaves something out."""
    state, folder = stage.built.case.state, f"{stage.tool.file.parent}/".removeprefix("./")
    left = tuple(
        file for file in (*state.untracked, *state.ignored) if file.startswith(folder) and "/versions/" in f"/{file}"
    )
    if left:
        return Finding(
            code="migrations-not-committed",
            outcome=stage.surroundings.outcome,
            message="the commit holds no revision, but the folder does: the target will not have them",
            location=Location(left[0]),
            evidence=left[:5],
            remedy=f"git add -f {left[0]} and commit; take the folder out of .gitignore",
            certainty=stage.surroundings.certainty,
        )
    return Finding(
        code="no-migrations",
        outcome=Outcome.SKIPPED,
        message=f"{stage.tool.kind.shown} is set up, but the commit holds no revision yet",
        location=stage.tool.location,
        required=False,
    )


def _several_heads(stage: Stage, described: Reply) -> Findings:
    heads = tuple(str(head) for head in described.more.get("heads", ()))
    if len(heads) < 2:  # noqa: PLR2004  one head is what is wanted
        return ()
    tool = stage.tool
    is_fault = tool.is_binding and not tool.upgrades_all_heads
    files = [places.relative(stage.built, one.file) for one in described.revisions if one.id in heads]
    return (
        Finding(
            code="alembic-multiple-heads",
            outcome=Outcome.FAILED if is_fault else Outcome.WARNING,
            message=f"the revisions have {len(heads)} heads ({', '.join(heads)}), so `{tool.command}` refuses to run"
            if is_fault
            else f"the revisions have {len(heads)} heads ({', '.join(heads)})",
            location=Location(files[-1]) if files and files[-1] else tool.location,
            evidence=tuple(file for file in files if file),
            remedy=f"merge them and commit the new revision: {_merge(tool)} {' '.join(heads)}",
            certainty="" if is_fault else "the command takes all heads, or no command of the contract upgrades",
            reproduce=tool.shown.replace("upgrade", "heads").replace(" heads head", " heads"),
        ),
    )


def _merge(tool: Tool) -> str:
    program = "flask db" if tool.kind is Kind.FLASK else "alembic"
    return f'{program} merge -m "merge heads"'


def _conflicts(stage: Stage, described: Reply) -> Findings:
    conflicts = described.more.get("conflicts") or {}
    return tuple(
        Finding(
            code="alembic-multiple-heads",
            outcome=stage.surroundings.outcome,
            message=f"the application {app} has {len(names)} last migrations ({', '.join(names)}), so migrate refuses "
            "to run",
            location=migration_files.of(app, names[-1], stage.built.case) or stage.tool.location,
            evidence=tuple(f"{app}.{name}" for name in names),
            remedy=f"merge and commit them: {stage.tool.program} makemigrations --merge",
            certainty=stage.surroundings.certainty,
            reproduce=stage.tool.shown,
        )
        for app, names in conflicts.items()
    )


def _heads(revisions: tuple[Revision, ...]) -> str:
    parents = {parent for revision in revisions for parent in revision.parents}
    heads = [revision.id for revision in revisions if revision.id not in parents]
    return ", ".join(heads) if len(heads) <= 2 else "head"  # noqa: PLR2004  more would hide the rest of the line


def _shown(stage: Stage, dialect: str) -> str:
    if dialect == POSTGRESQL:
        return f"PostgreSQL {stage.server.version}"
    return {"sqlite": "SQLite"}.get(dialect, "database")


def _beginning(reply: Reply, shown: str) -> str:
    """Return what the migrations began with: nothing, or the SQLite file that the commit holds."""
    return f"{reply.committed} of the commit" if reply.committed else f"an empty {shown}"


def _taking(number: int) -> str:
    return "1 revision takes" if number == 1 else f"{number} revisions take"
