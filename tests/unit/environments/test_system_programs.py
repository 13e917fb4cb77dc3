"""The system's programs as builds and services see them: none of them changes this machine."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import system_tools
from deploy_suite.ports import Workplace


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    system = tmp_path / "bin"
    system.mkdir()
    for name in ("ls", "env", "apt-get", "su", "systemctl", "brew", "dpkg", "pip3"):
        (system / name).write_text("#!/bin/sh\n")
    monkeypatch.setattr(system_tools, "_FOLDERS", (str(system),))
    monkeypatch.setattr(system_tools, "_FOLDERS_OF_MACS", ())
    return system_tools.folder(cast("Workplace", SimpleNamespace(cache=tmp_path / "cache")), ())


def test_what_acts_on_the_machine_is_not_there_or_does_nothing(programs: Path) -> None:
    assert sorted(path.name for path in programs.iterdir()) == [
        *("apt", "apt-get", "apt.conf", "aptitude", "dpkg", "env", "ls", "sudo")
    ]
    assert sorted(path.name for path in programs.iterdir() if path.is_symlink()) == ["env", "ls"]


@pytest.mark.parametrize("name", ["apt-get", "apt", "sudo"])
def test_a_manager_of_packages_only_says_that_it_was_not_run(programs: Path, name: str) -> None:
    lines = (programs / name).read_text().splitlines()

    assert (lines[0], len(lines), lines[1].partition(" ")[0]) == ("#!/bin/sh", 2, "echo")
    assert (programs / name).stat().st_mode & 0o111 == 0o111


def test_dpkg_may_still_be_asked(programs: Path, tmp_path: Path) -> None:
    text = (programs / "dpkg").read_text()

    assert text.endswith(f'exec {tmp_path / "bin" / "dpkg"} "$@"\n')
    assert "--install" in text
