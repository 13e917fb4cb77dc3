"""What became of a wish to deploy, as text and as JSON."""

import json
from datetime import UTC, datetime

from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.release import Deploy, DeployState, FailureReason, Intent, LiveService, Trigger
from deploy_suite.releases import redeployment as ends
from deploy_suite.releases.redeployment import Wish
from deploy_suite.reports.redeployment import render_json, render_text

SERVICE = LiveService(
    id="srv-1", name="shop", kind="web_service", url="https://shop.example", page="https://page.example"
)
WISH = Wish(target="render", service=SERVICE, intent=Intent(commit="abcdef1234"))
TIME = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def deploy(state: DeployState, commit: str = "abcdef1234", name: str = "dep-1") -> Deploy:
    return Deploy(id=name, state=state, commit=commit, trigger=Trigger.REQUEST, created=TIME)


def test_a_deploy_that_is_live_is_told_in_two_lines() -> None:
    assert render_text(ends.live(WISH, deploy(DeployState.LIVE))) == (
        "LIVE: shop on Render: abcdef1 (dep-1)  (0.0 s)\n  https://shop.example\n"
    )


def test_another_commit_than_was_asked_for_is_a_failure() -> None:
    text = render_text(ends.live(WISH, deploy(DeployState.LIVE, commit="9999999")))

    assert text.splitlines()[:2] == [
        "FAILED: shop on Render: 9999999 (dep-1)  (0.0 s)",
        "  9999999 is live where abcdef1 was asked for",
    ]


def test_a_failure_tells_the_platforms_reason_and_the_logs_cause() -> None:
    found = diagnose("ModuleNotFoundError: No module named 'numpyy'\n")
    done = ends.failed(
        WISH, deploy(DeployState.START_FAILED), FailureReason(text="it exited with status 1"), found, replaced=None
    )
    lines = render_text(done).splitlines()

    assert lines[1] == (
        "  dep-1: start failed; Render says: it exited with status 1; nothing was live before, and nothing is"
    )
    assert "missing-requirement:numpyy: numpyy is imported but not installed" in lines


def test_every_end_says_what_to_do_next() -> None:
    under_way = deploy(DeployState.BUILDING)
    told = {
        "begun": ends.begun(WISH, under_way),
        "lost": ends.lost(WISH, under_way, "contact was lost: refused"),
        "canceled": ends.given_up(WISH, deploy(DeployState.CANCELED), FailureReason(), None),
        "superseded": ends.given_up(
            WISH, deploy(DeployState.CANCELED), FailureReason(), deploy(DeployState.LIVE, "777", "dep-2")
        ),
        "interrupted": ends.interrupted(WISH, under_way, has_asked=True),
        "interrupted early": ends.interrupted(WISH, None, has_asked=True),
    }
    cancel = "to cancel it: deploy-suite redeploy --target render --service srv-1 --cancel dep-1"

    assert {name: (one.verdict.value, one.reason, one.remedy) for name, one in told.items()} == {
        "begun": ("under way", "dep-1 was begun; nobody was asked to wait for it", cancel),
        "lost": (
            "inconclusive",
            "dep-1 was last seen as building, and how it goes on is not known: contact was lost: refused",
            f"look at it: https://page.example; {cancel}",
        ),
        "canceled": (
            "canceled",
            "dep-1: canceled; Render does not say why",
            "run this again if this commit is to be live",
        ),
        "superseded": (
            "superseded",
            "dep-1 (abcdef1): canceled; dep-2 (777, live) took its place",
            "run this again if this commit is to be live",
        ),
        "interrupted": (
            "under way",
            "nobody waits any longer; dep-1 goes on at the target, last seen as building",
            cancel,
        ),
        "interrupted early": (
            "inconclusive",
            "interrupted while the deploy was asked for: the target may have begun it",
            "look whether there is one: https://page.example",
        ),
    }


def test_the_json_document_holds_all_of_it() -> None:
    assert json.loads(render_json(ends.live(WISH, deploy(DeployState.LIVE)))) == {
        "schema": 1,
        "target": "render",
        "service": {"id": "srv-1", "name": "shop", "url": "https://shop.example"},
        "asked": {"commit": "abcdef1234", "clear_cache": False},
        "verdict": "live",
        "deploy": {
            "id": "dep-1",
            "commit": "abcdef1234",
            "state": "live",
            "trigger": "request",
            "created": "2026-03-01T12:00:00+00:00",
            "finished": None,
        },
        "replaced": None,
        "reason": "",
        "remedy": "",
        "notes": [],
        "diagnosis": None,
        "seconds": 0.0,
        "interrupted": False,
    }
