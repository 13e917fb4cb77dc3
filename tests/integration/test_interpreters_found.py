"""The Pythons of a machine: real executables under several names."""

import os
import sys
from pathlib import Path

import pytest

from deploy_suite.adapters.interpreters import SystemInterpreters

pytestmark = pytest.mark.integration


def test_an_executable_with_two_names_is_asked_once_by_its_first(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    counted = tmp_path / "asked"
    first.mkdir()
    program = first / "python3"
    program.write_text(f'#!/bin/sh\necho "$0" >>{counted}\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    second.symlink_to(first)

    found = SystemInterpreters({"PATH": f"{first}{os.pathsep}{second}"}, home=tmp_path).installed()

    assert any(one.version == "{}.{}.{}".format(*sys.version_info[:3]) for one in found)
    assert counted.read_text().splitlines() == [str(program)]
