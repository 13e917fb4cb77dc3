"""Where the target deploys each push by itself: one deploy for one wish, whenever it hears of the push.

The stand-in hears of a push through real sockets: a hook of the bare repository posts to it. Times are those of the
platform's pace, divided by as much as the suite's: 60 s of looking for a deploy are one second here.
"""

import signal
import threading
import time
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
from tests.integration.rollout_stage import SECOND_S, Shop, shop
from tests.rehearse.stage import PACE as FACTOR
from tests.standin.stand_in import wait_for

pytestmark = pytest.mark.integration

DELAYS = (0, 30, 61, 300)
MODES = ("commit", "checksPass")
AT_EACH_DELAY = pytest.mark.parametrize("delay", DELAYS)
IN_EACH_MODE = pytest.mark.parametrize("mode", MODES)


def after_all_was_heard(here: Shop, commit: str, *, since: float, delay: float) -> list[str]:
    """Return what began the deploys of *commit*, when what was late has come and all is over."""
    time.sleep(max(since + delay * SECOND_S + 0.3 - time.monotonic(), 0.0))
    here.service.settle()
    return here.begun(commit)


@IN_EACH_MODE
@AT_EACH_DELAY
def test_a_push_is_deployed_once_whenever_it_is_heard_of(here: Shop, mode: str, delay: int) -> None:
    here.heard_of(mode, after=delay)
    sha, began = here.commit(f"Pushed by deploy, {mode} after {delay} s"), time.monotonic()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (ran.code, ran.verdict, here.live, begun) == (0, "live", sha, ["new_commit"]), ran.text
    assert ran.silence_s < PACE.heartbeat_s + 1


@IN_EACH_MODE
@AT_EACH_DELAY
def test_what_was_pushed_by_hand_just_before_is_deployed_once(here: Shop, mode: str, delay: int) -> None:
    here.heard_of(mode, after=delay)
    sha, began = here.commit(f"Pushed by hand, {mode} after {delay} s"), time.monotonic()
    here.service.push()

    ran = here.run("deploy")

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (ran.code, ran.verdict, here.live, begun) == (0, "live", sha, ["new_commit"]), ran.text


@pytest.mark.parametrize("state", ["created", "live"])
def test_a_push_that_is_heard_of_while_preflight_is_made_is_deployed_once(
    here: Shop, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.heard_of("commit", after=30)
    before, sha = here.live, here.commit(f"Pushed by hand, {state} during preflight")
    here.service.push()

    def slow(request: PreflightRequest, ports: Ports) -> Report:
        wait_for(lambda: any(state in one.went_through for one in here.service.deploys if one.commit == sha))
        return here.preflight(request, ports)

    monkeypatch.setattr(rollout, "preflight", slow)
    ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["new_commit"]), ran.text
    assert ran.answer["release"]["replaced"]["commit"] == before


@IN_EACH_MODE
def test_what_is_never_heard_of_is_not_asked_for_unless_the_user_says_so(here: Shop, mode: str) -> None:
    here.pace = replace(PACE, push_s=2.0, queued_s=2.0)
    here.heard_of(mode, after=3600)
    before, sha = here.live, here.commit(f"Never heard of, {mode}")

    ran = here.run("deploy")
    again = here.run("deploy")
    standing = here.run("status")
    asked = here.run("redeploy", "--service", here.service.record.id, "--commit", sha, "--now")
    healed = here.run("deploy")

    assert (ran.code, ran.verdict) == (again.code, again.verdict) == (3, "inconclusive"), ran.text
    assert "nothing was asked for, because its own deploy may still come" in ran.answer["reason"]
    assert (
        f"redeploy --target render --service {here.service.record.id} --commit {sha[:7]} --now" in ran.answer["remedy"]
    )
    assert (standing.answer["unfinished"][0]["step"], standing.answer["live"]["commit"]) == ("pushed", before)
    assert (asked.code, healed.code, here.live, here.begun(sha)) == (0, 0, sha, ["api"]), healed.text


@pytest.mark.parametrize("how", ["a skip phrase", "a build filter"])
@pytest.mark.parametrize("pushed_by", ["deploy", "hand"])
def test_a_push_that_the_platform_ignores_is_asked_for_at_once(here: Shop, how: str, pushed_by: str) -> None:
    here.heard_of("commit", after=5)
    here.service.record.ignores_all = how == "a build filter"
    sha = here.commit(f"Ignored, pushed by {pushed_by}" + " [skip render]" * (how == "a skip phrase"))
    if pushed_by == "hand":
        here.service.push()

    ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["api"]), ran.text
    assert "has not begun it yet" not in ran.text


def test_a_push_whose_deploy_failed_is_asked_for_again_at_once(here: Shop) -> None:
    here.heard_of("commit")
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
    here.heard_of("commit")
    here.service.record.build = "sleep 1.5"
    sha = here.commit(f"Pushed, then redeployed {options} {names_it}")
    here.service.push()
    wait_for(lambda: here.begun(sha))

    ran = here.run("redeploy", *(("--commit", sha) if names_it else ()), *options)

    here.service.settle()
    assert (ran.code, here.live, here.begun(sha)) == (0, sha, begun), ran.text


@IN_EACH_MODE
@pytest.mark.parametrize(
    ("delay", "names_it"), [(0, True), (30, False), (61, True), (61, False), (300, False)], ids=str
)
def test_redeploy_just_after_a_push_takes_the_deploy_that_the_push_is_about_to_begin(
    here: Shop,
    mode: str,
    delay: int,
    names_it: bool,  # noqa: FBT001  pytest passes it
) -> None:
    here.heard_of(mode, after=delay)
    sha, began = here.commit(f"Pushed, then redeployed at once, {mode} after {delay} s"), time.monotonic()
    here.service.push()

    ran = here.run("redeploy", *(("--commit", sha) if names_it else ()))

    begun = after_all_was_heard(here, sha, since=began, delay=delay)
    assert (ran.code, ran.verdict, here.live, begun) == (0, "live", sha, ["new_commit"]), ran.text
    assert "a push has begun" in " ".join(ran.answer["notes"])
    waited = "wait for Render to deploy the push"
    assert "asking the target: " not in ran.text[ran.text.find(waited) : ran.text.rfind(waited)]  # one voice at a time
    assert ran.silence_s < PACE.heartbeat_s + 1


@IN_EACH_MODE
def test_redeploy_asks_for_what_is_never_heard_of_where_the_user_says_now(here: Shop, mode: str) -> None:
    here.pace = replace(PACE, push_s=2.0, queued_s=2.0)
    here.heard_of(mode, after=3600)
    before, sha = here.live, here.commit(f"Never heard of, redeployed, {mode}")
    here.service.push()

    ran = here.run("redeploy")
    untouched = (here.live, here.begun(sha))
    asked = here.run("redeploy", "--now")
    again = here.run("redeploy")

    assert (ran.code, ran.verdict, untouched) == (3, "inconclusive", (before, [])), ran.text
    assert (
        f"redeploy --target render --service {here.service.record.id} --commit {sha[:7]} --now" in ran.answer["remedy"]
    )
    assert "(redeploy --now asks at once)" in ran.text
    assert (asked.code, again.code, here.live, here.begun(sha)) == (0, 0, sha, ["api", "api"]), again.text
    assert "to deploy the push" not in asked.text + again.text


def test_redeploy_asks_at_once_for_what_the_platform_has_ignored_and_for_what_is_not_the_tip(here: Shop) -> None:
    here.heard_of("commit")
    old = here.live
    sha = here.commit("Ignored, then redeployed [skip render]")
    here.service.push()

    ignored = here.run("redeploy")
    older = here.run("redeploy", "--commit", old)

    assert (ignored.code, here.begun(sha)) == (0, ["api"]), ignored.text
    assert (older.code, here.live) == (0, old), older.text
    assert "wait for Render to deploy the push" not in ignored.text + older.text


def test_redeploy_gives_way_to_what_another_has_pushed_on_top_meanwhile(here: Shop) -> None:
    here.heard_of("commit", after=61)
    sha = here.commit("Pushed, and another on top")
    here.service.push()
    newer: list[str] = []
    on_top = threading.Timer(30 * SECOND_S, lambda: newer.append(here.pushed_by_another("On top")))
    on_top.start()

    ran = here.run("redeploy")

    here.service.settle()
    here.caught_up()
    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (1, "superseded", newer[0], []), ran.text
    assert newer[0][:7] in ran.answer["reason"]


@AT_EACH_DELAY
def test_after_a_way_back_the_next_push_is_deployed_by_itself_again_and_once(here: Shop, delay: int) -> None:
    here.heard_of("commit")
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
    here.heard_of("commit")
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


def test_where_pushes_certainly_never_arrive_none_is_waited_for_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop(tmp_path, monkeypatch) as here:
        here.pace = replace(PACE, push_s=3.0, queued_s=3.0)
        here.heard_of("commit", after=3600)
        said = []
        for at in range(2):
            sha = here.commit(f"Never heard of, {at}")
            said.append(here.run("deploy").code)
            asked = here.run("redeploy", "--now")
            said += [asked.code, here.run("deploy").code]
        sha = here.commit("Never heard of, and that is known")

        ran = here.run("deploy")
        by_redeploy = here.commit("Nor is this")
        here.service.push()
        redeployed = here.run("redeploy")

        assert said == [3, 0, 0] * 2
        assert (ran.code, ran.verdict, here.begun(sha)) == (0, "live", ["api"]), ran.text
        assert "pushes do not reach Render: none of its deploys was ever begun by one" in " ".join(ran.answer["notes"])
        assert (redeployed.code, here.begun(by_redeploy)) == (0, ["api"]), redeployed.text
        assert "has not begun it yet" not in ran.text + redeployed.text


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
