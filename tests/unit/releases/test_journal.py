"""Journals: what is written is read again, whatever a crash left of the last line."""

import json
from datetime import UTC, datetime

import pytest

from deploy_suite.model.release import Intent, ReleaseVerdict
from deploy_suite.model.secret import Curtain, Masker, Secret
from deploy_suite.releases import journal as journals
from deploy_suite.releases.history import forget_old, history
from deploy_suite.releases.progress import record
from deploy_suite.releases.records import render
from deploy_suite.releases.steps import Step, intent_data, intent_of, parse
from tests.unit.releases.release_world import NEW, OLD, World


@pytest.fixture
def world() -> World:
    found = World()
    found.target.begin(OLD, state=found.target.fate)
    return found


def test_an_intent_is_read_as_it_was_written() -> None:
    intent = Intent(commit=NEW, known=frozenset({"dep-1", "dep-2"}), after=datetime(2026, 1, 1, 12, 30, 1, 5, UTC))

    assert intent_of(json.loads(json.dumps(intent_data(intent)))) == intent
    assert intent_of({}) is None


def test_a_line_that_was_cut_through_is_as_if_it_had_not_been_written(world: World) -> None:
    journal = world.journal()
    journal.note(Step.PUSHING, remote="origin", branch="main", commit=NEW, intent=world.intent())
    place = journal.place.file(journal.release, "journal.jsonl")
    whole = world.shelf.files[place]

    for cut in range(len(whole) - 2, whole.index("\n") + 1, -7):
        assert [one.step for one in parse(whole[:cut])] == [Step.BEGUN]
    torn = whole[:-20] + "\n" + whole.splitlines()[1] + "\n"
    assert [one.step for one in parse(torn)] == [Step.BEGUN, Step.PUSHING]


def test_a_text_may_hold_whatever_ends_a_line_elsewhere(world: World) -> None:
    journal = world.journal()
    journal.note(Step.BAD, commit=NEW, reason="a\u2028b\x85c\nd\x0ce")

    read = history(world.scene().place, world.ports).journals[0].entries

    assert read == journal.entries


def test_what_is_no_journal_is_left_out(world: World) -> None:
    place = world.scene().place
    world.shelf.write(f"{place.path}/holder.json", "{}")
    world.shelf.write(f"{place.path}/20260101T000000Z-0001/journal.jsonl", '[1]\n{"step": "lunch"}\nnull\n')

    assert list(history(place, world.ports).journals) == []


def test_secrets_are_in_no_line(world: World) -> None:
    world.curtain.add(Masker.of([Secret("hunter2hunter2")]))
    journal = world.journal()
    journal.note(Step.BAD, commit=NEW, reason="said hunter2hunter2", way_back={"why": "hunter2hunter2"})
    journal.keep("record.json", "hunter2hunter2")

    assert [name for name, text in world.shelf.files.items() if "hunter2" in text] == []


def test_releases_of_one_second_are_in_their_order(world: World) -> None:
    place = world.scene().place
    made = []
    for _ in range(12):
        journal = journals.begun(world.shelf, place, clock=world.clock, curtain=Curtain())
        journal.note(Step.BEGUN, kind="deploy", commit=NEW)
        made.append(journal.release)

    assert [one.release for one in history(place, world.ports).journals] == made[::-1]


def test_the_record_tells_what_became_of_a_release(world: World) -> None:
    journal = world.journal()
    journal.note(Step.ASKING, intent=world.intent())
    journal.note(Step.DEPLOYING, deploy="dep-2")
    journal.note(Step.LIVE, deploy="dep-2")
    under_way = record(journal)
    journal.note(Step.VERIFIED, commit=NEW, reason="")
    journal.note(Step.ENDED, verdict="live", reason="", remedy="", live="dep-2")
    over = json.loads(render(journal))

    assert (under_way.verdict, under_way.is_verified, under_way.finished) == (ReleaseVerdict.UNDER_WAY, None, None)
    assert over == {
        "schema": 1,
        "id": journal.release,
        "kind": "deploy",
        "target": "render",
        "service": {"id": "srv-1", "name": "shop"},
        "commit": NEW,
        "subject": "Change",
        "verdict": "live",
        "verified": True,
        "deploy": "dep-2",
        "live": "dep-2",
        "revision": "",
        "replaced": {"deploy": "dep-1", "commit": OLD},
        "auto_deploy_was": None,
        "started": "2026-01-01T00:00:01+00:00",
        "finished": "2026-01-01T00:00:01+00:00",
        "reason": "",
        "remedy": "",
    }


def test_what_was_seen_last_of_a_commit_counts(world: World) -> None:
    for step, deploy in ((Step.VERIFIED, "dep-2"), (Step.BAD, "dep-3"), (Step.UNSURE, "dep-4")):
        journal = world.journal()
        journal.note(Step.DEPLOYING, deploy=deploy)
        journal.note(step, commit=NEW, reason="")
        journal.note(Step.ENDED, verdict="live")
    known = history(world.scene().place, world.ports)

    assert [known.seen(f"dep-{number}").is_good for number in (2, 3, 4)] == [True, False, None]  # type: ignore[union-attr]
    assert (known.seen("dep-1"), list(known.good(other_than=""))) == (None, [])


def test_old_releases_are_forgotten_but_none_that_is_needed(world: World) -> None:
    for number in range(60):
        journal = world.journal()
        journal.note(Step.DEPLOYING, deploy=f"dep-{number}")
        if number == 1:
            journal.note(Step.VERIFIED, commit=NEW, reason="")
        if number != 0:
            journal.note(Step.ENDED, verdict="failed")

    forget_old(world.scene().place, world.ports)

    left = [one.release.rpartition("-")[2] for one in history(world.scene().place, world.ports).journals]
    assert left == [*(f"{number:04d}" for number in range(60, 10, -1)), "0002", "0001"]
