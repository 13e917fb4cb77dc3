"""`deploy` killed and interrupted at every step of its journal: whatever comes next knows, and heals."""

import signal
from collections.abc import Iterator
from itertools import count

import pytest

from tests.integration.deploy_stage import BACK, QUICK, Killed, Shop, files, shop

pytestmark = pytest.mark.integration

THERE = ("begun", "baseline", "pushing", "pushed", "asking", "deploying", "live", "verifying", "verified")
AND_BACK = ("bad", "going back")
ON_THE_WAY_BACK = ("deploying", "live", "verifying", "verified")
_NUMBERS = count(1)
FAST = (*QUICK, "--no-baseline")  # a busy machine is no fault of a release


@pytest.fixture(scope="module", name="here")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("killed")) as here:
        yield here


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize("step", THERE)
def test_the_next_deploy_ends_what_was_begun_with_one_deploy_in_all(
    here: Shop, step: str, number: signal.Signals
) -> None:
    sha = here.stage.service.commit(files(next(_NUMBERS)), f"Killed at {step}")

    killed = here.killed_at(step, number, *(() if step == "baseline" else FAST))
    standing = here.stage.run("status")
    healed = here.stage.run("deploy", *FAST)
    after = here.stage.run("status")

    assert step in killed.steps
    assert "Traceback" not in killed.said
    assert standing.answer, standing.text
    assert (healed.code, healed.answer.get("commit")) == (0, sha), healed.text
    assert here.stage.service.hosted.live is not None
    assert here.stage.service.hosted.live.commit == sha
    assert here.deploys_of(sha) == 1
    assert after.code == 0, after.text


def assert_back(here: Shop, before: str, killed: Killed, *following: str) -> None:
    """Run what follows, unless the signal came after the end: then it would be a wish of its own."""
    if killed.steps[-1] != "ended":
        healed = here.stage.run(*following)
        assert healed.code in {0, 1}, healed.text
    assert "Traceback" not in killed.said
    assert live(here) == before, killed.said
    assert here.stage.run("status").answer["unfinished"] == []


def live(here: Shop) -> str:
    assert here.stage.service.hosted.live is not None
    return here.stage.service.hosted.live.commit


def ways_back(here: Shop) -> int:
    return sum(one.rollback_to is not None for one in here.stage.service.deploys)


@pytest.mark.parametrize(
    ("following", "number"),
    [("deploy", signal.SIGKILL), ("deploy", signal.SIGINT), ("rollback", signal.SIGKILL)],
    ids=["deploy after SIGKILL", "deploy after SIGINT", "rollback after SIGKILL"],
)
@pytest.mark.parametrize("step", [*AND_BACK, *ON_THE_WAY_BACK])
def test_a_way_back_that_was_cut_short_is_gone_to_its_end_once(
    here: Shop, step: str, following: str, number: signal.Signals
) -> None:
    before, count = live(here), ways_back(here)
    sha = here.stage.service.commit(files(next(_NUMBERS), is_bad=True), f"Bad, at {step}")

    killed = here.killed_at(step, number, "--no-baseline", on_the_way_back=step in ON_THE_WAY_BACK)

    assert step in killed.steps
    assert_back(here, before, killed, following, *(FAST if following == "deploy" else BACK))
    assert (here.deploys_of(sha), ways_back(here) - count) == (1, 1), killed.said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize("step", ["begun", "going back", *ON_THE_WAY_BACK])
def test_a_rollback_that_was_cut_short_is_gone_to_its_end_by_the_next_one(
    here: Shop, step: str, number: signal.Signals
) -> None:
    here.stage.service.commit(files(next(_NUMBERS)), f"Good, then taken back, at {step}")
    before = live(here)
    assert here.stage.run("deploy", *FAST).code == 0
    count = ways_back(here)

    killed = here.killed_at(step, number, command="rollback")

    assert step in killed.steps
    assert_back(here, before, killed, "rollback", *BACK)
    assert ways_back(here) - count == 1, killed.said
