"""What is said while a build goes on: for how long, and what makes it long."""

import threading
from itertools import count
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import enactment, telling
from deploy_suite.environments.stand_ins import StandIns
from deploy_suite.model.environment import Resolution
from deploy_suite.ports import Ports

FOUR = {"a": "1", "b": "2", "c": "3", "d": "4"}


@pytest.mark.parametrize(
    ("versions", "from_source", "waits_for_pip", "said"),
    [
        (
            {"numpy": "1.26.4", "django": "5.2"},
            {"numpy"},
            False,
            "; the index has no wheel for Python 3.13 of numpy 1.26.4, and compiling takes long",
        ),
        (
            FOUR,
            set(FOUR),
            False,
            "; the index has no wheel for Python 3.13 of a 1, b 2, c 3 and 1 more, and compiling takes long",
        ),
        ({"django": "5.2"}, set(), False, ""),
        (
            {"numpy": "1.26.4"},
            {"numpy"},
            True,
            "; uv refused it, pip is asked whether it installs all the same",
        ),
    ],
)
def test_a_long_build_is_said_with_what_is_compiled(
    monkeypatch: pytest.MonkeyPatch, *, versions: dict[str, str], from_source: set[str], waits_for_pip: bool, said: str
) -> None:
    monkeypatch.setattr(telling, "_SAID_EVERY_S", 0.01)
    told: list[str] = []
    is_told = threading.Event()

    def waiting(text: str) -> None:
        told.append(text)
        is_told.set()

    clock = count(10.0, 0.02).__next__  # each look at it is a little later
    progress = SimpleNamespace(waiting=waiting)
    ports = SimpleNamespace(clock=SimpleNamespace(now_s=clock), progress=progress)
    stand_ins = SimpleNamespace(waits_for_pip=lambda: waits_for_pip)
    answer = Resolution(python="3.13.0", versions=versions, from_source=frozenset(from_source))

    with enactment._reported(
        cast("Ports", ports), 7200.0, cast("StandIns", stand_ins), made_from=enactment._from_source(answer)
    ):
        assert is_told.wait(10)

    assert told[0] == f"the build command has run for 0 s of 7200 s{said}"
