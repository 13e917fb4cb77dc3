"""What a machine that is slow leaves of the walk over revisions with rows in the tables."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy_suite.checks.migrations import rows, seeding
from deploy_suite.checks.migrations.fresh import Fresh
from deploy_suite.checks.migrations.replies import Failure, Reply, Revision
from deploy_suite.checks.migrations.stage import Stage
from deploy_suite.checks.migrations.tools import Kind


class Slow:
    """A stage on which each revision takes *step_s*."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.time_s = 0.0
        self.applied: list[str] = []
        self.tool = SimpleNamespace(kind=Kind.ALEMBIC)
        self.ports = SimpleNamespace(clock=SimpleNamespace(now_s=lambda: self.time_s))
        self.server = SimpleNamespace(query=lambda *_: ())

    def database(self, name: str) -> Any:
        return SimpleNamespace(name=name)

    def ask(self, _step: str, *, to: str, **_order: object) -> Reply:
        self.time_s += self.step_s
        self.applied.append(to)
        return cast("Reply", SimpleNamespace(failure=None, ok=True, statements=("CREATE TABLE a ()",)))


@pytest.mark.parametrize(
    ("step_s", "seeded_after", "left"),
    [
        (0.1, [*range(15, 39), 39, 40], 0),
        (1.0, [15, 16, 17, 18, 19, 20, 39], 0),
        (10.0, [], 30),
    ],
)
def test_the_newest_revisions_meet_rows_even_where_the_others_took_long(
    monkeypatch: pytest.MonkeyPatch, step_s: float, seeded_after: list[int], left: int
) -> None:
    stage, seeds = Slow(step_s), list[int]()

    def seed(*_: object) -> seeding.Seeded:
        seeds.append(len(stage.applied))
        return seeding.Seeded(1, ())

    monkeypatch.setattr(seeding, "seed", seed)
    revisions = tuple(Revision(id=f"r{at}", parents=(), file=Path(f"r{at}.py")) for at in range(40))

    walked = rows.walk(cast("Stage", stage), revisions, Fresh(frozenset({"r39"}), "the newest"))

    assert (seeds, walked.left) == (seeded_after, left)


@pytest.mark.parametrize(
    ("file", "told"), [("shop/migrations/0002_x.py", True), ("venv/lib/site-packages/pkg/migrations/0002_x.py", False)]
)
def test_an_older_revision_of_a_package_is_nobodys_here_to_change(tmp_path: Path, file: str, *, told: bool) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text("")
    built = SimpleNamespace(environment=SimpleNamespace(top=tmp_path, venv=tmp_path / "venv"), case=None)
    tool = SimpleNamespace(kind=Kind.DJANGO, is_binding=True, shown="python manage.py migrate", location=None)
    stage = cast("Stage", SimpleNamespace(built=built, tool=tool, surroundings=SimpleNamespace(certainty="")))
    failure = Failure(
        kind="IntegrityError",
        message="column contains null values",
        sqlstate="23502",
        statement='ALTER TABLE "a" ADD COLUMN "b" text NOT NULL',
        culprit=path,
    )
    revision = Revision(id="shop.0002_x", parents=("shop.0001",), file=path)

    found = rows._judged(failure, revision, stage, Fresh(frozenset(), "none"))

    assert [one.code for one in found] == (["migration-not-null-rows"] if told else [])
