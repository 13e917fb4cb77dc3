"""Whether this machine has room for a build."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy_suite.environments import room
from deploy_suite.errors import MachineError


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_folder_with_room_is_not_blamed_and_left_as_it_was(tmp_path: Path) -> None:
    room.blame_disk(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_leaves_the_disk_free_is_met_all_the_same(tmp_path: Path) -> None:
    with files_of_at_most(1_000_000), pytest.raises(MachineError, match="File too large"):
        room.blame_disk(tmp_path)

    assert list(tmp_path.iterdir()) == []
