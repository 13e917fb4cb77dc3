"""The plan of a deploy → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from deploy_suite.model.finding import Finding
from deploy_suite.model.project import Commit
from deploy_suite.releases.compatibility import Compatibility, Openness
from deploy_suite.releases.planning import DeployPlan, PlannedMigration
from deploy_suite.reports.ages import age_s, since

SCHEMA: Final = 1
_MOST_COMMITS: Final = 20
_MOST_SQL: Final = 200
_MOST_DRIFT: Final = 30
_WAY: Final = {
    Openness.OPEN: "open",
    Openness.CLOSED: "CLOSED",
    Openness.UNKNOWN: "NOT KNOWN, and so not gone by itself",
}


def render_text(plan: DeployPlan) -> str:
    """Return *plan* for a person."""
    return "\n".join(_lines(plan)) + "\n"


def render_json(plan: DeployPlan) -> str:
    """Return *plan* as one JSON document; docs/report.md describes it."""
    live, variables = plan.live, plan.variables
    age = age_s(live, plan.asked)
    document = {
        "schema": SCHEMA,
        "pending": plan.is_pending,
        "target": plan.target,
        "service": {"id": plan.service.id, "name": plan.service.name, "url": plan.service.url},
        "commit": {"commit": plan.commit.sha, "subject": plan.commit.subject},
        "branch": plan.branch,
        "live": {"deploy": live.id, "commit": live.commit, "subject": live.subject} if live else None,
        "age_s": round(age) if age is not None else None,
        "commits": [_commit(one) for one in plan.commits] if plan.commits is not None else None,
        "unpushed": [_commit(one) for one in plan.unpushed],
        "blocked": [_finding(one) for one in plan.blocked],
        "blocked_by": plan.blocked_by,
        "drift": list(plan.drift) if plan.drift is not None else None,
        "migrations": [_migration(one) for one in plan.migrations] if plan.migrations is not None else None,
        "warnings": [_finding(one) for one in plan.warnings],
        "variables": {"missing": [list(one) for one in variables.missing], "extra": list(variables.extra)}
        if variables
        else None,
        "way_back": _way(plan.way_back) if plan.way_back else None,
        "steps": [{"name": one.name, "does": one.does, "undo": one.undo} for one in plan.steps],
        "notes": list(plan.notes),
        "seconds": round(plan.seconds, 3),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _commit(one: Commit) -> dict[str, str]:
    return {"commit": one.sha, "subject": one.subject}


def _finding(one: Finding) -> dict[str, object]:
    return {
        "code": one.code,
        "message": one.message,
        "location": str(one.location) if one.location else None,
        "evidence": list(one.evidence),
        "remedy": one.remedy,
        "certainty": one.certainty,
    }


def _migration(one: PlannedMigration) -> dict[str, object]:
    statements = [
        {"sql": each.sql, "lock": each.lock or None, "table": each.table, "stops": each.stops}
        for each in one.statements
    ]
    return {"revision": one.revision, "title": one.title, "file": one.file, "statements": statements}


def _way(way: Compatibility) -> dict[str, object]:
    return {
        "verdict": way.verdict.value,
        "reason": way.reason,
        "old": way.old,
        "new": way.new,
        "from": list(way.leads_from),
        "to": list(way.leads_to),
        "evidence": list(way.evidence),
        "by_hand": list(way.by_hand),
        "remedy": way.remedy,
        "notes": list(way.notes),
        "reused": way.reused,
    }


def _lines(plan: DeployPlan) -> Iterator[str]:
    if not plan.is_pending:
        yield f"NOTHING TO DO: {plan.commit.short} is live and verified, {_where(plan)}"
        yield from _steps(plan)
        return
    yield f"PENDING: {plan.commit.short} {plan.commit.subject}".rstrip() + f", {_where(plan)}  ({plan.seconds:.1f} s)"
    yield f"  live: {_live(plan)}"
    yield from _commits(plan)
    for one in plan.blocked:
        yield f"  BLOCKED {one.code}: {one.message}"
        yield from (f"    fix: {text}" for text in [one.remedy] if text)
    if plan.blocked_by:
        yield f"  BLOCKED: {plan.blocked_by}"
    yield from _drift(plan.drift)
    yield from _migrations(plan)
    yield from _variables(plan)
    yield from _way_lines(plan.way_back)
    yield from _steps(plan)
    yield from (f"  note: {note}" for note in plan.notes)


def _where(plan: DeployPlan) -> str:
    return f"{plan.service.name} on {plan.target.capitalize()}"


def _live(plan: DeployPlan) -> str:
    live = plan.live
    if live is None:
        return "nothing"
    first = live.subject.splitlines()[0] if live.subject else ""
    return f"{live.short} {first}".rstrip() + f" ({live.id}){since(age_s(live, plan.asked))}"


def _commits(plan: DeployPlan) -> Iterator[str]:
    if plan.live is not None and plan.commits is None:
        yield "  commits: how many lie between cannot be counted here"
        return
    listed = tuple(plan.commits if plan.commits is not None else plan.unpushed)
    unpushed = {one.sha for one in plan.unpushed}
    yield f"  commits that go out: {len(listed)}"
    for one in listed[-_MOST_COMMITS:]:
        yield f"    {one.short} {one.subject}" + ("  (not pushed)" if one.sha in unpushed else "")
    if len(listed) > _MOST_COMMITS:
        yield f"    and {len(listed) - _MOST_COMMITS} older ones"


def _drift(moved: Sequence[str] | None) -> Iterator[str]:
    if moved is None:
        return
    yield f"  versions since what is live was resolved: {len(moved) or 'none'} moved"
    yield from (f"    {one}" for one in moved[:_MOST_DRIFT])
    if len(moved) > _MOST_DRIFT:
        yield f"    and {len(moved) - _MOST_DRIFT} more"


def _migrations(plan: DeployPlan) -> Iterator[str]:
    if plan.migrations is None:
        return
    yield f"  migrations that the database has not seen: {len(plan.migrations) or 'none'}"
    for one in plan.migrations:
        yield f"    {one.revision} {one.title}".rstrip() + (f"  ({one.file})" if one.file else "")
        for each in one.statements:
            yield f"      {_cut(each.sql)};"
            if each.lock:
                where = f" on {each.table}" if each.table else ""
                yield f"        {each.lock}{where}: stops {each.stops}"
    for found in plan.warnings:
        yield f"    WARNING {found.code}: {found.message}"
        yield from (f"      fix: {text}" for text in [found.remedy] if text)


def _cut(sql: str) -> str:
    return sql if len(sql) <= _MOST_SQL else f"{sql[:_MOST_SQL]}…"


def _variables(plan: DeployPlan) -> Iterator[str]:
    if plan.variables is None:
        return
    for name, why in plan.variables.missing:
        yield f"  variable missing on the service: {name} ({why}; a linked environment group may have it)"
    if plan.variables.extra:
        yield f"  variables on the service that no file names: {', '.join(plan.variables.extra)}"
    if not (plan.variables.missing or plan.variables.extra):
        yield "  variables: the service has all that the manifest and every start ask for, and no others"


def _way_lines(way: Compatibility | None) -> Iterator[str]:
    if way is None:
        return
    told = f", as proved on {way.reused[:16]}" if way.reused else ""
    over = f" over {', '.join(way.leads_from) or 'nothing'} → {', '.join(way.leads_to)}" if way.migrates else ""
    yield f"  way back{over}: {_WAY[way.verdict]}{told}: {way.reason}"
    yield from (f"    | {line}" for line in way.evidence)
    if way.by_hand:
        yield "    by hand: " + " && ".join(way.by_hand)
    if way.remedy:
        yield f"    fix: {way.remedy}"
    yield from (f"    note: {note}" for note in way.notes)


def _steps(plan: DeployPlan) -> Iterator[str]:
    if plan.steps:
        yield "  steps:"
    for number, one in enumerate(plan.steps, 1):
        yield f"    {number}. {one.name}: {one.does}" + (f"  [undo: {one.undo}]" if one.undo else "")
