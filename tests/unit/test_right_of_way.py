"""Who waits until the service was asked all, and who goes on at once."""

import threading
import time

import pytest

from deploy_suite import right_of_way
from deploy_suite.right_of_way import RightOfWay


def test_what_reads_files_waits_until_the_service_was_asked() -> None:
    way, order = RightOfWay(), []
    way.start()

    def read() -> None:
        way.give()
        order.append("read")

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.1)
    order.append("asked")
    way.end()
    reader.join()

    assert order == ["asked", "read"]


def test_nobody_waits_long_for_what_is_still_being_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "_STARTS_WITHIN_S", 0.01)
    way, began = RightOfWay(), time.monotonic()

    way.give()

    assert time.monotonic() - began < 1.0


def test_nobody_waits_long_for_a_service_that_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "_ASKED_WITHIN_S", 0.01)
    way, began = RightOfWay(), time.monotonic()
    way.start()

    way.give()

    assert time.monotonic() - began < 1.0


def test_where_nothing_is_started_all_go_on() -> None:
    way = RightOfWay()
    way.end()
    way.await_start()
    way.give()
