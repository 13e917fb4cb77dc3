"""A service that nobody can ask: whether it runs on, by what its target sees of it."""

import pytest

from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.model.release import DeployState
from deploy_suite.releases.watching import watched
from deploy_suite.targets.live import LostContactError
from tests.unit.releases.release_world import NEW, OLD, OTHER, World

LIVE = DeployState.LIVE


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=LIVE)
    found.target.begin(NEW, state=LIVE)
    return found


def test_what_runs_on_for_as_long_as_a_fault_must_last_is_good(world: World) -> None:
    seen = watched(world.scene(), "dep-2")

    assert (seen.verdict, seen.reason, seen.served.commit) == (ProbeVerdict.PASS, "", NEW)
    assert (seen.rounds, seen.notes) == (6, ("it has no public URL: that it runs is what Render says",))


@pytest.mark.parametrize(
    ("failed", "verdict", "reason"),
    [
        (("status 1",), ProbeVerdict.INCONCLUSIVE, "it failed once, and was started again: status 1"),
        (("status 1", "status 2"), ProbeVerdict.FAIL, "Render has seen it fail 2 times since: status 2"),
    ],
)
def test_one_failure_is_nothing_sure_and_a_second_one_is_bad(
    failed: tuple[str, ...], verdict: ProbeVerdict, reason: str, world: World
) -> None:
    world.target.failed = failed

    seen = watched(world.scene(), "dep-2")

    assert (seen.verdict, seen.reason) == (verdict, reason)
    assert world.clock.time_s == (0.0 if verdict is ProbeVerdict.FAIL else 5.0)


def test_what_is_not_live_any_more_is_nothing_sure(world: World) -> None:
    world.target.begin(OTHER, state=LIVE)

    seen = watched(world.scene(), "dep-2")

    assert (seen.verdict, seen.reason) == (ProbeVerdict.INCONCLUSIVE, "Render does not say that it is live")


def test_no_contact_is_nothing_sure_and_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_words: object) -> None:
        raise LostContactError("no answer")

    monkeypatch.setattr(world.target, "live", silent)
    seen = watched(world.scene(), "dep-2")

    assert (seen.verdict, seen.reason) == (ProbeVerdict.INCONCLUSIVE, "Render cannot be asked how it is: no answer")
    assert world.clock.time_s <= 25.0
