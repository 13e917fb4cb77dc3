"""Releases that nobody carries out any more: what each is brought to, by how far it came and what is so now."""

from collections.abc import Callable

import pytest

from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, PushTrace, ReleaseVerdict, Trigger
from deploy_suite.releases.healing import healed
from deploy_suite.releases.history import history
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Ending
from deploy_suite.releases.steps import Step
from tests.unit.releases.release_world import BEGAN, NEW, OLD, OTHER, World

LIVE, BUILDING = DeployState.LIVE, DeployState.BUILDING


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=LIVE)
    return found


def asked(world: World, journal: Journal) -> None:
    journal.note(Step.ASKING, intent=world.intent())


def deploying(world: World, journal: Journal, state: DeployState = BUILDING) -> Deploy:
    asked(world, journal)
    deploy = world.target.begin(NEW, state=state)
    journal.note(Step.DEPLOYING, deploy=deploy.id)
    return deploy


def live(world: World, journal: Journal) -> Deploy:
    deploy = deploying(world, journal, LIVE)
    journal.note(Step.LIVE, deploy=deploy.id)
    return deploy


def bad(world: World, journal: Journal) -> Deploy:
    deploy = live(world, journal)
    journal.note(Step.BAD, commit=NEW, reason="status 500")
    return deploy


def going_back(world: World, journal: Journal, *, mode: AutoDeploy = AutoDeploy.OFF) -> Deploy:
    deploy = bad(world, journal)
    journal.note(
        Step.GOING_BACK, intent=world.intent(back_to="dep-1"), commit=OLD, deploy="dep-1", auto_deploy=mode.value
    )
    return deploy


def end_of(world: World, journal: Journal, *, head: str = "", judges: bool = True) -> tuple[Ending, list[str], str]:
    ending = healed(world.scene(), journal, head=head, judges=judges)
    now = world.target.live(world.target.service("srv-1"))
    assert journal.is_over is not ending.is_open
    assert [one.is_over for one in history(world.scene().place, world.ports).journals] == [not ending.is_open]
    return ending, world.target.asked, now.commit if now else ""


def asked_and_begun(world: World, journal: Journal) -> Deploy:
    asked(world, journal)
    return world.target.begin(NEW)


Arranged = Callable[[World, Journal], object]
TABLE: dict[str, tuple[Arranged, ReleaseVerdict, list[str], str]] = {
    "begun": (lambda _world, _journal: None, ReleaseVerdict.ABANDONED, [], OLD),
    "asked, and no deploy appears": (asked, ReleaseVerdict.ABANDONED, [], OLD),
    "asked, and the deploy was begun": (asked_and_begun, ReleaseVerdict.LIVE, [], NEW),
    "deploying": (deploying, ReleaseVerdict.LIVE, [], NEW),
    "deploying, and it was live since": (
        lambda world, journal: deploying(world, journal, LIVE),
        ReleaseVerdict.LIVE,
        [],
        NEW,
    ),
    "live": (live, ReleaseVerdict.LIVE, [], NEW),
    "live, and something else is since": (
        lambda world, journal: (live(world, journal), world.target.begin(OTHER, state=LIVE)),
        ReleaseVerdict.SUPERSEDED,
        [],
        OTHER,
    ),
    "bad": (bad, ReleaseVerdict.ROLLED_BACK, ["back to dep-1"], OLD),
    "bad, and something else is live since": (
        lambda world, journal: (bad(world, journal), world.target.begin(OTHER, state=LIVE)),
        ReleaseVerdict.SUPERSEDED,
        [],
        OTHER,
    ),
    "going back, and nothing was asked for": (going_back, ReleaseVerdict.ROLLED_BACK, ["back to dep-1"], OLD),
    "going back, and it was asked for": (
        lambda world, journal: (going_back(world, journal), world.target.begin(OLD, Trigger.ROLLBACK)),
        ReleaseVerdict.ROLLED_BACK,
        [],
        OLD,
    ),
    "going back, and it is back": (
        lambda world, journal: (going_back(world, journal), world.target.begin(OLD, Trigger.ROLLBACK, state=LIVE)),
        ReleaseVerdict.ROLLED_BACK,
        [],
        OLD,
    ),
    "going back, and something else is live since": (
        lambda world, journal: (going_back(world, journal), world.target.begin(OTHER, state=LIVE)),
        ReleaseVerdict.SUPERSEDED,
        [],
        OTHER,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_release_is_brought_to_its_end_and_nothing_is_asked_for_twice(case: str, world: World) -> None:
    arrange, verdict, wishes, serves = TABLE[case]
    journal = world.journal()
    arrange(world, journal)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (verdict, wishes, serves)


@pytest.mark.parametrize(("there", "steps"), [(OLD, []), (NEW, ["pushed"]), (OTHER, [])])
def test_whether_a_push_arrived_says_its_remote(there: str, steps: list[str], world: World) -> None:
    journal = world.journal()
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
    world.git.there = there

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.ABANDONED, [], OLD)
    assert [one.step.value for one in journal.entries][2:-1] == steps


def test_a_push_that_arrived_and_began_a_deploy_is_followed(world: World) -> None:
    journal = world.journal(mode=AutoDeploy.ON_PUSH)
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
    world.git.there = NEW
    world.target.begin(NEW, Trigger.PUSH)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.LIVE, [], NEW)


@pytest.mark.parametrize(("mode", "minutes"), [(AutoDeploy.ON_PUSH, 10), (AutoDeploy.AFTER_CHECKS, 30)])
def test_a_push_that_the_target_is_to_deploy_is_waited_for_while_it_is_what_is_to_be_deployed(
    mode: AutoDeploy, minutes: int, world: World
) -> None:
    world.target.mode = mode
    journal = world.journal(mode=mode)
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
    journal.note(Step.PUSHED, commit=NEW)

    ending, asked_for, _ = end_of(world, journal, head=NEW)
    assert (ending.verdict, ending.is_open, asked_for) == (ReleaseVerdict.INCONCLUSIVE, True, [])
    assert f"has not begun within {minutes} min; nothing was asked for" in ending.reason
    assert (
        "deploy-suite redeploy --target render --service srv-1 --commit aaaaaaa --now && deploy-suite" in ending.remedy
    )
    assert minutes * 60 - 10 <= world.clock.time_s <= minutes * 60 + 10

    ending, asked_for, _ = end_of(world, journal, head=OTHER)
    assert (ending.verdict, ending.is_open, asked_for) == (ReleaseVerdict.ABANDONED, False, [])


def test_a_deploy_that_failed_leaves_what_was_live(world: World) -> None:
    world.target.fate = DeployState.START_FAILED
    journal = world.journal()
    deploying(world, journal)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.FAILED, [], OLD)
    assert any("a pre-deploy command may have changed the database" in note for note in ending.notes)


def test_no_way_back_is_gone_that_was_not_proved(world: World) -> None:
    journal = world.journal(is_granted=False)
    bad(world, journal)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.FAILED, [], NEW)
    assert ending.remedy == "alembic downgrade 1 && deploy-suite rollback --to dep-1 --ignore-schema"


def test_on_the_way_back_the_target_deploys_no_push_by_itself(world: World) -> None:
    world.target.mode = AutoDeploy.ON_PUSH
    journal = world.journal()
    bad(world, journal)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.ROLLED_BACK, ["auto-deploy off", "back to dep-1"], OLD)
    assert history(world.scene().place, world.ports).turned_off is AutoDeploy.ON_PUSH


def taken_back_where_pushes_deploy(world: World) -> None:
    world.target.mode = AutoDeploy.ON_PUSH
    first = world.journal()
    bad(world, first)
    healed(world.scene(), first)


def pushing_with_it_on_again(world: World) -> Journal:
    journal = world.journal()
    journal.note(
        Step.PUSHING,
        remote="origin",
        branch="main",
        commit=NEW,
        intent=world.intent(),
        turns_on=AutoDeploy.ON_PUSH.value,
    )
    world.target.set_auto_deploy(world.target.service("srv-1"), AutoDeploy.ON_PUSH)
    return journal


def test_what_was_turned_on_for_a_push_that_did_not_arrive_is_turned_off_again(world: World) -> None:
    taken_back_where_pushes_deploy(world)
    journal = pushing_with_it_on_again(world)

    ending = healed(world.scene(), journal)

    assert (ending.verdict, world.target.mode) == (ReleaseVerdict.ABANDONED, AutoDeploy.OFF)
    assert history(world.scene().place, world.ports).turned_off is AutoDeploy.ON_PUSH


def test_what_was_turned_on_for_a_push_that_arrived_stays_on(world: World) -> None:
    taken_back_where_pushes_deploy(world)
    journal = pushing_with_it_on_again(world)
    world.git.there = NEW
    world.target.begin(NEW, Trigger.PUSH)

    ending = healed(world.scene(), journal, head=NEW)

    assert (ending.verdict, world.target.mode) == (ReleaseVerdict.LIVE, AutoDeploy.ON_PUSH)
    assert history(world.scene().place, world.ports).turned_off is None


def test_what_is_off_since_a_way_back_is_told_with_each_release_that_pushes_nothing(world: World) -> None:
    taken_back_where_pushes_deploy(world)
    journal = world.journal()
    asked(world, journal)
    world.target.begin(NEW)

    ending = healed(world.scene(), journal)

    assert (ending.verdict, world.target.mode) == (ReleaseVerdict.LIVE, AutoDeploy.OFF)
    assert any("'on push', is off since a release was taken back" in note for note in ending.notes)


def test_a_push_that_the_target_has_ignored_is_asked_for(world: World) -> None:
    world.target.mode = AutoDeploy.ON_PUSH
    journal = world.journal(mode=AutoDeploy.ON_PUSH)
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
    journal.note(Step.PUSHED, commit=NEW)
    world.target.ignored = PushTrace(id="evt-1", commit=NEW, time=BEGAN)

    ending, asked_for, now = end_of(world, journal, head=NEW)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.LIVE, ["deploy aaaaaaa"], NEW)
    assert world.clock.time_s < world.target.pace.lookup_s


def test_what_was_ignored_before_a_push_is_no_trace_of_it(world: World) -> None:
    world.target.mode = AutoDeploy.ON_PUSH
    world.target.ignored = PushTrace(id="evt-1", commit=NEW, time=BEGAN)
    journal = world.journal(mode=AutoDeploy.ON_PUSH)
    known = {**world.intent(), "known": ["dep-1", "evt-1"]}
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=known)
    journal.note(Step.PUSHED, commit=NEW)

    ending, asked_for, _ = end_of(world, journal, head=NEW)

    assert (ending.verdict, ending.is_open, asked_for) == (ReleaseVerdict.INCONCLUSIVE, True, [])


def test_a_build_that_is_gone_is_built_again(world: World) -> None:
    world.target.refuses_rollback = True
    journal = world.journal()
    bad(world, journal)

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.ROLLED_BACK, ["deploy 0000000"], OLD)


@pytest.mark.parametrize("step", [Step.VERIFIED, Step.UNSURE])
def test_what_was_judged_is_not_judged_again(step: Step, world: World) -> None:
    world.target.url = "https://shop.example"
    world.web.status = 500
    journal = world.journal()
    live(world, journal)
    journal.note(step, commit=NEW, reason="nothing sure")

    ending, asked_for, now = end_of(world, journal)

    wanted = {Step.VERIFIED: ReleaseVerdict.LIVE, Step.UNSURE: ReleaseVerdict.INCONCLUSIVE}[step]
    assert (ending.verdict, asked_for, now) == (wanted, [], NEW)


@pytest.mark.parametrize(
    ("status", "verdict", "serves"), [(200, ReleaseVerdict.LIVE, NEW), (500, ReleaseVerdict.ROLLED_BACK, OLD)]
)
def test_what_is_live_is_verified_first(status: int, verdict: ReleaseVerdict, serves: str, world: World) -> None:
    world.target.url = "https://shop.example"
    world.web.status = status
    journal = world.journal()
    live(world, journal)

    ending, _, now = end_of(world, journal)

    assert (ending.verdict, now) == (verdict, serves)
    assert [one.step for one in journal.entries][4:6] == [Step.VERIFYING, Step.VERIFIED if status == 200 else Step.BAD]


def test_a_rollback_stops_the_deploy_that_goes_on(world: World) -> None:
    journal = world.journal()
    deploying(world, journal)

    ending, asked_for, now = end_of(world, journal, judges=False)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.CANCELED, ["cancel dep-2"], OLD)


def test_a_rollback_judges_nothing_that_it_replaces(world: World) -> None:
    journal = world.journal()
    live(world, journal)

    ending, asked_for, now = end_of(world, journal, judges=False)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.ABANDONED, [], NEW)


def test_a_deploy_that_the_target_lists_no_more_is_not_asked_for_again(world: World) -> None:
    journal = world.journal()
    deploying(world, journal)
    del world.target.all[-1]

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.ABANDONED, [], OLD)


def test_a_rollback_that_was_cut_short_goes_on(world: World) -> None:
    world.target.begin(NEW, state=LIVE)
    journal = world.journal(kind="rollback")
    journal.note(
        Step.GOING_BACK, intent=world.intent(back_to="dep-1"), commit=OLD, deploy="dep-1", auto_deploy="on push"
    )

    ending, asked_for, now = end_of(world, journal)

    assert (ending.verdict, asked_for, now) == (ReleaseVerdict.LIVE, ["auto-deploy off", "back to dep-1"], OLD)


def test_an_interruption_leaves_the_release_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = world.journal()
    live(world, journal)

    def interrupted(_service: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.target, "live", interrupted)
    ending = healed(world.scene(), journal)

    assert (ending.verdict, ending.is_open, ending.is_interrupted) == (ReleaseVerdict.UNDER_WAY, True, True)
    assert ending.remedy == "the next deploy-suite deploy or rollback verifies it and keeps it, or goes back"
    assert not journal.is_over
