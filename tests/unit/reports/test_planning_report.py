"""The plan of a deploy, as a person and as a program read it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from deploy_suite.checks.migrations.script import Scripted
from deploy_suite.checks.variables.on_target import Compared
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import Commit
from deploy_suite.model.release import Deploy, DeployState, LiveService
from deploy_suite.releases import planning
from deploy_suite.releases.compatibility import Compatibility, Openness
from deploy_suite.releases.planning import DeployPlan, PlannedStep
from deploy_suite.reports import planning as reports

OLD, NEW = "a" * 40, "b" * 40
SERVICE = LiveService(id="srv-1", name="shop", kind="web_service", url="https://shop.example")
LIVE = Deploy(
    id="dep-1",
    state=DeployState.LIVE,
    commit=OLD,
    subject="Begin\n\nat last",
    finished=datetime(2026, 1, 1, tzinfo=UTC),
)
SCRIPTS = (
    Scripted(
        id="0002",
        title="Posts",
        file="migrations/versions/0002.py",
        statements=(
            "CREATE TABLE posts (id INTEGER, user_id INTEGER REFERENCES users (id))",
            "CREATE INDEX ix ON posts (user_id)",
            "ALTER TABLE users DROP COLUMN nick",
        ),
    ),
)
CLOSED = Compatibility(
    verdict=Openness.CLOSED,
    reason="the column users.nick is gone",
    old=OLD,
    new=NEW,
    leads_from=("0001",),
    leads_to=("0002",),
    evidence=("GET /users answers 500",),
    by_hand=("alembic downgrade 0001", "deploy-suite rollback --ignore-schema"),
    remedy="expand first",
    notes=("it migrates before the start",),
)
PLAN = DeployPlan(
    target="render",
    service=SERVICE,
    commit=Commit(sha=NEW, tree="t", subject="Write posts"),
    asked=datetime(2026, 1, 1, 3, tzinfo=UTC),
    is_pending=True,
    live=LIVE,
    branch="main",
    commits=(Commit(sha=NEW, tree="t", subject="Write posts"),),
    unpushed=(Commit(sha=NEW, tree="t", subject="Write posts"),),
    blocked=(
        Finding(code="untracked-files", outcome=Outcome.FAILED, message="new.py is untracked", remedy="git add new.py"),
    ),
    drift=("numpy 1.26.4 → 2.4.6 (major), by no change of yours",),
    migrations=planning.migrations(SCRIPTS),
    variables=Compared(missing=(("API_KEY", "main.py:3 asks for it"),), extra=("OLD_TOKEN",)),
    way_back=CLOSED,
    steps=(PlannedStep(name="push", does="push 1 commit to main on origin", undo="none: what is pushed stays"),),
    notes=("what is not known",),
    seconds=4.25,
)


def test_a_table_that_the_plan_makes_is_in_nobodys_use() -> None:
    (found,) = planning.migrations(SCRIPTS)

    assert [(one.lock, one.table) for one in found.statements] == [
        ("SHARE ROW EXCLUSIVE", "users"),
        ("", ""),
        ("ACCESS EXCLUSIVE", "users"),
    ]


def test_a_person_reads_what_would_happen_in_order() -> None:
    assert reports.render_text(PLAN).splitlines() == [
        "PENDING: bbbbbbb Write posts, shop on Render  (4.2 s)",
        "  live: aaaaaaa Begin (dep-1), 3 hours ago",
        "  commits that go out: 1",
        "    bbbbbbb Write posts  (not pushed)",
        "  BLOCKED untracked-files: new.py is untracked",
        "    fix: git add new.py",
        "  versions since what is live was resolved: 1 moved",
        "    numpy 1.26.4 → 2.4.6 (major), by no change of yours",
        "  migrations that the database has not seen: 1",
        "    0002 Posts  (migrations/versions/0002.py)",
        "      CREATE TABLE posts (id INTEGER, user_id INTEGER REFERENCES users (id));",
        "        SHARE ROW EXCLUSIVE on users: stops writes",
        "      CREATE INDEX ix ON posts (user_id);",
        "      ALTER TABLE users DROP COLUMN nick;",
        "        ACCESS EXCLUSIVE on users: stops reads and writes",
        "  variable missing on the service: API_KEY (main.py:3 asks for it; a linked environment group may have it)",
        "  variables on the service that no file names: OLD_TOKEN",
        "  way back over 0001 → 0002: CLOSED: the column users.nick is gone",
        "    | GET /users answers 500",
        "    by hand: alembic downgrade 0001 && deploy-suite rollback --ignore-schema",
        "    fix: expand first",
        "    note: it migrates before the start",
        "  steps:",
        "    1. push: push 1 commit to main on origin  [undo: none: what is pushed stays]",
        "  note: what is not known",
    ]


def test_a_program_reads_the_same_and_what_is_unknown_is_null() -> None:
    told = json.loads(reports.render_json(PLAN))
    blank = json.loads(
        reports.render_json(
            replace(PLAN, live=None, commits=None, drift=None, migrations=None, variables=None, way_back=None)
        )
    )

    assert (told["schema"], told["pending"], told["age_s"], told["live"]["deploy"]) == (1, True, 10800, "dep-1")
    assert told["migrations"][0]["statements"][1] == {
        "sql": "CREATE INDEX ix ON posts (user_id)",
        "lock": None,
        "table": "",
        "stops": "",
    }
    assert told["way_back"] == {
        "verdict": "closed",
        "reason": "the column users.nick is gone",
        "old": OLD,
        "new": NEW,
        "from": ["0001"],
        "to": ["0002"],
        "evidence": ["GET /users answers 500"],
        "by_hand": ["alembic downgrade 0001", "deploy-suite rollback --ignore-schema"],
        "remedy": "expand first",
        "notes": ["it migrates before the start"],
        "reused": "",
    }
    assert told["variables"] == {"missing": [["API_KEY", "main.py:3 asks for it"]], "extra": ["OLD_TOKEN"]}
    names = ("live", "age_s", "commits", "drift", "migrations", "variables", "way_back")
    assert [blank[name] for name in names] == [None] * len(names)


def test_a_first_deploy_lists_what_is_not_pushed() -> None:
    first = replace(
        PLAN, live=None, commits=None, way_back=None, migrations=(), drift=(), variables=Compared(missing=(), extra=())
    )

    assert reports.render_text(first).splitlines()[1:10] == [
        "  live: nothing",
        "  commits that go out: 1",
        "    bbbbbbb Write posts  (not pushed)",
        "  BLOCKED untracked-files: new.py is untracked",
        "    fix: git add new.py",
        "  versions since what is live was resolved: none moved",
        "  migrations that the database has not seen: none",
        "  variables: the service has all that the manifest and every start ask for, and no others",
        "  steps:",
    ]
