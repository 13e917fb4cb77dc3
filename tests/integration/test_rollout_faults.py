"""The fault matrix of `deploy` and `rollback`: one deploy for one wish, an end that is known or left open, a way on.

The same calls fail one by one in test_redeploy_faults.py; where that says nothing new, several kinds follow each other.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.integration.redeploy_stage import IMPATIENT, PACE
from tests.integration.rollout_stage import Ran, Shop
from tests.standin.faults import KINDS
from tests.standin.stand_in import git

pytestmark = pytest.mark.integration

CALLS = ("retrieve-service", "retrieve-deploy", "list-deploys", "list-services", "list-logs", "list-events")
STATES = ("created", "build_in_progress", "pre_deploy_in_progress", "update_in_progress", "live")
AT_ONCE = tuple(kind for kind in KINDS if kind != "timeout")
IN_A_ROW = pytest.mark.parametrize("kinds", [AT_ONCE, ("timeout",)], ids=["at once", "timeout"])
LOST = ("503", "timeout", "reset", "garbage")
STEP_S = 0.12  # each state is to be met
PAIR: list[str] = []
SLACK_S = 1.0  # a thread that is to speak waits for one of few cores


def fail(here: Shop, kinds: Sequence[str], *, during: str, times: int = 1) -> None:
    for call in CALLS:
        for kind in kinds:
            here.render.fault(call, kind, times=times, during=during)


def assert_spoke(ran: Ran) -> None:
    assert "Traceback" not in ran.text
    assert ran.silence_s < PACE.heartbeat_s + SLACK_S


def assert_heals(here: Shop, sha: str) -> None:
    """The next deploy brings the commit to its end, and there was one deploy of it in all."""
    here.mend()
    again = here.run("deploy")
    assert (again.code, here.live, here.begun(sha)) == (0, sha, ["api"]), again.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_fails_in_every_state_changes_no_verdict(here: Shop, kind: str) -> None:
    here.service.record.pre_deploy = "true"
    sha = here.commit(f"{kind} in every state")
    for state in STATES:
        fail(here, [kind], during=state)

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (0, "live", sha, ["api"]), ran.text
    assert_spoke(ran)


@IN_A_ROW
@pytest.mark.parametrize(
    ("state", "command"), [("build_failed", "build"), ("pre_deploy_failed", "pre_deploy"), ("update_failed", "start")]
)
def test_a_fault_hides_no_failure_and_what_was_live_serves_on(
    here: Shop, kinds: Sequence[str], state: str, command: str
) -> None:
    before = here.service.hosted.live
    setattr(here.service.record, command, "echo it is not there; exit 3")
    sha = here.commit(f"{kinds} after {state}")
    fail(here, kinds, during=state)

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.begun(sha)) == (1, "failed", ["api"]), ran.text
    assert "exited with status 3" in ran.answer["reason"]
    assert (before, ran.answer["release"]["live"]) == (here.service.hosted.live, before.id if before else "")
    assert_spoke(ran)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_to_what_was_begun_is_looked_up(here: Shop, kind: str) -> None:
    sha = here.commit(f"{kind} when begun")
    here.render.fault("create-deploy", kind, is_carried_out=kind != "429")

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (0, "live", sha, ["api"]), ran.text
    assert_spoke(ran)


def test_too_many_requests_are_waited_for_as_long_as_is_asked(here: Shop) -> None:
    sha = here.commit("Retry-After: 2")
    here.render.fault("create-deploy", "429", retry_after="2")

    ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["api"]), ran.text
    assert_spoke(ran)


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_to_what_was_not_begun_leaves_it_open_and_the_next_deploy_begins_one(
    here: Shop, kind: str
) -> None:
    before, sha = here.live, here.commit(f"{kind} and not begun")
    here.render.fault("create-deploy", kind)

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (3, "inconclusive", before, []), ran.text
    assert_spoke(ran)
    assert_heals(here, sha)


@pytest.mark.parametrize("kind", LOST)
def test_a_target_that_is_lost_while_it_deploys_leaves_it_open_and_the_next_deploy_ends_it(
    here: Shop, kind: str
) -> None:
    here.pace = replace(IMPATIENT, patience_s=0.3, lost_s=0.5)
    here.service.record.build = "sleep 2"
    sha = here.commit(f"{kind} for ever")
    fail(here, [kind], during="build_in_progress", times=-1)

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.begun(sha)) == (3, "inconclusive", ["api"]), ran.text
    assert_spoke(ran)
    assert_heals(here, sha)


@IN_A_ROW
def test_a_newer_deploy_of_somebody_else_is_told_as_that(here: Shop, kinds: Sequence[str]) -> None:
    sha = here.commit(f"{kinds} and superseded")
    here.service.push()
    newer = here.render.operations.superseding = here.pushed_by_another()
    git(here.service.record.origin, "tag", "-f", "kept", newer)
    git(here.service.record.origin, "update-ref", "refs/heads/main", sha)
    fail(here, kinds, during="build_in_progress")

    ran = here.run("deploy")

    here.service.settle()
    assert (ran.code, ran.verdict, here.begun(sha), here.live) == (1, "superseded", ["api"], newer), ran.text
    assert newer[:7] in ran.answer["reason"]
    assert_spoke(ran)


@IN_A_ROW
def test_a_deploy_that_is_queued_is_found(here: Shop, kinds: Sequence[str]) -> None:
    sha = here.commit(f"{kinds} and queued")
    here.render.operations.answers_queued = True
    fail(here, kinds, during="queued")

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (0, "live", sha, ["api"]), ran.text
    assert_spoke(ran)


@IN_A_ROW
def test_an_old_build_that_serves_on_is_taken_back(here: Shop, kinds: Sequence[str]) -> None:
    before, sha = here.live, here.commit(f"{kinds} and the old build")
    here.service.record.keeps_old_build = True
    fail(here, kinds, during="live")

    ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (1, "rolled back", before, ["api"]), ran.text
    assert "the old build still answers" in ran.answer["reason"]
    assert_spoke(ran)


@IN_A_ROW
def test_a_rollback_past_a_target_that_fails_in_every_state_is_one_way_back(here: Shop, kinds: Sequence[str]) -> None:
    goal = good_before(here)
    for state in STATES:
        fail(here, kinds, during=state)
    count = len(here.service.deploys)

    ran = here.run("rollback")

    assert (ran.code, ran.verdict, here.live) == (0, "live", goal), ran.text
    assert [one.trigger for one in here.service.deploys[count:]] == ["rollback"]
    assert_spoke(ran)


@pytest.mark.parametrize("kind", ["429", *LOST])
def test_a_lost_answer_to_a_way_back_is_looked_up(here: Shop, kind: str) -> None:
    goal, count = good_before(here), len(here.service.deploys)
    here.render.fault("rollback-deploy", kind, is_carried_out=kind != "429")

    ran = here.run("rollback")

    assert (ran.code, ran.verdict, here.live) == (0, "live", goal), ran.text
    assert [one.trigger for one in here.service.deploys[count:]] == ["rollback"]
    assert_spoke(ran)


@pytest.mark.parametrize("kind", LOST)
def test_a_way_back_that_was_not_begun_is_open_and_the_next_rollback_goes_it(here: Shop, kind: str) -> None:
    goal, before, count = good_before(here), here.live, len(here.service.deploys)
    here.render.fault("rollback-deploy", kind)

    ran = here.run("rollback")
    here.mend()
    again = here.run("rollback")

    assert (ran.code, ran.verdict, ran.answer["release"]["replaced"]["commit"]) == (3, "inconclusive", before), ran.text
    assert (again.code, again.verdict, here.live) == (0, "live", goal), again.text
    assert [one.trigger for one in here.service.deploys[count:]] == ["rollback"]
    assert_spoke(ran)


@pytest.mark.parametrize("kind", ["429", "503", "timeout"])
def test_auto_deploy_that_cannot_be_turned_off_stops_no_way_back(here: Shop, kind: str) -> None:
    goal = good_before(here)
    here.service.record.auto_deploy = "commit"
    here.pace = IMPATIENT
    here.render.fault("update-service", kind, times=-1)

    ran = here.run("rollback")

    here.service.record.auto_deploy = "off"
    assert (ran.code, ran.verdict, here.live) == (0, "live", goal), ran.text
    assert any("could not be turned off" in note for note in ran.answer["notes"])
    assert_spoke(ran)


def good_before(here: Shop) -> str:
    """Let there be two good releases, one of them live, and return the other: the one that a rollback puts back."""
    if here.live not in PAIR:
        PAIR.clear()
        for name in ("Good", "Better"):
            PAIR.append(here.commit(name))
            assert here.run("deploy").code == 0
    return next(one for one in PAIR if one != here.live)
