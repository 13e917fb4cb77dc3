"""Scripts that are called by their path and lack the execute bit."""

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.environments import execute_bits
from deploy_suite.model.contract import Contract
from deploy_suite.model.project import CommandText
from tests.unit.checks.gunicorn_case import CONTRACT


def contract(command: str) -> Contract:
    return replace(CONTRACT, root=PurePosixPath("backend"), build=CommandText(text=command))


def script(top: Path, name: str, text: str) -> None:
    (top / "backend").mkdir(exist_ok=True)
    (top / "backend" / name).write_text(f"#!/bin/sh\n{text}\n")
    (top / "backend" / name).chmod(0o644)


def test_what_a_script_calls_is_found_too_and_both_are_lent_the_bit(tmp_path: Path) -> None:
    script(tmp_path, "build.sh", "./more.sh")
    script(tmp_path, "more.sh", "pip install six")

    assert execute_bits.missing(contract("./build.sh"), tmp_path) == ("backend/build.sh", "backend/more.sh")
    execute_bits.lend(contract("./build.sh"), tmp_path)
    assert os.access(tmp_path / "backend/build.sh", os.X_OK)
    assert execute_bits.missing(contract("./build.sh"), tmp_path) == ()


def test_what_is_called_in_some_cases_only_is_lent_nothing(tmp_path: Path) -> None:
    script(tmp_path, "build.sh", "true")

    assert execute_bits.missing(contract('if [ -n "$X" ]; then ./build.sh; fi'), tmp_path) == ()


@pytest.mark.parametrize(
    "giving",
    [
        "chmod +x build.sh more.sh",
        "chmod +x ./*",
        "chmod -R u+x .",
        "find . -name '*.sh' -exec chmod +x {} +",
        "ls *.sh | xargs chmod 755",
    ],
)
def test_a_command_before_gives_the_bit_to_what_is_called_inside_too(tmp_path: Path, giving: str) -> None:
    script(tmp_path, "build.sh", "./more.sh")
    script(tmp_path, "more.sh", "true")

    assert execute_bits.missing(contract(f"{giving} && ./build.sh"), tmp_path) == ()


@pytest.mark.parametrize("other", ["chmod +x tool.py", "find . -name '*.pyc' -delete", "chmod 644 *.txt"])
def test_commands_about_other_files_give_nothing(tmp_path: Path, other: str) -> None:
    script(tmp_path, "build.sh", "true")

    assert execute_bits.missing(contract(f"{other} && ./build.sh"), tmp_path) == ("backend/build.sh",)


@pytest.mark.parametrize(
    ("built", "has_bit"),
    [
        (("pip install six && chmod +x start.sh",), True),
        (("sh more.sh", "chmod +x *.sh"), True),
        (("pip install six && chmod +x other.sh",), False),
        ((), False),
    ],
)
def test_what_the_build_gives_the_bit_has_it_where_no_tree_of_the_build_is_kept(
    tmp_path: Path, *, built: tuple[str, ...], has_bit: bool
) -> None:
    script(tmp_path, "start.sh", "true")
    script(tmp_path, "migrate.sh", "true")
    subject = replace(contract(""), start=CommandText(text="./start.sh"), pre_deploy=CommandText(text="sh migrate.sh"))

    execute_bits.hand_over(subject, built, tmp_path)

    assert os.access(tmp_path / "backend/start.sh", os.X_OK) is has_bit
    assert not os.access(tmp_path / "backend/migrate.sh", os.X_OK)
