"""The ledger: what is written is there, for this user alone, and its locks fall with their process."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deploy_suite.adapters.ledger import FOLDER_VARIABLE, LocalLedger, state_folder
from deploy_suite.errors import MachineError
from deploy_suite.ports import Ledger
from tests.unit.releases.release_world import Shelf

pytestmark = pytest.mark.integration

_HOLDER = """
import sys, time
from pathlib import Path
from deploy_suite.adapters.ledger import LocalLedger
with LocalLedger(Path(sys.argv[1])).locked_at_once("render/srv-1") as is_held:
    print(is_held, flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["real", "fake"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return LocalLedger(tmp_path / "state") if request.param == "real" else Shelf()


def test_what_is_appended_and_written_is_read(ledger: Ledger) -> None:
    ledger.append("render/srv/1/journal.jsonl", "one")
    ledger.append("render/srv/1/journal.jsonl", "two ä")
    ledger.append("render/srv/1/log.txt", "said", is_vital=False)
    ledger.write("render/srv/1/record.json", "old")
    ledger.write("render/srv/1/record.json", "new")

    assert ledger.read("render/srv/1/journal.jsonl") == "one\ntwo ä\n"
    assert (ledger.read("render/srv/1/record.json"), ledger.read("render/nowhere")) == ("new", "")
    assert list(ledger.names("render/srv/1")) == ["journal.jsonl", "log.txt", "record.json"]
    assert (list(ledger.names("render/srv")), list(ledger.names("nowhere"))) == (["1"], [])


def test_what_is_removed_is_gone(ledger: Ledger) -> None:
    ledger.append("render/srv/1/journal.jsonl", "one")
    ledger.append("render/srv/2/journal.jsonl", "two")

    ledger.remove("render/srv/1")

    assert list(ledger.names("render/srv")) == ["2"]


def test_a_lock_is_held_once_and_can_be_held_again(ledger: Ledger) -> None:
    with ledger.locked_at_once("render/srv") as first, ledger.locked_at_once("render/srv") as second:
        both = (first, second)
    with ledger.locked_at_once("render/srv") as after:
        assert (both, after) == ((True, False), True)


def test_a_line_that_was_cut_through_takes_no_other_with_it(tmp_path: Path) -> None:
    ledger = LocalLedger(tmp_path)
    ledger.append("a/journal.jsonl", '{"step": 1}')
    file = tmp_path / "a/journal.jsonl"
    file.write_bytes(file.read_bytes() + '{"step": "ä'.encode()[:-1])

    ledger.append("a/journal.jsonl", '{"step": 2}')

    lines = ledger.read("a/journal.jsonl").splitlines()
    assert (json.loads(lines[0]), json.loads(lines[2]), len(lines)) == ({"step": 1}, {"step": 2}, 3)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    ledger = LocalLedger(tmp_path / "state")
    before = os.umask(0)
    try:
        ledger.append("render/srv/journal.jsonl", "one")
        ledger.write("render/srv/record.json", "{}")
        with ledger.locked_at_once("render/srv"):
            pass
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "state", *(tmp_path / "state").rglob("*"))}
    assert modes == {0o700, 0o600}


def test_the_lock_of_a_process_that_was_killed_is_free_at_once(tmp_path: Path) -> None:
    ledger = LocalLedger(tmp_path)
    with subprocess.Popen((sys.executable, "-c", _HOLDER, str(tmp_path)), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        with ledger.locked_at_once("render/srv-1") as while_it_lives:
            pass
        process.send_signal(signal.SIGKILL)
    with ledger.locked_at_once("render/srv-1") as after:
        assert (told, while_it_lives, after) == ("True", False, True)


def test_of_many_at_once_one_gets_the_lock(tmp_path: Path) -> None:
    got: list[bool] = []
    everybody_asked = threading.Barrier(8)

    def ask() -> None:
        with LocalLedger(tmp_path).locked_at_once("render/srv") as is_held:
            got.append(is_held)
            everybody_asked.wait(timeout=30)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(got) == [False] * 7 + [True]


def test_a_folder_that_cannot_be_written_is_said_with_its_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(MachineError) as raised:
        LocalLedger(tmp_path / "file").append("a/b", "line")

    assert FOLDER_VARIABLE in raised.value.remedy


def test_the_folder_is_chosen_by_a_variable(tmp_path: Path) -> None:
    assert state_folder({FOLDER_VARIABLE: str(tmp_path)}) == tmp_path
    assert state_folder({}).name == "deploy-suite"
