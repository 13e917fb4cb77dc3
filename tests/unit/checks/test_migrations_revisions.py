"""Where a commit's migrations lead, read from its files, and how one gets back from there."""

from pathlib import Path, PurePosixPath
from typing import cast

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.checks.migrations import revisions
from deploy_suite.checks.migrations.revisions import Stated
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import DatabaseServer, QueryError, WorkingState
from deploy_suite.releases import undoing
from deploy_suite.targets.registry import TARGETS

INI = "[alembic]\nscript_location = %(here)s/migrations\n"
FLASK_ENV = "from flask import current_app\n"
DJANGO = {"manage.py": "import django\n", "shop/migrations/__init__.py": ""}


def revision(name: str, after: str | None, *, down: str = "op.drop_table('t')") -> str:
    return (
        f"revision: str = {name!r}\ndown_revision = {after!r}\n\ndef upgrade():\n    op.create_table('t')\n\n"
        f"def downgrade():\n    {down}\n"
    )


def stated(folder: Path, files: dict[str, str], *, start: str = "gunicorn main:app", before: str = "") -> Stated:
    command = f"    preDeployCommand: {before}\n" if before else ""
    manifest = (
        "services:\n  - type: web\n    name: web\n    runtime: python\n    plan: starter\n"
        f"    buildCommand: pip install -r requirements.txt\n{command}    startCommand: {start}\n"
    )
    for name, text in {"render.yaml": manifest, "main.py": "app = 1\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    snapshot = Snapshot(commit=Commit(sha="1" * 40, tree="2" * 40, subject="x"), folder=folder)
    (contract,) = TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts
    return revisions.stated(Case(snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences()))


def alembic(*names: str) -> dict[str, str]:
    chain = zip(names, (None, *names), strict=False)
    return {"alembic.ini": INI} | {f"migrations/versions/{name}_x.py": revision(name, after) for name, after in chain}


def test_alembics_heads_are_read_from_the_revisions(tmp_path: Path) -> None:
    found = stated(tmp_path, {**alembic("a1", "b2"), "migrations/versions/c3.py": revision("c3", "a1")})

    assert (found.heads, found.is_sure) == (("b2", "c3"), True)
    assert [one.file for one in found.steps] == [
        "migrations/versions/a1_x.py",
        "migrations/versions/b2_x.py",
        "migrations/versions/c3.py",
    ]


@pytest.mark.parametrize(
    ("files", "before"),
    [
        ({"migrations/versions/c3.py": "import os\nrevision = os.environ['X']\ndown_revision = 'b2'\n"}, ""),
        ({"migrations/versions/c3.py": "this is no Python"}, ""),
        ({"migrations/versions/older/c3.py": revision("c3", "b2")}, ""),
        ({}, "alembic upgrade a1"),
        ({"alembic.ini": "[alembic]\n"}, ""),
    ],
    ids=["computed", "unreadable", "in a folder below", "not to the head", "no place"],
)
def test_what_only_running_would_tell_is_not_sure(files: dict[str, str], before: str, tmp_path: Path) -> None:
    assert not stated(tmp_path, {**alembic("a1", "b2"), **files}, before=before).is_sure


def test_the_same_heads_are_the_same_place_and_more_revisions_are_another(tmp_path: Path) -> None:
    old = stated(tmp_path / "old", alembic("a1", "b2"))
    same = stated(tmp_path / "same", {**alembic("a1", "b2"), "main.py": "app = 2\n"})
    more = stated(tmp_path / "more", alembic("a1", "b2", "c3"))
    none = stated(tmp_path / "none", {})

    answers = [revisions.are_same(old, one) for one in (same, more, none)] + [revisions.are_same(none, old)]

    assert answers == [True, False, True, False]


def test_commands_of_a_tool_that_is_not_rehearsed_are_not_taken_for_none(tmp_path: Path) -> None:
    assert not stated(tmp_path, {}, before="aerich upgrade").is_sure


def test_django_is_at_the_same_place_only_with_the_same_packages(tmp_path: Path) -> None:
    first = {**DJANGO, "requirements.txt": "django==5.0\n", "shop/migrations/0001_initial.py": "dependencies = []\n"}
    second = {
        **first,
        "shop/migrations/0002_more.py": "class Migration:\n    dependencies = [('shop', '0001_initial')]\n",
    }
    old, same = stated(tmp_path / "old", first), stated(tmp_path / "same", first)
    newer = stated(tmp_path / "newer", {**first, "requirements.txt": "django==5.1\n"})
    more = stated(tmp_path / "more", second)

    assert [revisions.are_same(old, one) for one in (same, newer, more)] == [True, False, False]
    assert more.heads == ("shop.0002_more",)


class Tables:
    """A server whose database holds what a tool has written there."""

    def __init__(self, answers: dict[str, list[tuple[object, ...]]]) -> None:
        self._answers = answers

    def query(self, _name: str, statement: str) -> list[tuple[object, ...]]:
        for start, rows in self._answers.items():
            if statement.startswith(start):
                return rows
        raise QueryError("42P01", statement)


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (
            {
                "SELECT quote_ident": [("public.alembic_version",)],
                "SELECT version_num FROM public.alembic_version": [("b2",), ("a1",)],
                "SELECT to_regclass": [(False,)],
            },
            ("a1", "b2"),
        ),
        (
            {
                "SELECT quote_ident": [],
                "SELECT to_regclass": [(True,)],
                "SELECT DISTINCT ON (app)": [("shop", "0002_more"), ("auth", "0012_x")],
            },
            ("auth.0012_x", "shop.0002_more"),
        ),
        ({}, ()),
    ],
    ids=["alembic", "django", "refused"],
)
def test_a_database_tells_where_it_is(answers: dict[str, list[tuple[object, ...]]], found: tuple[str, ...]) -> None:
    assert revisions.recorded(cast("DatabaseServer", Tables(answers)), "db") == found


@pytest.mark.parametrize(
    ("files", "before", "leads_from", "leads_to", "root", "commands"),
    [
        (alembic("a1", "b2"), "alembic upgrade head", ("a1",), ("b2",), "", ("alembic downgrade a1",)),
        (
            alembic("a1", "b2"),
            "alembic -c alembic.ini upgrade head",
            (),
            ("b2",),
            "",
            ("alembic -c alembic.ini downgrade base",),
        ),
        (alembic("a1", "b2"), "", ("a1",), ("b2",), "backend", ("cd .. && alembic downgrade a1",)),
        (alembic("a1"), "", ("a1",), ("a1",), "", ()),
        (
            {"migrations/env.py": FLASK_ENV, "migrations/versions/a1.py": revision("a1", None)},
            "flask --app main db upgrade",
            ("0",),
            ("a1",),
            "",
            ("flask --app main db downgrade 0",),
        ),
        (
            DJANGO,
            "python manage.py migrate",
            ("auth.0012", "shop.0001_initial"),
            ("auth.0012", "news.0001", "shop.0002_more"),
            "",
            ("python manage.py migrate news zero", "python manage.py migrate shop 0001_initial"),
        ),
    ],
    ids=["alembic", "base", "another folder", "nothing", "flask", "django"],
)
def test_the_commands_that_lead_back(
    files: dict[str, str],
    before: str,
    leads_from: tuple[str, ...],
    leads_to: tuple[str, ...],
    root: str,
    commands: tuple[str, ...],
    *,
    tmp_path: Path,
) -> None:
    found = stated(tmp_path, files, before=before)

    assert undoing.commands(found, leads_from, leads_to, root=PurePosixPath(root)) == commands


def test_a_revision_without_a_way_down_is_named(tmp_path: Path) -> None:
    old = stated(tmp_path / "old", alembic("a1"))
    new = stated(tmp_path / "new", {**alembic("a1"), "migrations/versions/b2.py": revision("b2", "a1", down="pass")})

    assert undoing.cautions(old, new) == ("b2 has no way down: write downgrade() in migrations/versions/b2.py first",)
