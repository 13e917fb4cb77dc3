"""Where the target deploys each push by itself: one deploy for one wish, whenever it hears of the push.

The stand-in hears of a push through real sockets: a hook of the bare repository posts to it. Times are those of the
platform's pace, divided by as much as the suite's: 60 s of looking for a deploy are one second here.
"""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite import rollout
from deploy_suite.model.report import Report
from deploy_suite.ports import Ports
from deploy_suite.preflight import Request as PreflightRequest
from tests.integration.deploy_stage import QUICK as SLOWER
from tests.integration.deploy_stage import files
from tests.integration.deploy_stage import shop as shop_of_processes
from tests.integration.redeploy_stage import PACE
from tests.integration.rollout_stage import Shop, shop
from tests.rehearse.stage import PACE as FACTOR
from tests.standin.stand_in import wait_for

pytestmark = pytest.mark.integration

SECOND_S = PACE.lookup_s / 60
DELAYS = (0, 30, 61, 300)
MODES = ("commit", "checksPass")
AT_EACH_DELAY = pytest.mark.parametrize("delay", DELAYS)
IN_EACH_MODE = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module", name="stage")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch, shop(tmp_path_factory.mktemp("webhooks"), patch) as here:
        yield here


@pytest.fixture(name="here")
def _here(stage: Shop) -> Iterator[Shop]:
    stage.mend()
    yield stage
    stage.mend()
    heard_of(stage, "off")
    stage.service.record.ignores_all = False


def heard_of(here: Shop, mode: str, *, after: float = 0.0) -> None:
    """Let the service deploy by itself, and each push, or its checks, be heard of *after* seconds of the platform."""
    here.service.record.auto_deploy = mode
    here.render.operations.webhook_s = after * SECOND_S if mode == "commit" else 0.0
    here.render.operations.checks_s = after * SECOND_S if mode == "checksPass" else 0.0


def after_all_was_heard(here: Shop, commit: str, *, since: float, delay: float) -> list[str]:
    """Return what began the deploys of *commit*, when what was late has come and all is over."""
    time.sleep(max(since + delay * SECOND_S + 0.3 - time.monotonic(), 0.0))
    here.service.settle()
    return here.begun(commit)


@IN_EACH_MODE
@AT_EACH_DELAY
def test_a_push_is_deployed_once_whenever_it_is_heard_of(here: Shop, mode: str, delay: int) -> None:
    heard_of(here, mode, after=delay)
    sha, began = here.commit(f"Pushed by deploy, {mode} after {delay} s"), time.monotonic()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (ran.code, ran.verdict, here.live, begun) == (0, "live", sha, ["new_commit"]), ran.text
    assert ran.silence_s < PACE.heartbeat_s + 1


@IN_EACH_MODE
@AT_EACH_DELAY
def test_what_was_pushed_by_hand_just_before_is_deployed_once(here: Shop, mode: str, delay: int) -> None:
    heard_of(here, mode, after=delay)
    sha, began = here.commit(f"Pushed by hand, {mode} after {delay} s"), time.monotonic()
    here.service.push()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (ran.code, ran.verdict, here.live, begun) == (0, "live", sha, ["new_commit"]), ran.text


@pytest.mark.parametrize("state", ["created", "live"])
def test_a_push_that_is_heard_of_while_preflight_is_made_is_deployed_once(
    here: Shop, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard_of(here, "commit", after=30)
    before, sha = here.live, here.commit(f"Pushed by hand, {state} during preflight")
    here.service.push()
    preflight = rollout.preflight

    def slow(request: PreflightRequest, ports: Ports) -> Report:
        wait_for(lambda: any(state in one.went_through for one in here.service.deploys if one.commit == sha))
        return preflight(request, ports)

    monkeypatch.setattr(rollout, "preflight", slow)
    ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["new_commit"]), ran.text
    assert ran.answer["release"]["replaced"]["commit"] == before


@IN_EACH_MODE
def test_what_is_never_heard_of_is_not_asked_for_unless_the_user_says_so(here: Shop, mode: str) -> None:
    here.pace = replace(PACE, push_s=2.0, queued_s=2.0)
    heard_of(here, mode, after=3600)
    before, sha = here.live, here.commit(f"Never heard of, {mode}")

    ran = here.run("deploy")
    again = here.run("deploy")
    standing = here.run("status")
    asked = here.run("redeploy", "--service", here.service.record.id, "--commit", sha)
    healed = here.run("deploy")

    assert (ran.code, ran.verdict) == (again.code, again.verdict) == (3, "inconclusive"), ran.text
    assert "nothing was asked for, because its own deploy may still come" in ran.answer["reason"]
    assert f"redeploy --target render --service {here.service.record.id} --commit {sha[:7]}" in ran.answer["remedy"]
    assert (standing.answer["unfinished"][0]["step"], standing.answer["live"]["commit"]) == ("pushed", before)
    assert (asked.code, healed.code, here.live, here.begun(sha)) == (0, 0, sha, ["api"]), healed.text


@pytest.mark.parametrize("how", ["a skip phrase", "a build filter"])
@pytest.mark.parametrize("pushed_by", ["deploy", "hand"])
def test_a_push_that_the_platform_ignores_is_asked_for_at_once(here: Shop, how: str, pushed_by: str) -> None:
    heard_of(here, "commit", after=5)
    here.service.record.ignores_all = how == "a build filter"
    sha = here.commit(f"Ignored, pushed by {pushed_by}" + " [skip render]" * (how == "a skip phrase"))
    if pushed_by == "hand":
        here.service.push()

    ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["api"]), ran.text
    assert "has not begun it yet" not in ran.text


def test_a_push_whose_deploy_failed_is_asked_for_again_at_once(here: Shop) -> None:
    heard_of(here, "commit")
    here.service.record.build = "exit 3"
    sha = here.commit("Fails, for a variable is missing")
    failed = here.run("deploy")
    here.service.record.build = "true"

    ran = here.run("deploy")

    assert (failed.code, failed.verdict) == (1, "failed"), failed.text
    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["new_commit", "api"]), ran.text
    assert "has not begun it yet" not in ran.text


@pytest.mark.parametrize(
    ("options", "begun"), [((), ["new_commit"]), (("--clear-cache",), ["new_commit", "api"])], ids=["plain", "clear"]
)
@pytest.mark.parametrize("names_it", [True, False])
def test_redeploy_takes_the_deploy_that_a_push_has_begun_unless_it_wants_another(
    here: Shop,
    names_it: bool,  # noqa: FBT001  pytest passes it
    options: tuple[str, ...],
    begun: list[str],
) -> None:
    heard_of(here, "commit")
    here.service.record.build = "sleep 1.5"
    sha = here.commit(f"Pushed, then redeployed {options} {names_it}")
    here.service.push()
    wait_for(lambda: here.begun(sha))

    ran = here.run("redeploy", *(("--commit", sha) if names_it else ()), *options)

    here.service.settle()
    assert (ran.code, here.live, here.begun(sha)) == (0, sha, begun), ran.text


@AT_EACH_DELAY
def test_after_a_way_back_the_next_push_is_deployed_by_itself_again_and_once(here: Shop, delay: int) -> None:
    heard_of(here, "commit")
    bad = here.commit(f"Bad, before {delay}", is_bad=True)
    taken_back = here.run("deploy")
    off = here.service.record.auto_deploy
    here.render.operations.webhook_s = delay * SECOND_S
    sha, began = here.commit(f"Good again, heard of after {delay} s"), time.monotonic()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (taken_back.verdict, off, here.begun(bad)) == ("rolled back", "off", ["new_commit"]), taken_back.text
    assert (ran.code, here.live, begun) == (0, sha, ["new_commit"]), ran.text
    assert here.service.record.auto_deploy == "commit"
    assert "auto-deploy is 'on push' again" in " ".join(ran.answer["notes"])


def test_what_was_pushed_by_hand_while_it_was_off_is_asked_for_and_it_stays_off(here: Shop) -> None:
    heard_of(here, "commit")
    here.commit("Bad, before a push by hand", is_bad=True)
    taken_back = here.run("deploy")
    assert (taken_back.verdict, here.service.record.auto_deploy) == ("rolled back", "off"), taken_back.text
    here.render.operations.webhook_s = 5.0
    sha, began = here.commit("Pushed by hand while it was off"), time.monotonic()
    here.service.push()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=300)
    assert (ran.code, here.live, begun, here.service.record.auto_deploy) == (0, sha, ["api"], "off"), ran.text
    assert "is off since a release was taken back" in " ".join(ran.answer["notes"])
    here.commit("The next push turns it on")
    assert (here.run("deploy").code, here.service.record.auto_deploy) == (0, "commit")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize("step", ["pushing", "pushed", "asking", "deploying"])
@pytest.mark.parametrize("mode", MODES)
def test_killed_at_any_step_around_a_late_push_there_is_one_deploy(
    tmp_path: Path, mode: str, step: str, number: signal.Signals
) -> None:
    with shop_of_processes(tmp_path, auto_deploy=mode) as here:
        late_s = 61 / FACTOR
        operations = here.stage.render.operations
        operations.webhook_s, operations.checks_s = (late_s, 0.0) if mode == "commit" else (0.0, late_s)
        options = (*SLOWER, "--no-baseline")
        sha = here.stage.service.commit(files(1), f"Killed at {step}")

        killed = here.killed_at(step, number, "--no-baseline")
        healed = here.stage.run("deploy", *options)
        time.sleep(late_s)
        here.stage.service.settle()

        assert step in killed.steps
        assert "Traceback" not in killed.said
        assert (healed.code, here.deploys_of(sha)) == (0, 1), healed.text
        assert here.stage.service.hosted.live is not None
        assert here.stage.service.hosted.live.commit == sha


@pytest.mark.parametrize("step", ["pushing", "pushed"])
def test_killed_while_auto_deploy_is_turned_on_again_there_is_one_deploy(tmp_path: Path, step: str) -> None:
    with shop_of_processes(tmp_path, auto_deploy="commit") as here:
        options = (*SLOWER, "--no-baseline")
        here.stage.service.commit(files(1, is_bad=True), "Bad")
        taken_back = here.stage.run("deploy", *options)
        here.stage.render.operations.webhook_s = 61 / FACTOR
        sha = here.stage.service.commit(files(2), f"Good again, killed at {step}")

        killed = here.killed_at(step, signal.SIGKILL, "--no-baseline")
        healed = here.stage.run("deploy", *options)
        wait_for(lambda: here.deploys_of(sha) > 0)
        time.sleep(61 / FACTOR)
        here.stage.service.settle()

        assert taken_back.answer["verdict"] == "rolled back", taken_back.text
        assert step in killed.steps
        assert (healed.code, here.deploys_of(sha)) == (0, 1), healed.text
        assert here.stage.service.record.auto_deploy == "commit"
