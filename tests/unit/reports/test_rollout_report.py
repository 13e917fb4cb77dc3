"""What became of a deploy, as a person and as a program read it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.probe import Probe, ProbeResult, ProbeVerdict
from deploy_suite.model.release import (
    Deploy,
    DeployState,
    Intent,
    LiveService,
    Release,
    ReleaseKind,
    ReleaseVerdict,
)
from deploy_suite.ports import Address
from deploy_suite.releases.outcome import Leg, Rollout
from deploy_suite.releases.redeployment import Redeployment, Wish
from deploy_suite.releases.verification import Asked, Served, Subject, Verification
from deploy_suite.reports.rollout import render_json, render_text

SHOP = LiveService(id="srv-1", name="shop", kind="web", url="https://shop.example")
OLD, NEW = "0" * 39 + "1", "a" * 40
TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)


def release(verdict: ReleaseVerdict, *, is_verified: bool | None = True, number: int = 1) -> Release:
    return Release(
        id=f"20260101T120000Z-{number:04d}",
        target="render",
        service="shop",
        service_id="srv-1",
        commit=NEW,
        started=TIME,
        finished=TIME,
        verdict=verdict,
        is_verified=is_verified,
        deploy_id="dep-2",
        live_deploy_id="dep-2",
        reason="because",
    )


def leg(commit: str, deploy_id: str) -> Leg:
    deploy = Deploy(id=deploy_id, state=DeployState.LIVE, commit=commit)
    wish = Wish(target="render", service=SHOP, intent=Intent(commit=commit))
    return Leg(redeployment=Redeployment(wish=wish, verdict=ReleaseVerdict.LIVE, deploy=deploy, seconds=3.0))


def seen(verdict: ProbeVerdict, reason: str = "") -> Verification:
    address = Address("shop.example", 443)
    probe = Probe(name="ask", path="/ask")
    asked = Asked(
        probe=probe,
        command="curl https://shop.example/ask",
        good=0 if reason else 3,
        asked=3,
        last=ProbeResult(probe=probe, verdict=verdict, reason=reason),
    )
    subject = Subject(url="https://shop.example", address=address, service="shop", probes=(probe,))
    return Verification(
        subject=subject, verdict=verdict, served=Served(), reason=reason, asked=(asked,), latency={}, seconds=2.0
    )


def rollout(verdict: ReleaseVerdict, **more: object) -> Rollout:
    kind = more.pop("kind", ReleaseKind.DEPLOY)
    return Rollout(kind=kind, target="render", service=SHOP, verdict=verdict, commit=NEW, seconds=4.5, **more)  # type: ignore[arg-type]


def test_a_good_deploy_tells_its_stages_and_its_record() -> None:
    done = rollout(ReleaseVerdict.LIVE, release=release(ReleaseVerdict.LIVE), there=leg(NEW, "dep-2"))

    assert render_text(done) == (
        "LIVE, verified: aaaaaaa of shop on Render  (4.5 s)\n"
        "  https://shop.example\n"
        "  release 20260101T120000Z-0001\n"
        "\n"
        "  deploy  live: aaaaaaa (dep-2)  (3.0 s)\n"
    )


def test_a_release_that_was_taken_back_says_first_what_is_so_now_why_and_what_to_do() -> None:
    log = "Traceback (most recent call last):\n  File \"/opt/app/main.py\", line 7, in ask\nKeyError: 'winter'\n"
    there = replace(leg(NEW, "dep-2"), verification=seen(ProbeVerdict.FAIL, "status 500"), diagnosis=diagnose(log))
    done = rollout(
        ReleaseVerdict.ROLLED_BACK,
        release=release(ReleaseVerdict.ROLLED_BACK, is_verified=False),
        there=there,
        back=replace(leg(OLD, "dep-3"), verification=seen(ProbeVerdict.PASS)),
        reason="it was bad",
        remedy="correct it",
        notes=("auto-deploy is off now",),
    )

    assert render_text(done).splitlines()[:24] == [
        "TAKEN BACK: aaaaaaa of shop on Render  (4.5 s)",
        "  it was bad",
        "  its own log shows: KeyError: 'winter', at /opt/app/main.py:7 in ask",
        "  note: auto-deploy is off now",
        "  fix: correct it",
        "  release 20260101T120000Z-0001",
        "",
        "  deploy   live: aaaaaaa (dep-2)  (3.0 s)",
        "  verify   bad: 0 of 1 probes good  (2.0 s)",
        "  go back  live: 0000000 (dep-3)  (3.0 s)",
        "  verify   good: 1 of 1 probes good  (2.0 s)",
        "",
        "Verification",
        "  FAILED: shop  (2.0 s, https://shop.example)",
        "    status 500",
        "    0 of 3 good  ask: status 500",
        "        curl https://shop.example/ask",
        "",
        "Its own log since it was live",
        "  unknown: the log shows a failure, and nothing in it says which known cause it has",
        "",
        "       3 | KeyError: 'winter'",
        "  Last in the project's own code: /opt/app/main.py:7 in ask",
        "",
    ]


def test_what_was_finished_first_is_told_and_what_is_not_verified_is_not_called_so() -> None:
    done = rollout(
        ReleaseVerdict.LIVE,
        release=release(ReleaseVerdict.LIVE, is_verified=None, number=2),
        healed=(release(ReleaseVerdict.ABANDONED, is_verified=None),),
    )

    assert render_text(done).splitlines() == [
        "LIVE: aaaaaaa of shop on Render  (4.5 s)",
        "  https://shop.example",
        "  release 20260101T120000Z-0002",
        "",
        "  before  the deploy of aaaaaaa was not finished: abandoned",
        "",
        "Release 20260101T120000Z-0001",
        "  because",
    ]


def test_a_rollback_is_live_again_and_every_verdict_has_its_word() -> None:
    done = rollout(ReleaseVerdict.LIVE, kind=ReleaseKind.ROLLBACK, release=release(ReleaseVerdict.LIVE))

    assert render_text(done).startswith("LIVE AGAIN, verified: aaaaaaa of shop on Render")
    for verdict in ReleaseVerdict:
        assert render_text(rollout(verdict)).partition(":")[0].isupper()


def test_the_json_holds_all_of_it() -> None:
    done = rollout(ReleaseVerdict.NOTHING, reason="aaaaaaa is live and verified")
    told = json.loads(render_json(done))

    assert told == {
        "schema": 1,
        "kind": "deploy",
        "target": "render",
        "service": {"id": "srv-1", "name": "shop", "url": "https://shop.example"},
        "verdict": "nothing to do",
        "commit": NEW,
        "release": None,
        "healed": [],
        "preflight": None,
        "push": None,
        "there": None,
        "back": None,
        "reason": "aaaaaaa is live and verified",
        "remedy": "",
        "notes": [],
        "seconds": 4.5,
        "interrupted": False,
    }
