"""`deploy` killed and interrupted at every step of its journal: whatever comes next knows, and heals."""

import signal
from collections.abc import Iterator
from itertools import count

import pytest

from tests.integration.deploy_stage import BACK, QUICK, Shop, files, shop

pytestmark = pytest.mark.integration

THERE = ("begun", "baseline", "pushing", "pushed", "asking", "deploying", "live", "verifying", "verified")
AND_BACK = ("bad", "going back")
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


@pytest.mark.parametrize("following", ["deploy", "rollback"])
@pytest.mark.parametrize("step", AND_BACK)
def test_a_way_back_that_was_cut_short_is_gone_to_its_end(here: Shop, step: str, following: str) -> None:
    before = here.stage.service.hosted.live
    sha = here.stage.service.commit(files(next(_NUMBERS), is_bad=True), f"Bad, killed at {step}")

    killed = here.killed_at(step, signal.SIGKILL)
    healed = here.stage.run(following, *(QUICK if following == "deploy" else BACK))

    assert step in killed.steps
    assert healed.code in {0, 1}, healed.text
    assert before is not None
    assert here.stage.service.hosted.live is not None
    assert here.stage.service.hosted.live.commit == before.commit, healed.text
    assert here.deploys_of(sha) == 1
