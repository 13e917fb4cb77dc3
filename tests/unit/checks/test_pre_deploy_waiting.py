"""A pre-deploy command that does not end: what is said meanwhile, and when it is given up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.boot import pre_deploy
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.ports import Listener

LIMIT_S = 1800.0


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now_s(self) -> float:
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        self.passed_s += seconds


def ran(
    clock: Clock,
    *,
    code: int | None = None,
    at_work: bool = False,
    listens: Sequence[Listener] = (),
    reached: Sequence[str] = (),
    own_limit_s: float | None = None,
) -> tuple[Finding | None, list[str]]:
    """Return the failure, and what was said. Shape: with *code* the command ends after 25 s."""
    said: list[str] = []
    process = SimpleNamespace(
        exit_code=lambda: code if code is not None and clock.passed_s > 25 else None,
        output=lambda: "loading rows\n",
        listeners=lambda: listens,
        process_count=lambda: 1,
        cpu_s=lambda: clock.passed_s if at_work else 0.0,
    )

    @contextmanager
    def start(_command: object, **_options: object) -> Iterator[object]:
        yield process

    contract = SimpleNamespace(
        service="shop",
        pre_deploy=CommandText(text="python load.py", location=Location("render.yaml", 7)),
        limits=SimpleNamespace(pre_deploy_s=LIMIT_S),
        root=PurePosixPath(),
        variables=(),
        start=None,
        kind=SimpleNamespace(answers_http=True),
    )
    preferences = SimpleNamespace(start_timeout_s=own_limit_s)
    case = SimpleNamespace(
        contract=contract, preferences=preferences, snapshot=SimpleNamespace(folder=PurePosixPath("/nowhere"))
    )
    stage = SimpleNamespace(
        contract=contract,
        built=SimpleNamespace(case=case, bindings=SimpleNamespace(dummies=frozenset(), values={}), server=None),
        ports=SimpleNamespace(
            clock=clock,
            progress=SimpleNamespace(waiting=said.append),
            launcher=SimpleNamespace(start=start),
        ),
        network=SimpleNamespace(reached_for=lambda: reached),
        command=lambda text: text,
    )
    return pre_deploy.run(cast("Stage", stage)), said


@pytest.fixture(autouse=True)
def unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pre_deploy, "explained", lambda _stage, _log, failure: failure)
    monkeypatch.setattr(pre_deploy, "wants_other_services", lambda _stage: ())


def test_every_ten_seconds_it_is_said_what_is_waited_for() -> None:
    found, said = ran(Clock(), code=0, at_work=True)

    assert found is None
    assert said[0] == "shop: running the pre-deploy command"
    assert [one.partition(" (")[0] for one in said[1:]] == [
        "shop: waiting for the pre-deploy command to end; it said last: loading rows"
    ] * 2


def test_what_works_has_the_whole_time_of_the_target() -> None:
    clock = Clock()
    found, _ = ran(clock, at_work=True)

    assert found is not None
    assert (found.outcome, found.message) == (Outcome.FAILED, "the pre-deploy command did not end within 1800 s")
    assert clock.passed_s >= LIMIT_S


@pytest.mark.parametrize(
    ("own_limit_s", "outcome", "said"),
    [
        (40.0, Outcome.SKIPPED, "not checked: the pre-deploy command did not end within 40 s, the caller's limit"),
        (2000.0, Outcome.FAILED, "the pre-deploy command did not end within 1800 s"),
    ],
)
def test_the_callers_limit_for_a_start_bounds_it_too_and_proves_nothing(
    own_limit_s: float, outcome: Outcome, said: str
) -> None:
    clock = Clock()
    found, _ = ran(clock, at_work=True, own_limit_s=own_limit_s)

    assert found is not None
    assert (found.outcome, found.message) == (outcome, said)
    assert clock.passed_s < min(own_limit_s, LIMIT_S) + 1


def test_a_server_is_not_waited_for() -> None:
    clock = Clock()
    found, _ = ran(clock, listens=(Listener("0.0.0.0", 8000),))  # noqa: S104  where it listens

    assert found is not None
    assert (found.outcome, found.location) == (Outcome.FAILED, Location("render.yaml", 7))
    assert found.message.startswith("the pre-deploy command listens on port 8000 and does not end")
    assert 60 <= clock.passed_s < 62


@pytest.mark.parametrize(("reached", "outcome"), [((), Outcome.FAILED), (("api.example.com",), Outcome.SKIPPED)])
def test_what_does_nothing_is_given_up_and_proves_nothing_where_it_wanted_what_is_not_here(
    reached: Sequence[str], outcome: Outcome
) -> None:
    clock = Clock()
    found, _ = ran(clock, reached=reached)

    assert found is not None
    assert found.outcome is outcome
    assert "did nothing for 300 s" in found.message
    assert all(host in found.message for host in reached)
    assert 300 <= clock.passed_s < 302


@pytest.mark.parametrize(("code", "how"), [(3, "ended with exit code 3"), (-9, "was ended by signal 9")])
def test_how_it_ended_is_told(code: int, how: str) -> None:
    found, _ = ran(Clock(), code=code)

    assert found is not None
    assert found.message == f"the pre-deploy command {how}"
