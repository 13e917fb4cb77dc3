"""What the system lacks, said in the words of whoever can do something about it."""

import errno
import os
import tempfile

import pytest

from deploy_suite.entry import calling, cli, shortages
from deploy_suite.errors import MachineError


@pytest.mark.parametrize(
    ("error", "said", "way_out"),
    [
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE), "a.py"), "no more files can be opened", "ulimit -n"),
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), "no more processes", "ulimit -u"),
        (RuntimeError("can't start new thread"), "no more processes or threads", "--pids-limit"),
        (MemoryError(), "no memory left", "ulimit -v"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "no memory left", "--memory"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/one"), "full: /tmp/one cannot be written", "df -i"),
    ],
)
def test_a_shortage_is_told_with_the_limit_to_raise(error: Exception, said: str, way_out: str) -> None:
    lack = shortages.told(error)

    assert isinstance(lack, MachineError)
    assert said in lack.message
    assert way_out in lack.remedy


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), OSError("no number"), RuntimeError("else"), KeyError()])
def test_what_is_no_shortage_stays_a_fault(error: Exception) -> None:
    assert shortages.told(error) is None


def test_the_last_door_blames_the_machine_for_a_shortage_and_not_the_suite(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(calling, "options", lacking)

    assert cli.main(["trace"]) == 4
    assert capsys.readouterr().err.startswith("deploy-suite: no more processes or threads can be started")


def test_a_fault_is_told_also_where_its_account_can_be_kept_nowhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: object) -> None:
        raise KeyError("unexpected")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(calling, "options", failing)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)

    assert cli.main(["trace"]) == 5
    assert "a fault of the suite itself: KeyError" in capsys.readouterr().err
