"""The live release on the schema of a newer commit: real builds, a real PostgreSQL, the service really started."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy_suite.model.release import LiveService
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from deploy_suite.releases.compatibility import Compatibility, Openness
from deploy_suite.releases.permission import Passage, Permission
from deploy_suite.way_back import ProvenSchemas, proven
from deploy_suite.wiring import opened
from tests.integration.migration_projects import revision
from tests.integration.passage_project import MODELS, commit, files

pytestmark = pytest.mark.integration

SERVICE = LiveService(id="srv-1", name="shop", kind="web_service")

ADDS = {
    "migrations/versions/0002.py": revision(
        "0002", "0001", 'op.add_column("users", sa.Column("age", sa.Integer))', 'op.drop_column("users", "age")'
    )
}
DROPS = {
    "migrations/versions/0002.py": revision("0002", "0001", 'op.drop_column("users", "nick")'),
    "models.py": MODELS.replace("    nick = Column(String(50))\n", ""),
}
REQUIRES = {
    "migrations/versions/0002.py": revision(
        "0002",
        "0001",
        'op.add_column("users", sa.Column("age", sa.Integer, nullable=False))',
        'op.drop_column("users", "age")',
    )
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, shared_cache: Path) -> Iterator[Ports]:
    monkeypatch.setenv("DEPLOY_SUITE_CACHE", str(shared_cache))
    with opened(Curtain(), command="deploy") as ports:
        yield ports


def asked(world: Ports, folder: Path, old: Mapping[str, str], new: Mapping[str, str], **more: Any) -> Compatibility:
    before = commit(folder, old, "Before")
    commit(folder, new, "After")
    return proven(Passage(folder=folder, old=before, service="shop", service_id="srv-1", **more), world)


def test_a_column_that_is_added_leaves_the_way_back_open(world: Ports, tmp_path: Path) -> None:
    found = asked(world, tmp_path / "shop", files(), ADDS)

    assert (found.verdict, found.leads_from, found.leads_to, found.by_hand) == (Openness.OPEN, ("0001",), ("0002",), ())
    assert "starts on the schema of" in found.reason


def test_a_column_that_is_taken_away_and_asked_for_closes_it_with_the_command(world: Ports, tmp_path: Path) -> None:
    found = asked(world, tmp_path / "shop", files(), DROPS)

    assert (found.verdict, found.leads_from, found.leads_to) == (Openness.CLOSED, ("0001",), ("0002",))
    assert found.by_hand == (
        "render jobs create srv-1 --start-command 'alembic downgrade 0001'",
        "deploy-suite rollback --ignore-schema",
    )
    assert "the probe 'users are listed' fails" in found.reason
    assert any("nick" in line for line in found.evidence)
    assert any("0002 has no way down" in note for note in found.notes)
    way = Passage(folder=tmp_path / "shop", old=found.old, new=found.new, service="shop", service_id="srv-1")
    permission = ProvenSchemas().permission(way, world)
    assert permission == Permission(
        is_granted=False,
        why=permission.why,
        command="render jobs create srv-1 --start-command 'alembic downgrade 0001'",
        revision="0002",
    )
    assert "where the column users.nick is gone" in permission.why


def test_a_column_that_no_probe_asks_for_is_missed_by_the_models(world: Ports, tmp_path: Path) -> None:
    found = asked(world, tmp_path / "shop", files(probes=False), DROPS)

    assert found.verdict is Openness.CLOSED
    assert found.reason.startswith("the column users.nick is gone, and the models of the live release have it")


def test_a_start_that_migrates_ends_on_the_unknown_revision_and_that_is_the_reason(
    world: Ports, tmp_path: Path
) -> None:
    old = files(start="alembic upgrade head && python main.py", pre_deploy="")

    found = asked(world, tmp_path / "shop", old, ADDS)

    assert found.verdict is Openness.CLOSED
    assert found.reason.endswith("Can't locate revision identified by '0002'")


def test_a_pre_deploy_command_that_migrates_is_a_reservation_and_no_verdict(world: Ports, tmp_path: Path) -> None:
    found = asked(world, tmp_path / "shop", files(), ADDS)

    assert (found.verdict, len(found.notes)) == (Openness.OPEN, 1)
    assert "pre-deploy command migrates (alembic upgrade head)" in found.notes[0]


def test_a_column_that_every_insert_must_give_leaves_it_unknown(world: Ports, tmp_path: Path) -> None:
    found = asked(world, tmp_path / "shop", files(), REQUIRES)

    assert found.verdict is Openness.UNKNOWN
    assert "users.age is new, NOT NULL and without a default" in found.reason
    assert found.by_hand[0] == "render jobs create srv-1 --start-command 'alembic downgrade 0001'"


def test_a_column_that_the_live_release_no_longer_knows_may_go(world: Ports, tmp_path: Path) -> None:
    contracted = MODELS.replace("    nick = Column(String(50))\n", "")

    found = asked(world, tmp_path / "shop", files(models=contracted), DROPS)

    assert found.verdict is Openness.OPEN


def test_what_fails_on_its_own_schema_too_shows_nothing(world: Ports, tmp_path: Path) -> None:
    probe = '[[services.shop.probes]]\npath = "/users"\nexpect = { status = 418 }\n'

    found = asked(world, tmp_path / "shop", {**files(), "deploy.toml": probe}, ADDS)

    assert found.verdict is Openness.UNKNOWN
    assert "fails here on its own schema too" in found.reason


def test_an_answer_is_kept_and_no_migration_needs_no_trial(world: Ports, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    first = asked(world, folder, files(), {**ADDS, "new.txt": str(tmp_path)})

    again = proven(Passage(folder=folder, old=first.old, service="shop"), world)
    same = proven(Passage(folder=folder, old=first.new, new=commit(folder, {"README.md": "news"}, "Say more")), world)
    lost = proven(Passage(folder=folder, old="f" * 40), world)

    assert (first.reused, bool(again.reused), again.verdict, again.leads_to) == ("", True, Openness.OPEN, ("0002",))
    assert (same.verdict, same.migrates) == (Openness.OPEN, False)
    assert same.reason == "no migration lies between them (0002 on both sides)"
    assert (lost.verdict, lost.by_hand) == (Openness.UNKNOWN, ())
    assert lost.reason == "the live commit fffffff is not in this repository, so nobody can try it here"


def test_a_commit_without_the_live_revisions_migrates_nothing_and_that_is_told(world: Ports, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    older = commit(folder, files(), "Before")
    newer = commit(folder, ADDS, "After")

    found = proven(Passage(folder=folder, old=newer, new=older, service="shop"), world)

    assert (found.verdict, found.leads_from, found.leads_to) == (Openness.OPEN, ("0002",), ("0002",))
    assert "does not have 0002, to which the live release has brought the database" in found.notes[0]
