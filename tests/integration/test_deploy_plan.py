"""`deploy --plan` against the stand-in: what it says, and that nothing is changed by it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_suite.entry import cli
from deploy_suite.outlook import PlanRequest, planned
from deploy_suite.releases import journal as journals
from deploy_suite.releases.compatibility import Openness
from deploy_suite.releases.journal import Place
from deploy_suite.releases.planning import DeployPlan, PlannedStatement
from deploy_suite.releases.steps import Step
from deploy_suite.reports import planning as reports
from tests.integration.migration_projects import revision
from tests.integration.passage_project import MODELS, files
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.contract import document
from tests.standin.stand_in import KEY, server

pytestmark = pytest.mark.integration

SENTINEL = "sentinel-value-of-a-variable"
FIRST = {**files(probes=False), "main.py": server()}
DROPS = {
    "migrations/versions/0002.py": revision("0002", "0001", 'op.drop_column("users", "nick")'),
    "models.py": MODELS.replace("    nick = Column(String(50))\n", ""),
}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, shared_cache: Path, tmp_path: Path) -> Iterator[Stage]:
    monkeypatch.setenv("DEPLOY_SUITE_PACE", "50")
    monkeypatch.setenv("DEPLOY_SUITE_CACHE", str(shared_cache))
    monkeypatch.setenv("DEPLOY_SUITE_STATE", str(tmp_path / "state"))
    with staged(monkeypatch) as stage:
        yield stage


def plan(stage: Stage) -> DeployPlan:
    return planned(PlanRequest(folder=stage.shop.clone, service="shop"), stage.ports)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(("git", *arguments), cwd=folder, check=True, capture_output=True, text=True).stdout


def seen(stage: Stage) -> dict[str, object]:
    """Return all that a person would miss: the files of the clone, its refs and its state, the origin's refs."""
    clone = stage.shop.clone
    own = (path for path in sorted(clone.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {
        "files": {str(path): path.read_bytes() for path in own},
        "refs": git(clone, "for-each-ref"),
        "status": git(clone, "status", "--porcelain"),
        "origin": git(Path(stage.shop.record.origin), "for-each-ref"),
        "deploys": [one.id for one in stage.shop.deploys],
    }


def methods(stage: Stage) -> set[str]:
    """Return the HTTP methods of all requests so far."""
    paths = json.loads(document().read_text())["paths"].values()
    known = {one["operationId"]: method for path in paths for method, one in path.items() if "operationId" in one}
    return {known[operation] for operation, _, _ in stage.render.api.requests}


def test_a_plan_tells_all_that_would_go_out_and_changes_nothing(stage: Stage) -> None:
    stage.shop.record.variables.update({"DATABASE_URL": "postgresql://x", "OLD_TOKEN": SENTINEL})
    assert stage.shop.deployed(FIRST, "Begin").status == "live"
    stage.shop.commit(DROPS, "Drop the nicks")
    before = seen(stage)

    found = plan(stage)
    text, told = reports.render_text(found), json.loads(reports.render_json(found))

    assert (seen(stage), methods(stage)) == (before, {"get"})
    assert (found.is_pending, [one.subject for one in found.commits or ()]) == (True, ["Drop the nicks"])
    assert [(one.revision, one.statements) for one in found.migrations or ()] == [
        (
            "0002",
            (
                PlannedStatement(
                    sql="ALTER TABLE users DROP COLUMN nick",
                    lock="ACCESS EXCLUSIVE",
                    table="users",
                    stops="reads and writes",
                ),
            ),
        )
    ]
    assert found.way_back
    assert (found.way_back.verdict, found.way_back.by_hand[0]) == (
        Openness.CLOSED,
        f"render jobs create {stage.shop.record.id} --start-command 'alembic downgrade 0001'",
    )
    assert found.variables
    assert ([name for name, _ in found.variables.missing], found.variables.extra) == (
        ["PYTHON_VERSION"],
        ("OLD_TOKEN",),
    )
    assert [one.name for one in found.steps] == ["preflight", "measure", "push", "deploy", "verify", "keep or go back"]
    assert "        ACCESS EXCLUSIVE on users: stops reads and writes\n" in text
    assert "  way back over 0001 → 0002: CLOSED: the column users.nick is gone" in text
    assert (told["pending"], told["way_back"]["verdict"], told["migrations"][0]["file"]) == (
        True,
        "closed",
        "migrations/versions/0002.py",
    )
    assert not [said for said in (text, json.dumps(told), *stage.heard.lines) if SENTINEL in said or KEY in said]


def test_what_is_live_and_verified_leaves_nothing_to_do(stage: Stage) -> None:
    live = stage.shop.deployed(FIRST, "Begin")
    unverified = plan(stage)
    ports, place = stage.ports, Place("render", stage.shop.record.id)
    release = journals.begun(ports.ledger, place, clock=ports.clock, curtain=ports.curtain)
    release.note(Step.BEGUN, kind="deploy", commit=live.commit, service="shop")
    release.note(Step.DEPLOYING, deploy=live.id)
    release.note(Step.VERIFIED, commit=live.commit)
    release.note(Step.ENDED, verdict="live", live=live.id)

    found = plan(stage)

    assert (unverified.is_pending, [one.name for one in unverified.steps]) == (True, ["verify"])
    assert (found.is_pending, found.steps, found.notes) == (False, (), ())
    assert reports.render_text(found) == f"NOTHING TO DO: {live.commit[:7]} is live and verified, shop on Render\n"


def test_a_plan_says_what_stands_in_the_way_and_what_cannot_be_told(stage: Stage) -> None:
    stage.shop.deployed({"main.py": server()}, "Begin without a manifest")
    stage.shop.commit({"main.py": server(before="print('second')")}, "Say second")
    (stage.shop.clone / "left.py").write_text("")

    found = plan(stage)

    assert [one.code for one in found.blocked] == ["untracked-files"]
    assert found.way_back
    assert (found.way_back.verdict, found.migrations) == (Openness.UNKNOWN, None)
    assert found.notes
    assert found.notes[0].startswith("what the commit asks for: ")
    assert "  BLOCKED untracked-files: " in reports.render_text(found)


def test_exit_code_2_comes_with_a_plan_or_with_a_message_and_never_with_both(
    stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stage.shop.deployed({"main.py": server()}, "Begin without a manifest")
    stage.shop.commit({"main.py": server(before="print('second')")}, "Say second")

    pending = cli.main(["deploy", "--plan", "--project", str(stage.shop.clone), "--service", "shop"])
    planned = capsys.readouterr()
    mistaken = cli.main(["deploy", "--plan", "--project", str(tmp_path / "nowhere"), "--service", "shop"])
    wrong = capsys.readouterr()

    assert (pending, planned.out.splitlines()[0].split(", ")[0]) == (
        2,
        f"PENDING: {git(stage.shop.clone, 'rev-parse', '--short=7', 'HEAD').strip()} Say second",
    )
    assert (mistaken, wrong.out) == (2, "")
    assert wrong.err.startswith("deploy-suite: ")
