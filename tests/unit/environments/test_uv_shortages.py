"""uv on a machine that starts no more threads."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import uv
from deploy_suite.environments.base import Question, Workshop
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import Interpreter
from deploy_suite.ports import Ports
from tests.doubles.machine import Heard, Stopwatch

NO_THREAD = "OS can't spawn worker thread: Resource temporarily unavailable (os error 11)"
NO_TASK = 'Tokio executor failed: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }'
NO_INDEX = "error: Failed to fetch: `https://pypi.org/simple/pip/`\n  cause: dns error\n"


def workshop(folder: Path, done: Completed) -> Workshop:
    class Runner:
        def run(self, _command: Command, *, timeout_s: float) -> Completed:
            assert timeout_s
            return done

    world = SimpleNamespace(
        runner=Runner(),
        caller=SimpleNamespace(installer_settings={}),
        workplace=SimpleNamespace(cache=folder),
        clock=Stopwatch(),
        progress=Heard(),
    )
    python = Interpreter(path=Path(sys.executable), version="3.11.7")
    return Workshop(ports=cast("Ports", world), interpreter=python, folder=folder)


@pytest.mark.parametrize("said", [NO_THREAD, NO_TASK])
def test_a_uv_that_is_given_no_thread_is_this_machines_shortage_and_no_index_out_of_reach(
    said: str, tmp_path: Path
) -> None:
    lacking = workshop(tmp_path, Completed(code=101, err=said))

    for asked in (lambda: uv.reaches_index(lacking), lambda: uv.resolve(Question(folder=tmp_path), lacking)):
        with pytest.raises(MachineError, match="no more processes or threads") as told:
            asked()
        assert "--pids-limit" in told.value.remedy


def test_an_index_out_of_reach_stays_one(tmp_path: Path) -> None:
    assert not uv.reaches_index(workshop(tmp_path, Completed(code=2, err=NO_INDEX)))
