"""What a file holds in truth."""

import pytest

from deploy_suite.manifests import resemblance

DOCKERFILE = "# for the web\nFROM python:3.12-slim\nENV A=1 \\\n  B=2\nCMD uvicorn main:app\n"
BLUEPRINT = "services:\n  - type: web\n    name: shop\n    startCommand: gunicorn app:app\n```\n"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (DOCKERFILE, "a Dockerfile"),
        (BLUEPRINT, "a Blueprint"),
        ("fastapi\nuvicorn[standard]==0.30.0  # server\nhttpx>=0.27,<1\n", "a list of requirements"),
        ("#!/usr/bin/env bash\npip install -r requirements.txt\n", "a shell script"),
        ("web: gunicorn app:app\nrelease: flask db upgrade\n", "a Procfile"),
        ("gunicorn app:app --bind 0.0.0.0:$PORT\n", ""),
        ("FROM the start\nwe said so\n", ""),
        ("version: 2\nbuild:\n  docker: x\n", ""),
        ("", ""),
    ],
)
def test_only_what_leaves_no_doubt_is_named(text: str, held: str) -> None:
    assert resemblance.content(text) == held


def test_the_first_line_of_content_is_told() -> None:
    assert resemblance.first_line(DOCKERFILE) == 2
    assert resemblance.first_line("") == 1


@pytest.mark.parametrize(
    ("text", "are_commands"),
    [
        ("pip install -r requirements.txt\n# start\ngunicorn app:app --bind 0.0.0.0:$PORT\n", True),
        ("$ python manage.py migrate\n", True),
        ("uvicorn\n", False),
        ("pip install flask\nservices:\n", False),
        ("startCommand: gunicorn app:app\n", False),
        ("# nothing\n", False),
        ("", False),
    ],
)
def test_lines_that_a_person_types_are_told_from_others(text: str, *, are_commands: bool) -> None:
    assert resemblance.are_commands(text) is are_commands
