"""Who waits until the service was asked all, and who goes on at once."""

import threading
import time
from collections.abc import Callable

import pytest

from deploy_suite import right_of_way
from deploy_suite.right_of_way import RightOfWay


@pytest.mark.parametrize("moment", [RightOfWay.build, RightOfWay.end])
def test_what_reads_files_waits_for_a_better_moment(
    moment: Callable[[RightOfWay], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(right_of_way, "_LONGEST_S", 600.0)
    way = RightOfWay()
    reader = threading.Thread(target=way.give)
    reader.start()
    reader.join(0.1)
    assert reader.is_alive()

    moment(way)
    reader.join(300.0)

    assert not reader.is_alive()


def test_a_service_that_is_started_after_a_build_is_given_way_again(monkeypatch: pytest.MonkeyPatch) -> None:
    longest_s = right_of_way._LONGEST_S
    monkeypatch.setattr(right_of_way, "_LONGEST_S", 0.2)
    way = RightOfWay()
    way.build()
    way.start()
    began = time.monotonic()

    way.give()

    assert 0.2 <= time.monotonic() - began < longest_s


def test_where_nothing_is_started_all_go_on() -> None:
    way = RightOfWay()
    way.end()
    way.await_start()
    way.give()
