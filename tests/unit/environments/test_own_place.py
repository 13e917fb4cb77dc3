"""The target's own path of the sources, led to a copy of them."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.environments import own_place
from deploy_suite.model.contract import Contract
from deploy_suite.model.own_place import here
from deploy_suite.model.project import CommandText
from tests.unit.checks.gunicorn_case import CONTRACT


def contract(*, build: str, start: str) -> Contract:
    return replace(CONTRACT, root=PurePosixPath(), build=CommandText(text=build), start=CommandText(text=start))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /opt/render/project/src && ls", "cd /copy && ls"),
        ("/opt/render/project/src/.venv/bin/daphne a:b", "/copy/.venv/bin/daphne a:b"),
        ("PATH=/opt/render/project/src:$PATH", "PATH=/copy:$PATH"),
        (
            "cat /opt/render/project/srcs /x/opt/render/project/src",
            "cat /opt/render/project/srcs /x/opt/render/project/src",
        ),
    ],
)
def test_only_that_very_path_is_led_to_the_copy(text: str, expected: str) -> None:
    assert here(text, Path("/copy")) == expected


def test_scripts_that_are_called_are_led_and_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text("cd /opt/render/project/src\nbash more.sh\n")
    (tmp_path / "more.sh").write_text("ls /opt/render/project/src/static\n")
    (tmp_path / "start.sh").write_bytes(b"# \xff\nexec /opt/render/project/src/.venv/bin/python app.py\n")
    (tmp_path / "other.sh").write_text("cd /opt/render/project/src\n")

    own_place.lead(contract(build="bash build.sh", start="bash start.sh"), tmp_path)

    assert (tmp_path / "build.sh").read_text() == f"cd {tmp_path}\nbash more.sh\n"
    assert (tmp_path / "more.sh").read_text() == f"ls {tmp_path}/static\n"
    assert (tmp_path / "start.sh").read_bytes() == b"# \xff\n" + f"exec {tmp_path}/.venv/bin/python app.py\n".encode()
    assert (tmp_path / "other.sh").read_text() == "cd /opt/render/project/src\n"


def test_a_copy_of_a_copy_is_led_on(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text("exec /made/src/.venv/bin/python app.py\n")

    own_place.lead(contract(build="true", start="bash start.sh"), tmp_path, was=Path("/made/src"))

    assert (tmp_path / "start.sh").read_text() == f"exec {tmp_path}/.venv/bin/python app.py\n"
