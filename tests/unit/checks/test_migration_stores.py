"""Migrations whose application wants a store when it is made, where no manifest says which one the target has."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.migrations import failures
from deploy_suite.checks.migrations.failures import Surroundings
from deploy_suite.checks.migrations.replies import Failure
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import CONTRACT, case_of
from tests.unit.checks.test_drivers import built

ASSUMED, STATED = None, Location("render.yaml", 2)


@pytest.mark.parametrize(
    ("message", "manifest", "is_open"),
    [
        ("Error 111 connecting to localhost:6379. Connection refused.", ASSUMED, True),
        ("Error 111 connecting to localhost:6379. Connection refused.", STATED, False),
        ("Error 111 connecting to cache.example.com:6379. Connection refused.", ASSUMED, False),
        ("no such revision", ASSUMED, False),
    ],
)
def test_a_desks_default_address_proves_nothing_where_no_manifest_states_the_targets(
    tmp_path: Path, message: str, manifest: Location | None, *, is_open: bool
) -> None:
    contract = replace(CONTRACT, location=manifest)
    tool = Tool(kind=Kind.FLASK, folder=PurePosixPath(), argv=(), file=PurePosixPath("app.py"))
    around = Surroundings(built=replace(built({}), case=case_of(contract, tmp_path)), tool=tool)

    found = failures.finding(Failure(kind="ConnectionError", message=message), around, doing="reading the migrations")

    assert (found.outcome is Outcome.SKIPPED) is is_open
