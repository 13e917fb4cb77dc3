"""Options that a program of the start command does not know: where they stand."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.boot import command_lines
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

BY_ARGPARSE = "usage: gunicorn [OPTIONS] [APP_MODULE]\ngunicorn: error: unrecognized arguments: --settings=shop.live\n"
BY_CLICK = "Usage: uvicorn [OPTIONS] APP\nTry 'uvicorn --help' for help.\n\nError: No such option: --settings\n"
SCRIPT = "#!/bin/sh\npython manage.py migrate --settings=shop.live\nexec gunicorn main:app --settings=shop.live\n"


@pytest.mark.parametrize(
    ("log", "start", "place"),
    [
        (BY_ARGPARSE, "gunicorn main:app --settings=shop.live", Location("render.yaml", 6)),
        (BY_ARGPARSE, "bash start.sh", Location("start.sh", 3)),
        (BY_CLICK, "uvicorn --settings x main:app", Location("render.yaml", 6)),
        (BY_CLICK, "gunicorn main:app --settings=shop.live", None),
    ],
)
def test_an_option_that_a_program_does_not_know_is_told_where_it_stands(
    tmp_path: Path, log: str, start: str, place: Location | None
) -> None:
    subject = case(tmp_path, {"start.sh": SCRIPT, "main.py": "app = 1\n"}, start=start)
    stage = cast("Stage", SimpleNamespace(contract=subject.contract, built=SimpleNamespace(case=subject)))

    root = diagnose(log).root

    assert root is not None
    assert root.slug == "command-option-unknown:--settings"
    assert command_lines.of_option(stage, root) == place


def test_another_cause_has_no_such_line(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "app = 1\n"})
    stage = cast("Stage", SimpleNamespace(contract=subject.contract, built=SimpleNamespace(case=subject)))

    assert command_lines.of_option(stage, None) is None
    assert command_lines.of_option(stage, diagnose("ModuleNotFoundError: No module named 'flask'\n").root) is None
