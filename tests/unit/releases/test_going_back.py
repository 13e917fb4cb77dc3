"""Which release is put back, who holds a service, and what is said while nobody speaks."""

import json
import time
from collections.abc import Sequence

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import DeployState, Trigger
from deploy_suite.releases.going_back import goal
from deploy_suite.releases.holding import BusyError, held, holder
from deploy_suite.releases.steps import Step
from deploy_suite.releases.transcript import Transcript
from tests.unit.releases.release_world import NEW, OLD, OTHER, World

LIVE = DeployState.LIVE


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=LIVE)
    return found


def verified(world: World, commit: str, *steps: Step) -> str:
    """Deploy *commit*, let its verifications end as *steps* say, and return the deploy's id."""
    journal = world.journal()
    deploy = world.target.begin(commit, state=LIVE)
    place = journal.place.file(journal.release, "journal.jsonl")
    world.shelf.files[place] = world.shelf.files[place].replace(NEW, commit)
    journal.note(Step.DEPLOYING, deploy=deploy.id)
    for step in steps:
        journal.note(step, commit=commit, reason="")
    journal.note(Step.ENDED, verdict="live", live=deploy.id)
    return deploy.id


def chosen(world: World, to: str = "") -> str:
    return goal(world.scene(), world.target.live(world.target.service("srv-1")), to=to).id


def test_the_last_verified_release_of_another_commit_is_put_back(world: World) -> None:
    first = verified(world, OTHER, Step.VERIFIED)
    verified(world, "c" * 40, Step.BAD)
    verified(world, "d" * 40, Step.UNSURE)
    verified(world, NEW, Step.VERIFIED)

    assert chosen(world) == first


def test_what_was_found_bad_later_is_no_choice(world: World) -> None:
    verified(world, OTHER, Step.VERIFIED, Step.BAD)
    verified(world, NEW, Step.VERIFIED)

    with pytest.raises(UsageError, match="no earlier release of shop was verified from this machine") as raised:
        chosen(world)

    assert "deploy-suite rollback --to dep-1 " in raised.value.remedy
    assert "dep-2" not in raised.value.remedy


@pytest.mark.parametrize(("to", "deploy"), [("dep-1", "dep-1"), (OLD[:9], "dep-1"), (NEW, "dep-2")])
def test_one_that_is_named_by_its_deploy_or_its_commit_need_not_be_verified(to: str, deploy: str, world: World) -> None:
    world.target.begin(NEW, state=LIVE)

    assert chosen(world, to) == deploy


def test_what_was_never_live_cannot_be_put_back(world: World) -> None:
    world.target.begin(NEW, state=DeployState.BUILD_FAILED)

    with pytest.raises(UsageError, match="nor the commit of one"):
        chosen(world, NEW)


def test_without_anything_that_was_live_before_nothing_can_be_put_back(world: World) -> None:
    with pytest.raises(UsageError, match="no earlier release of shop is known"):
        chosen(world)


def test_the_database_keeps_the_schema_of_a_release_that_was_taken_back(world: World) -> None:
    shop = world.target.service("srv-1")
    by_others = world.target.live(shop)
    journal = world.journal()
    journal.note(Step.DEPLOYING, deploy=world.target.begin(NEW, state=LIVE).id)
    journal.note(Step.LIVE, deploy="dep-2")
    ours = world.target.live(shop)
    journal.note(Step.GOING_BACK, intent=world.intent(back_to="dep-1"), commit=OLD, deploy="dep-1", auto_deploy="off")
    journal.note(Step.DEPLOYING, deploy=world.target.begin(OLD, Trigger.ROLLBACK, state=LIVE).id)
    journal.note(Step.LIVE, deploy="dep-3")
    back = world.target.live(shop)
    later = world.target.begin(OTHER, state=LIVE)
    known = world.scene().history()

    assert [known.schema_of(one) for one in (by_others, ours, back, later) if one] == [OLD, NEW, NEW, OTHER]


def test_a_service_is_held_by_one_and_says_by_whom(world: World) -> None:
    place, ports = world.scene().place, world.ports
    with held(place, ports, command="deploy"):
        journal = world.journal()
        journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
        found = holder(place, ports)
        with pytest.raises(BusyError, match="last step: pushing of "), held(place, ports, command="rollback"):
            pass

    assert found is not None
    assert (found.command, found.step, found.release) == ("deploy", "pushing", journal.release)
    assert holder(place, ports) is None


@pytest.mark.parametrize("told", ["", "{", "[]", json.dumps({"pid": 7})])
def test_a_holder_of_whom_nothing_is_known_is_still_one(told: str, world: World) -> None:
    place, ports = world.scene().place, world.ports
    with held(place, ports, command="deploy"):
        world.shelf.write(f"{place.path}/holder.json", told)
        with pytest.raises(BusyError, match="is being deployed from this machine already"):
            _hold(world)


def _hold(world: World) -> None:
    with held(world.scene().place, world.ports, command="deploy"):
        pass


def test_what_was_said_before_and_after_the_release_began_is_kept_with_it(world: World) -> None:
    transcript = Transcript(world.heard, world.clock, world.curtain)
    transcript.began("preflight")
    journal = world.journal()
    transcript.belongs_to(journal)
    transcript.said("build", "done")
    transcript.ended("preflight", 1.0, "passed")

    assert _kept(journal.kept("log.txt")) == ["preflight …", "build | done", "preflight: passed after 1.0 s"]
    assert world.heard.lines == ["preflight", "build | done", "preflight: passed after 1 s"]


def _kept(text: str) -> Sequence[str]:
    return [line.partition(" ")[2] for line in text.splitlines()]


def test_a_silence_is_broken_whoever_is_silent(world: World) -> None:
    transcript = Transcript(world.heard, world.clock, world.curtain)
    transcript.began("ask the target")
    with transcript.alive(0.02):
        world.clock.time_s += 30.0
        transcript.ended("measure", 1.0, "done")
        world.clock.time_s += 30.0
        until = time.monotonic() + 10.0
        while len(world.heard.lines) < 3 and time.monotonic() < until:
            time.sleep(0.01)

    assert world.heard.lines[-1] == "ask the target: 60 s so far"
