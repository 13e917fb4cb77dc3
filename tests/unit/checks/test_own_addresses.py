"""Where a start that nobody can reach gets its address, and what an assumed worker that ends proves."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks import boot
from deploy_suite.checks.base import Built
from deploy_suite.checks.boot import own_addresses
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

MAIN = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(host={host!r})\n"
REFUSED = "OSError: [Errno 99] Cannot assign requested address\n"
EXITED = Finding(code="start-exited", outcome=Outcome.FAILED, message="it ended", remedy="keep it running")
LOCAL = replace(EXITED, code="bound-to-wrong-address", message="it listens on 127.0.0.1:5000")


def stage(folder: Path, *, host: str, start: str = "python main.py", manifest: str = "Procfile") -> Stage:
    about = case(folder, {"main.py": MAIN.format(host=host)}, start=start)
    about = replace(about, contract=replace(about.contract, location=Location(manifest, 1)))
    return cast("Stage", SimpleNamespace(built=cast("Built", SimpleNamespace(case=about)), contract=about.contract))


def test_who_listens_on_localhost_is_told_the_line_of_its_own(tmp_path: Path) -> None:
    told = own_addresses.told(stage(tmp_path, host="127.0.0.1"), "", LOCAL)

    assert (told.outcome, told.message, told.location, told.remedy) == (
        Outcome.FAILED,
        "it listens on 127.0.0.1:5000",
        Location("main.py", 4),
        'write host="0.0.0.0", port=int(os.environ["PORT"]) in main.py:4, and `import os` at the top of main.py',
    )


def test_an_address_that_no_machine_of_the_targets_has_is_the_cause_of_the_end(tmp_path: Path) -> None:
    told = own_addresses.told(stage(tmp_path, host="192.168.7.5"), REFUSED, EXITED)

    assert (told.code, told.location) == ("bound-to-wrong-address", Location("main.py", 4))
    assert told.message == "it ended: the server listens on 192.168.7.5, where the target cannot reach it"


@pytest.mark.parametrize(
    ("host", "start", "log", "failure"),
    [
        ("192.168.7.5", "python main.py", "KeyError: 'x'\n", EXITED),
        ("::", "python main.py", REFUSED, EXITED),
        ("127.0.0.1", "python main.py", REFUSED, replace(EXITED, code="missing-requirement:flask")),
    ],
)
def test_what_has_another_cause_or_no_line_of_its_own_stays_as_it_is(
    tmp_path: Path, host: str, start: str, log: str, failure: Finding
) -> None:
    assert own_addresses.told(stage(tmp_path, host=host, start=start), log, failure) == failure


@pytest.mark.parametrize(
    ("manifest", "code", "outcome"),
    [
        ("Procfile", "start-exited", Outcome.WARNING),
        ("render.yaml", "start-exited", Outcome.FAILED),
        ("api/render.yaml", "start-exited", Outcome.FAILED),
        ("Procfile", "missing-requirement:flask", Outcome.FAILED),
    ],
)
def test_a_worker_that_only_ended_is_a_warning_where_no_manifest_of_the_targets_makes_it_one(
    tmp_path: Path, manifest: str, code: str, outcome: Outcome
) -> None:
    told = boot._unless_assumed(stage(tmp_path, host="::", manifest=manifest), replace(EXITED, code=code))

    assert told.outcome is outcome
    assert bool(told.certainty) is (outcome is Outcome.WARNING)
