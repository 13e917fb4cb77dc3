"""The fault matrix: each call of a redeploy fails in each way, in each state; never two deploys for one wish."""

import time

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import ReleaseVerdict
from deploy_suite.targets.live import LostContactError, UnknownOutcomeError
from tests.integration.redeploy_stage import IMPATIENT, PACE, staged
from tests.standin.faults import KINDS, REFUSALS
from tests.standin.stand_in import server

pytestmark = pytest.mark.integration

SECOND = {"main.py": server(before="print('second')")}
LOST = ("500", "502", "503", "timeout", "reset", "half-closed", "empty", "garbage")
STATES = ("created", "build_in_progress", "pre_deploy_in_progress", "update_in_progress", "live")


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_to_a_wish_that_was_carried_out_is_looked_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("create-deploy", kind, is_carried_out=kind != "429")

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])
        assert len(stage.render.requests("create-deploy")) == (2 if kind == "429" else 1)
        assert stage.heard.longest_silence_s() < PACE.heartbeat_s + 0.5


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_to_a_wish_that_was_not_carried_out_is_unknown_and_not_repeated(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("create-deploy", kind)
        began = time.monotonic()

        with pytest.raises(UnknownOutcomeError, match="nothing was asked for twice"):
            stage.redeploy(commit=commit)

        assert (len(stage.render.requests("create-deploy")), stage.begun_by_request()) == (1, [])
        assert time.monotonic() - began < PACE.call_s + PACE.lookup_s + 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_a_fault_while_it_is_followed_changes_no_verdict(
    kind: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(monkeypatch, step_s=0.2) as stage:
        stage.shop.record.pre_deploy = "true"
        commit = stage.shop.push(SECOND)
        for call in ("retrieve-deploy", "list-logs"):
            stage.render.fault(call, kind, times=2, during=state)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])
        assert kind in {happened for _, happened in stage.render.faults.happened}  # the first may outlast the state
        assert stage.heard.longest_silence_s() < PACE.heartbeat_s + 0.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["build_failed", "pre_deploy_failed", "update_failed"])
def test_a_fault_hides_no_failure(kind: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        match state:
            case "build_failed":
                stage.shop.record.build = "echo no such package; exit 3"
            case "pre_deploy_failed":
                stage.shop.record.pre_deploy = "echo no table; exit 3"
            case _:
                stage.shop.record.start = "echo no module; exit 3"
        commit = stage.shop.push(SECOND)
        for call in ("retrieve-deploy", "list-logs", "list-events"):
            stage.render.fault(call, kind, times=1, during=state)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.FAILED, [commit])
        assert ("list-events", kind) in stage.render.faults.happened
        assert "exited with status 3" in done.reason


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_fails_for_ever_ends_in_contact_lost_within_the_deadline(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(monkeypatch, pace=IMPATIENT, step_s=0.5) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("retrieve-deploy", kind, times=-1)
        began = time.monotonic()

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.INCONCLUSIVE, [commit])
        assert "contact was lost" in done.reason
        assert time.monotonic() - began < stage.target.pace.lost_s + 2 * stage.target.pace.patience_s + 2


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_begun_where_the_target_cannot_be_seen_before(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, pace=IMPATIENT) as stage:
        stage.shop.push(SECOND)
        stage.render.fault("*", kind, times=-1)

        with pytest.raises(LostContactError):
            stage.redeploy()

        assert (stage.render.requests("create-deploy"), stage.begun_by_request()) == ([], [])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nice_to_have_may_fail(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, pace=IMPATIENT) as stage:
        commit = stage.shop.push(SECOND)
        for call in ("list-logs", "list-instances", "get-env-vars-for-service", "list-events"):
            stage.render.fault(call, kind, times=-1)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])


@pytest.mark.parametrize("kind", KINDS)
def test_a_wish_that_is_queued_is_found_whatever_fails(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, step_s=0.2) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.operations.answers_queued = True
        stage.render.fault("list-deploys", kind, times=2, during="queued")

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])
        assert ("list-deploys", kind) in stage.render.faults.happened


@pytest.mark.parametrize("kind", KINDS)
def test_a_deploy_that_was_superseded_is_told_as_that_whatever_fails(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(monkeypatch, step_s=0.2) as stage:
        commit = stage.shop.push(SECOND)
        newer = stage.render.operations.superseding = stage.shop.push({"main.py": server(before="print('third')")})
        for call in ("retrieve-deploy", "list-events"):
            stage.render.fault(call, kind, times=2)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, newer[:7] in done.reason) == (ReleaseVerdict.SUPERSEDED, True)
        assert stage.begun_by_request() == [commit]


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_final_and_says_what_to_do(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("create-deploy", status)

        with pytest.raises(UsageError, match=f"status {status}: refused with {status}") as raised:
            stage.redeploy(commit=commit)

        assert (bool(raised.value.remedy), stage.begun_by_request()) == (True, [])
        assert len(stage.render.requests("create-deploy")) == 1


def test_a_deploy_that_cannot_be_seen_at_once_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("retrieve-deploy", "404", times=3)

        assert stage.redeploy(commit=commit).verdict is ReleaseVerdict.LIVE


def test_a_key_that_is_revoked_while_it_is_followed_leaves_the_end_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("retrieve-deploy", "401", times=-1)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, "Render does not accept the API key" in done.reason) == (
            ReleaseVerdict.INCONCLUSIVE,
            True,
        )
