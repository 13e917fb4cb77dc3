"""The Pythons of a machine: real executables under several names."""

import os
import sys
from pathlib import Path

import pytest

from deploy_suite.adapters.interpreters import SystemInterpreters
from deploy_suite.model.environment import Interpreter

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


def test_pythons_of_a_manager_are_found_by_its_shims_where_home_is_another(tmp_path: Path) -> None:
    kept = {
        tmp_path / "pyenv" / "versions" / "9.9.9" / "bin" / "python": "9.9.9",
        tmp_path / "asdf" / "installs" / "python" / "9.8.7" / "bin" / "python": "9.8.7",
    }
    for program, version in kept.items():
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\necho "$0"\necho {version}\n')
    shims = [tmp_path / name / "shims" for name in ("pyenv", "asdf")]
    for folder in shims:
        folder.mkdir()
        (folder / "python3").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    for program in (*kept, *(folder / "python3" for folder in shims)):
        program.chmod(0o755)

    path = os.pathsep.join(map(str, shims))
    found = SystemInterpreters({"PATH": path}, home=tmp_path / "another").installed()

    assert {one.path: one.version for one in found if one.path.is_relative_to(tmp_path)} == kept
    assert not (tmp_path / "asked").exists()  # a shim leads to whichever is set


def test_a_whole_python_below_the_number_of_its_release_is_not_asked(tmp_path: Path) -> None:
    whole = tmp_path / ".pyenv/versions/3.97.5"
    free_threaded = tmp_path / ".pyenv/versions/3.97.5t"
    for folder in (whole, free_threaded):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/python").write_text(f"#!/bin/sh\ntouch {folder}/asked\n")
        (folder / "bin/python").chmod(0o755)
        (folder / "lib/python3.97").mkdir(parents=True)
        (folder / "lib/python3.97/os.py").touch()

    found = SystemInterpreters({"PATH": ""}, home=tmp_path).installed()

    assert [one for one in found if one.path.is_relative_to(tmp_path)] == [
        Interpreter(path=whole / "bin/python", version="3.97.5")
    ]
    assert not (whole / "asked").exists()
    assert (free_threaded / "asked").exists()
