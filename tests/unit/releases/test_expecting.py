"""A wish to deploy what was just pushed: the push may begin its deploy, and a second one is needless."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy_suite.model.release import AutoDeploy, DeployState, Intent, PushTrace, ReleaseVerdict, Trigger
from deploy_suite.releases import hearing
from deploy_suite.releases.expecting import Expected, expected
from deploy_suite.releases.steps import Step
from tests.unit.releases.release_world import BEGAN, NEW, OLD, OTHER, World

LIVE = DeployState.LIVE
DAY_S = 86400.0


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=LIVE)
    found.target.mode = AutoDeploy.ON_PUSH
    found.git.there = NEW
    return found


def wished(world: World, commit: str = "") -> Intent:
    return world.target.intent(world.target.service("srv-1"), commit=commit)


def left(world: World, commit: str = "") -> Expected:
    return expected(world.scene(), wished(world, commit))


@pytest.mark.parametrize("commit", ["", NEW, NEW[:7]])
def test_what_is_pushed_and_not_deployed_is_waited_for_and_not_asked_for(commit: str, world: World) -> None:
    found = left(world, commit)

    assert found.ending is not None
    assert found.ending.verdict is ReleaseVerdict.INCONCLUSIVE
    assert world.clock.time_s == pytest.approx(600, abs=10)
    assert found.ending.remedy.endswith("deploy-suite redeploy --target render --service srv-1 --commit aaaaaaa --now")


def at_once(world: World, commit: str = "") -> bool:
    """Whether the target may be asked for the wish as it is, without waiting."""
    intent = wished(world, commit)
    return (expected(world.scene(), intent), world.clock.time_s) == (Expected(intent=intent), 0.0)


def test_what_no_push_can_begin_is_asked_for_at_once(world: World) -> None:
    found = {"another than the tip": at_once(world, OTHER), "live": at_once(world, OLD)}
    world.target.ignored = PushTrace(id="evt-1", commit=NEW, time=BEGAN)
    found["ignored"] = at_once(world)
    world.target.ignored = None
    world.git.slug = "acme/other"
    found["the head of a repository that is not here"] = at_once(world)
    world.git.slug, world.git.there = "acme/shop", ""
    found["the head of a branch that cannot be read"] = at_once(world)
    world.target.mode, world.git.there = AutoDeploy.OFF, NEW
    found["off"] = at_once(world)

    assert found == dict.fromkeys(found, True)


def test_a_commit_that_is_named_may_be_the_tip_where_that_cannot_be_read(world: World) -> None:
    world.git.there = ""

    assert (at_once(world, NEW), at_once(world, OLD)) == (False, False)
    assert world.clock.time_s == pytest.approx(600, abs=10)


def test_the_deploy_of_a_push_that_goes_on_is_taken(world: World) -> None:
    begun = world.target.begin(NEW, Trigger.PUSH)

    found = left(world)

    assert (found.intent.commit, begun.id in found.intent.known, found.ending) == (NEW, False, None)
    assert found.note.startswith(f"a push has begun {begun.id}, and this is it")


def test_what_somebody_else_has_begun_meanwhile_ends_the_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = world.clock.sleep

    def while_asleep(seconds: float) -> None:
        sleep(seconds)
        if not any(one.commit == OTHER for one in world.target.all):
            world.target.begin(OTHER, Trigger.PUSH)

    monkeypatch.setattr(world.clock, "sleep", while_asleep)
    found = left(world)

    assert found.ending is not None
    assert (found.ending.verdict, "bbbbbbb (dep-2" in found.ending.reason) == (ReleaseVerdict.SUPERSEDED, True)


def test_an_interruption_while_it_waits_says_that_nothing_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.clock, "sleep", interrupted)
    found = left(world)

    assert found.ending is not None
    assert (found.ending.verdict, found.ending.is_interrupted) == (ReleaseVerdict.CANCELED, True)
    assert found.ending.reason == "interrupted before anything was asked for"


def pushed(world: World, commit: str, *, mode: AutoDeploy = AutoDeploy.ON_PUSH, remote: str = "origin") -> None:
    """Let a release have pushed *commit* an hour ago, by the clock that it leaves behind."""
    journal = world.journal(mode=mode)
    if remote:
        journal.note(Step.PUSHING, remote=remote, branch="main", commit=commit, intent=world.intent())
    journal.note(Step.PUSHED, commit=commit, intent=world.intent())
    world.clock.sleep(3600)


def why_deaf(world: World, mode: AutoDeploy = AutoDeploy.ON_PUSH) -> str:
    return hearing.why_deaf(world.scene(), mode)


def test_two_pushes_of_which_nobody_ever_heard_are_proof(world: World) -> None:
    pushed(world, NEW)
    after_one = why_deaf(world)
    pushed(world, OTHER)

    assert (after_one, why_deaf(world, AutoDeploy.AFTER_CHECKS)) == ("", "")
    assert "bbbbbbb on 2026-01-01 at 01:00 UTC and aaaaaaa on 2026-01-01 at 00:00 UTC were pushed" in why_deaf(world)


def test_where_it_is_proved_the_target_is_asked_after_a_minute(world: World) -> None:
    pushed(world, OTHER)
    pushed(world, "c" * 40)
    began_s = world.clock.time_s

    found = left(world)

    assert (found.ending, found.note.startswith("pushes do not reach Render")) == (None, True)
    assert world.clock.time_s - began_s == pytest.approx(60, abs=10)


def test_no_proof_are_pushes_that_need_not_have_been_heard_of(world: World) -> None:
    pushed(world, NEW, mode=AutoDeploy.OFF)
    pushed(world, NEW, mode=AutoDeploy.AFTER_CHECKS)
    pushed(world, NEW, remote="")
    pushed(world, NEW)
    found = {"off, after checks, of others, the same again": why_deaf(world)}
    journal = world.journal(mode=AutoDeploy.ON_PUSH)
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=OTHER, intent=world.intent())
    journal.note(Step.PUSHED, commit=OTHER, intent=world.intent())
    found["just now"] = why_deaf(world)
    journal.note(Step.GOING_BACK, intent=world.intent(back_to="dep-1"), commit=OLD, auto_deploy="on push")
    world.clock.sleep(3600)
    found["turned off soon after"] = why_deaf(world)
    pushed(world, "c" * 40)
    assert why_deaf(world) != ""
    world.clock.sleep(31 * DAY_S)
    found["longer ago than is remembered"] = why_deaf(world)

    assert found == dict.fromkeys(found, "")


def test_one_push_that_was_ever_heard_of_is_proof_of_the_contrary(world: World) -> None:
    pushed(world, NEW)
    pushed(world, OTHER)
    world.target.begin("c" * 40, Trigger.PUSH, state=DeployState.BUILD_FAILED)

    assert why_deaf(world) == ""


def test_of_pushes_before_the_deploys_that_are_listed_nothing_is_known(world: World) -> None:
    pushed(world, NEW)
    pushed(world, OTHER)
    world.target.all = [replace(world.target.all[0], created=BEGAN + timedelta(days=1))] * 100

    assert why_deaf(world) == ""
