"""What was fetched and is kept beside the environments: no more than there is room for."""

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import downloads
from deploy_suite.environments.base import Workshop
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import Interpreter
from deploy_suite.ports import Ports
from tests.doubles.machine import Folders, Heard, Stopwatch

DAY_S = 24 * 3600


@dataclass
class Runner:
    """Remembers which commands of uv it was given."""

    given: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, command: Command, *, timeout_s: float) -> Completed:
        assert timeout_s <= 30
        self.given.append(tuple(map(str, command.argv[1:4])))
        return Completed(code=0)


def workshop(top: Path, runner: Runner) -> Workshop:
    world = SimpleNamespace(
        runner=runner,
        caller=SimpleNamespace(installer_settings={}),
        workplace=Folders(top),
        clock=Stopwatch(),
        progress=Heard(),
    )
    python = Interpreter(path=Path(sys.executable), version="3.11.7")
    return Workshop(ports=cast("Ports", world), interpreter=python, folder=top)


def kept(file: Path, *, kib: int, age_s: float = 0) -> Path:
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(1024 * kib))
    mark = file.parent / ".complete"
    mark.touch()
    os.utime(mark, (time.time() - age_s,) * 2)
    return file.parent


@pytest.mark.parametrize(("kib", "pruned"), [(100, [("cache", "prune", "--ci")]), (10, [])])
def test_uv_removes_what_it_can_fetch_again_where_it_keeps_too_much(
    kib: int, pruned: list[tuple[str, ...]], tmp_path: Path
) -> None:
    runner = Runner()
    here = workshop(tmp_path, runner)
    kept(tmp_path / "cache/uv/wheel.so", kib=kib)

    downloads.bounded(here, 50 * 1024)

    assert runner.given == pruned
    assert [line for line in cast("Heard", here.ports.progress).lines if "removed" in line] == [
        "uv keeps more than 0 MiB: what it can fetch again is removed" for _ in pruned
    ]


def test_it_is_looked_at_once_a_day(tmp_path: Path) -> None:
    runner = Runner()
    here = workshop(tmp_path, runner)
    kept(tmp_path / "cache/uv/wheel.so", kib=100)

    downloads.bounded(here, 1024)
    downloads.bounded(here, 1024)
    assert len(runner.given) == 1

    os.utime(tmp_path / "cache/downloads-looked-at", (time.time() - 2 * DAY_S,) * 2)
    downloads.bounded(here, 1024)
    assert len(runner.given) == 2


def test_wheels_of_the_target_go_by_when_they_were_used_and_never_while_they_may_be_in_use(tmp_path: Path) -> None:
    here = workshop(tmp_path, Runner())
    wheels = tmp_path / "cache/target-wheels"
    old, older = kept(wheels / "a/x.so", kib=40, age_s=DAY_S), kept(wheels / "b/x.so", kib=40, age_s=2 * DAY_S)
    just_now = kept(wheels / "c/x.so", kib=100, age_s=60)

    downloads.bounded(here, 145 * 1024)

    assert (just_now.exists(), old.exists(), older.exists()) == (True, True, False)
