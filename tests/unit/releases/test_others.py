"""What others deploy meanwhile is newer, and is neither taken back nor overtaken."""

import json

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import AutoDeploy, DeployState, Intent, ReleaseVerdict, Trigger
from deploy_suite.releases import others
from deploy_suite.releases.history import history
from deploy_suite.releases.steps import Step, intent_of
from deploy_suite.releases.transaction import Transaction
from tests.unit.releases.release_world import NEW, OLD, OTHER, World

LIVE, BUILDING = DeployState.LIVE, DeployState.BUILDING


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=LIVE)
    return found


def wish(world: World) -> Intent:
    found = intent_of(world.intent())
    assert found is not None
    return found


def test_those_count_that_are_live_or_go_on_and_were_not_there_before(world: World) -> None:
    intent = wish(world)
    for commit, state in ((NEW, BUILDING), (OTHER, DeployState.BUILD_FAILED), (OTHER, BUILDING), (OTHER, LIVE)):
        world.target.begin(commit, state=state)
    service = world.target.service("srv-1")

    before = others.begun_since(world.target, service, intent)
    after = others.begun_since(world.target, service, intent, ours="dep-2")

    assert [one.id for one in before] == ["dep-5", "dep-4"]
    assert [one.id for one in after] == ["dep-5", "dep-4"]


@pytest.mark.parametrize("state", [LIVE, BUILDING])
def test_nothing_is_asked_for_where_somebody_else_was_first(state: DeployState, world: World) -> None:
    journal, intent = world.journal(), wish(world)
    world.target.begin(OTHER, Trigger.PUSH, state=state)

    ending = Transaction(world.scene(), journal).ask(intent)

    assert (ending.verdict, ending.is_open, world.target.asked) == (ReleaseVerdict.SUPERSEDED, False, [])
    assert "bbbbbbb (dep-2" in ending.reason


def test_checks_are_not_waited_for_when_somebody_else_was_first(world: World) -> None:
    world.target.mode = AutoDeploy.AFTER_CHECKS
    journal, intent = world.journal(mode=AutoDeploy.AFTER_CHECKS), wish(world)
    world.target.begin(OTHER, Trigger.PUSH, state=LIVE)

    ending = Transaction(world.scene(), journal).take_up(intent)

    assert (ending.verdict, world.target.asked, world.clock.time_s < 60) == (ReleaseVerdict.SUPERSEDED, [], True)


def test_a_rival_that_failed_is_no_reason_to_ask_for_what_the_target_may_still_begin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.target.mode = AutoDeploy.ON_PUSH
    journal, intent = world.journal(mode=AutoDeploy.ON_PUSH), wish(world)
    rival = [world.target.begin(OTHER, Trigger.PERSON)]
    monkeypatch.setattr(others, "begun_since", lambda *_args, **_more: [rival.pop()] if rival else [])

    ending = Transaction(world.scene(), journal).take_up(intent)

    assert (ending.verdict, ending.is_open, world.target.asked) == (ReleaseVerdict.INCONCLUSIVE, True, [])


def test_what_was_live_before_deployed_anew_is_no_rival(world: World) -> None:
    journal, intent = world.journal(), wish(world)
    world.target.begin(OLD, Trigger.OTHER, state=LIVE)  # a variable was changed, say

    ending = Transaction(world.scene(), journal).ask(intent)

    assert (ending.verdict, world.target.asked) == (ReleaseVerdict.LIVE, ["deploy aaaaaaa"])


@pytest.mark.parametrize(
    ("fate", "verdict", "asked"),
    [
        (LIVE, ReleaseVerdict.SUPERSEDED, []),
        (DeployState.BUILD_FAILED, ReleaseVerdict.FAILED, ["back to dep-1"]),  # all builds fail there, ours too
    ],
)
def test_before_a_bad_release_is_taken_back_the_deploy_of_another_may_end(
    fate: DeployState, verdict: ReleaseVerdict, asked: list[str], world: World
) -> None:
    journal = world.journal()
    journal.note(Step.ASKING, intent=world.intent())
    world.target.begin(NEW, state=LIVE)
    journal.note(Step.DEPLOYING, deploy="dep-2")
    journal.note(Step.LIVE, deploy="dep-2")
    journal.note(Step.BAD, commit=NEW, reason="status 500")
    world.target.begin(OTHER, Trigger.PERSON)
    world.target.fate = fate

    ending = Transaction(world.scene(), journal).go_back()

    assert (ending.verdict, world.target.asked) == (verdict, asked)


def test_releases_are_in_the_order_in_which_they_began_whatever_the_clock_says(world: World) -> None:
    made = []
    for time_s in (9000.0, 0.0, 5000.0):
        world.clock.time_s = time_s
        journal = world.journal()
        journal.note(Step.DEPLOYING, deploy="dep-1")
        journal.note(Step.VERIFIED if time_s else Step.BAD, commit=NEW, reason="")
        journal.note(Step.ENDED, verdict="live")
        made.append(journal.release)
    known = history(world.scene().place, world.ports)

    assert [one.release for one in known.journals] == made[::-1]
    assert getattr(known.seen("dep-1"), "release", "") == made[-1]


def test_a_journal_of_a_newer_version_is_not_judged(world: World) -> None:
    journal = world.journal()
    place = journal.place.file(journal.release, "journal.jsonl")
    world.shelf.files[place] += json.dumps({"schema": 2, "step": "handed over"}) + "\n"

    with pytest.raises(UsageError, match="recorded by a newer version") as raised:
        history(world.scene().place, world.ports)

    assert raised.value.remedy.startswith("update the suite")
