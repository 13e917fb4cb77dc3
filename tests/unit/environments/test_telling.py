"""What is said while something takes long."""

import time
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import telling
from deploy_suite.ports import Ports
from tests.doubles.machine import Heard


def test_what_takes_long_is_told_again_and_again_and_what_is_short_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    ports = cast("Ports", SimpleNamespace(clock=SimpleNamespace(now_s=time.monotonic), progress=heard))

    with telling.told(ports, lambda _: "short"):
        pass
    monkeypatch.setattr(telling, "_SAID_EVERY_S", 0.01)
    with telling.told(ports, lambda spent_s: f"long, {spent_s >= 0.01}"):
        deadline_s = time.monotonic() + 5
        while len(heard.lines) < 2 and time.monotonic() < deadline_s:
            time.sleep(0.005)

    assert heard.lines[:2] == ["long, True", "long, True"]
    assert set(heard.lines) == {"long, True"}
