"""How long a good rehearsal of migrations is kept."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import kept
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.model.contract import Bindings
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from tests.unit.checks.gunicorn_case import CONTRACT, case_of

PASSED = Finding(code="migrations-reach-head", outcome=Outcome.PASSED, message="2 revisions take it there")
TOOL = Tool(kind=Kind.DJANGO, folder=PurePosixPath(), argv=("migrate",), file=PurePosixPath("manage.py"))
COMMIT = {"manage.py": "1", "shop/models.py": "1", "shop/views.py": "1", "db/env.py": "1", "seed.sql": "1"}


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [
        ("shop/views.py", True),
        ("shop/models.py", False),
        ("seed.sql", False),
        ("manage.py", False),
        ("db/env.py", False),
    ],
)
def test_it_is_kept_until_something_changes_that_was_read_or_run(changed: str, is_kept: bool, tmp_path: Path) -> None:  # noqa: FBT001
    kept.keep(
        built(tmp_path),
        TOOL,
        ports(tmp_path, COMMIT),
        read=[tmp_path / "shop/models.py"],
        findings=(PASSED,),
        dump="SQL",
    )

    assert kept.find(built(tmp_path), TOOL, ports(tmp_path, COMMIT)) == kept.Kept(findings=(PASSED,), dump="SQL")
    assert (kept.find(built(tmp_path), TOOL, ports(tmp_path, COMMIT | {changed: "2"})) is not None) == is_kept


def built(folder: Path) -> Built:
    case = replace(case_of(CONTRACT, folder), repository=folder)
    environment = SimpleNamespace(key="key", top=folder)
    return cast("Built", SimpleNamespace(case=case, environment=environment, bindings=Bindings(values={}), server=None))


def ports(folder: Path, blobs: dict[str, str]) -> Ports:
    git = SimpleNamespace(blobs=lambda *_: blobs)
    return cast("Ports", SimpleNamespace(git=git, workplace=SimpleNamespace(cache=folder / "cache"), curtain=Curtain()))
