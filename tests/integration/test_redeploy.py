"""Redeploys on the stand-in, from the wish to the end: what is live, what is said, and what it costs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import AutoDeploy, DeployState, ReleaseVerdict
from deploy_suite.releases.choosing import choose
from deploy_suite.reports import redeployment as reports
from tests.integration.redeploy_stage import PACE, staged
from tests.standin.stand_in import KEY, StandIn, server, wait_for

pytestmark = pytest.mark.integration

SECOND = {"main.py": server(before="print('second')")}
BROKEN = {"main.py": "import numpyy\n"}


def served(url: str) -> str:
    done = subprocess.run(("curl", "-sS", "--max-time", "5", url), capture_output=True, text=True, check=True)
    return done.stdout


def test_a_commit_becomes_live_and_its_log_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        first = stage.shop.deploys[0]
        commit = stage.shop.push(SECOND, "Say second")

        done = stage.redeploy(commit=commit)

        assert done.deploy is not None
        assert (done.verdict, done.deploy.commit) == (ReleaseVerdict.LIVE, commit)
        assert (done.replaced and done.replaced.id, served(stage.shop.record.url)) == (first.id, commit)
        assert {"app | second", "build | ==> Build successful 🎉", "start: live"} <= set(stage.heard.lines)
        quoted = [line for line in stage.heard.lines if line.startswith(("app | ", "build | "))]
        assert not [line for line in quoted if first.commit in line]
        assert reports.render_text(done).startswith(f"LIVE: shop on Render: {commit[:7]} ({done.deploy.id})")


def test_without_a_commit_the_branch_is_deployed_and_a_cleared_cache_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)

        done = stage.redeploy(clear_cache=True)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])
        assert stage.render.requests("create-deploy") == [{"clearCache": "clear"}]


def test_a_broken_start_is_explained_by_the_platform_and_by_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        first = stage.shop.deploys[0].commit
        done = stage.redeploy(commit=stage.shop.push(BROKEN))
        report = json.loads(reports.render_json(done))

        assert (done.verdict, done.deploy and done.deploy.state) == (ReleaseVerdict.FAILED, DeployState.START_FAILED)
        assert "Render says: the start command exited with status 1" in done.reason
        assert report["diagnosis"]["causes"][0]["cause"] == "missing-requirement:numpyy"
        assert served(stage.shop.record.url) == first


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("true", "the start command ended by itself, where a service must keep running"),
        (f"{sys.executable} -m http.server $PORT -d / --bind 127.0.0.1", "Timed out after waiting for internal health"),
    ],
    ids=["ends", "never healthy"],
)
def test_a_service_that_does_not_come_up_has_its_reason(
    start: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(monkeypatch, start_s=1.0) as stage:
        stage.shop.record.start, stage.shop.record.health_path = start, "/no-such-page"

        done = stage.redeploy(commit=stage.shop.push(SECOND))

        assert (done.verdict, reason in done.reason) == (ReleaseVerdict.FAILED, True)


def test_a_deploy_that_waits_for_its_turn_is_found_and_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, step_s=0.3) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.platform.begin(stage.shop.hosted, commit, "manual")

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])
        assert stage.shop.deploys[-1].went_through[:2] == ["created", "queued"]


def test_a_deploy_that_a_newer_commit_superseded_is_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, step_s=0.2) as stage:
        commit = stage.shop.push(SECOND)
        newer = stage.shop.push({"main.py": server(before="print('third')")})
        stage.render.operations.superseding = newer

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.SUPERSEDED, [commit])
        assert newer[:7] in done.reason


def test_a_deploy_of_the_same_commit_that_took_its_place_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, step_s=0.2) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.operations.superseding = commit

        done = stage.redeploy(commit=commit)

        assert (done.verdict, done.deploy and done.deploy.id) == (ReleaseVerdict.LIVE, stage.shop.deploys[-1].id)


def test_a_push_that_deploys_the_commit_makes_a_second_deploy_needless(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        stage.shop.record.auto_deploy = "commit"
        service = stage.target.service(stage.shop.record.id)
        before = stage.target.intent(service)
        commit = stage.shop.push(SECOND)
        wait_for(lambda: len(stage.shop.deploys) == 2)

        begun = stage.target.carry_out(service, type(before)(commit=commit, known=before.known, after=before.after))
        stage.shop.settle()

        assert (begun.id, stage.begun_by_request()) == (stage.shop.deploys[-1].id, [])


def test_whoever_died_after_asking_finds_the_deploy_by_the_kept_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        service = stage.target.service(stage.shop.record.id)
        intent = stage.target.intent(service, commit=commit)
        begun = stage.target.carry_out(service, intent)
        stage.shop.settle()

        again = stage.target.carry_out(service, intent)

        assert (again.id, stage.begun_by_request()) == (begun.id, [commit])


def test_by_hook_a_commit_is_deployed_and_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, by_hook=True) as stage:
        commit = stage.shop.push(SECOND)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.shop.deploys[-1].trigger) == (ReleaseVerdict.LIVE, "deploy_hook")
        assert stage.begun_by_request() == [commit]


def test_by_hook_alone_a_deploy_is_begun_and_its_end_is_not_known() -> None:
    with StandIn() as render:
        shop = render.service()
        shop.deployed({"main.py": server()})
        commit = shop.push(SECOND)
        settings = {"RENDER_HOST": render.host, "RENDER_DEPLOY_HOOK": shop.hook, "RENDER_API_KEY": ""}
        told = command(shop.clone, settings, "--hook", "--commit", "HEAD")
        shop.settle()
        render.fault("deploy-hook", "timeout", is_carried_out=True)
        lost = command(shop.clone, settings, "--hook", "--commit", "HEAD")
        shop.settle()

        assert (told.returncode, f"{shop.deploys[1].id} was begun" in told.stdout) == (3, True)
        assert (lost.returncode, "without an API key nobody can look" in lost.stderr) == (3, True)
        assert [one.commit for one in shop.deploys if one.trigger == "deploy_hook"] == [commit, commit]
        assert shop.record.hook_key not in f"{told.stdout}{told.stderr}{lost.stdout}{lost.stderr}"


@pytest.mark.parametrize("kind", ["500", "timeout", "reset", "half-closed"])
def test_a_hook_whose_answer_was_lost_is_looked_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, by_hook=True) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("deploy-hook", kind, is_carried_out=True)

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request()) == (ReleaseVerdict.LIVE, [commit])


def test_a_rollback_serves_the_old_build_again_without_building(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        first = stage.shop.deploys[0]
        stage.redeploy(commit=stage.shop.push(SECOND))
        service = stage.target.service(stage.shop.record.id)
        intent = stage.target.intent(service, back_to=first.id)
        stage.render.fault("rollback-deploy", "timeout", is_carried_out=True)

        stage.target.carry_out(service, intent)
        stage.shop.settle()

        assert served(service.url) == first.commit
        assert [one.trigger for one in stage.shop.deploys].count("rollback") == 1
        assert "build_in_progress" not in stage.shop.deploys[-1].went_through


def test_auto_deploy_is_read_and_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        service = stage.target.service(stage.shop.record.id)
        modes = [stage.target.set_auto_deploy(service, mode).auto_deploy for mode in AutoDeploy]

        assert (service.auto_deploy, modes) == (AutoDeploy.OFF, list(AutoDeploy))


def test_canceling_leaves_the_old_release_live_and_may_be_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch, step_s=0.5) as stage:
        first = stage.shop.deploys[0].commit
        begun = stage.redeploy(commit=stage.shop.push(SECOND), waits=False)
        stage.render.fault("cancel-deploy", "reset", is_carried_out=True)
        assert begun.deploy

        canceled = stage.target.cancel(begun.wish.service, begun.deploy.id)
        stage.shop.settle()

        assert (canceled.state, served(stage.shop.record.url)) == (DeployState.CANCELED, first)


def test_a_platform_that_keeps_the_old_build_serves_the_old_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        stage.shop.record.keeps_old_build = True
        done = stage.redeploy(commit=stage.shop.push(SECOND))

        assert done.verdict is ReleaseVerdict.LIVE  # so Render says; only who asks the service knows better
        assert served(stage.shop.record.url) == stage.shop.deploys[0].commit


@pytest.mark.parametrize(
    ("key", "said"),
    [("rnd_somebody_elses_key_00000", "Render does not accept the API key"), ("", "no API key for Render was found")],
)
def test_a_key_that_is_wrong_or_missing_is_said(key: str, said: str) -> None:
    with StandIn() as render:
        shop = render.service()
        shop.push(SECOND)
        told = command(shop.clone, {**render.settings, "RENDER_API_KEY": key})

        assert (told.returncode, said in told.stderr, "RENDER_API_KEY" in told.stderr) == (2, True, True)
        assert "Traceback" not in told.stderr


def command(folder: Path, settings: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-m", "deploy_suite", "redeploy", "--project", str(folder), *options),
        env=surroundings(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def surroundings(settings: dict[str, str]) -> dict[str, str]:
    quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "DEPLOY_SUITE_PACE": "20"}
    return {**os.environ, **quiet, **settings}


def test_the_command_chooses_the_service_of_the_repository_and_exits_as_it_ends() -> None:
    with StandIn() as render:
        shop, _other = render.service(), render.service("other")
        shop.deployed({"main.py": server()})
        shop.push(SECOND)
        good = command(shop.clone, render.settings, "--format", "json")
        shop.push(BROKEN)
        bad = command(shop.clone, render.settings)

        assert (good.returncode, json.loads(good.stdout)["service"]["name"]) == (0, "shop")
        assert (bad.returncode, "missing-requirement:numpyy" in bad.stdout) == (1, True)


def test_a_commit_that_was_not_pushed_is_refused() -> None:
    with StandIn() as render:
        shop = render.service()
        shop.deployed({"main.py": server()})
        sha = shop.commit(SECOND)

        told = command(shop.clone, render.settings, "--commit", "HEAD")

        assert (told.returncode, f"commit {sha[:7]} is not in origin/main" in told.stderr) == (2, True)
        assert render.requests("create-deploy") == []


def test_several_services_of_one_repository_are_told_apart_by_name_or_id(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        twin = stage.render.service("twin", repo=stage.shop.record.repo).record
        asked = {"repository_slug": "acme/shop"}

        with pytest.raises(UsageError) as raised:
            choose(stage.target, **asked)

        assert (stage.shop.record.id in str(raised.value), twin.id in str(raised.value)) == (True, True)
        assert choose(stage.target, asked="twin", **asked).id == twin.id
        assert choose(stage.target, asked=twin.id, **asked).name == "twin"
        assert choose(stage.target, stated=["twin"], **asked).id == twin.id


def test_ctrl_c_stops_the_waiting_and_says_what_goes_on() -> None:
    with StandIn() as render:
        shop = render.service()
        shop.deployed({"main.py": server()})
        shop.record.build = "sleep 2"
        commit = shop.push(SECOND)
        process = subprocess.Popen(
            (sys.executable, "-m", "deploy_suite", "redeploy", "--project", str(shop.clone)),
            env=surroundings(render.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: shop.deploys[-1].commit == commit and shop.deploys[-1].status == "build_in_progress")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        shop.settle()

        assert (process.returncode, shop.deploys[-1].status) == (130, "live")
        assert f"to cancel it: deploy-suite redeploy --target render --service {shop.record.id} --cancel" in out
        assert "Traceback" not in err


def test_the_key_is_in_no_output_no_exception_and_no_process_list() -> None:
    seen: set[str] = set()
    ends = threading.Event()

    def watch() -> None:
        while not ends.wait(0.01):
            for process in psutil.process_iter(["cmdline"]):
                seen.update(process.info["cmdline"] or ())

    with StandIn() as render:
        shop = render.service(variables={"SECRET_TOKEN": "service-sentinel-77aa"})
        shop.deployed({"main.py": server()})
        telling = f"import os; print({KEY!r}, os.environ['SECRET_TOKEN'], flush=True); raise SystemExit(3)"
        shop.push({"main.py": telling})
        watcher = threading.Thread(target=watch)
        watcher.start()
        failed = command(shop.clone, {**render.settings, "RENDER_DEPLOY_HOOK": shop.hook}, "--hook")
        render.fault("*", "502", times=-1)
        lost = command(shop.clone, {**render.settings, "DEPLOY_SUITE_PACE": "60"})
        ends.set()
        watcher.join()

        told = "".join((failed.stdout, failed.stderr, lost.stdout, lost.stderr, *seen))
        assert (failed.returncode, lost.returncode) == (1, 4)
        assert [one for one in (KEY, "service-sentinel-77aa", shop.record.hook_key) if one in told] == []
        assert "***" in failed.stderr


def test_a_rate_limit_is_waited_for_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(monkeypatch) as stage:
        commit = stage.shop.push(SECOND)
        stage.render.fault("create-deploy", "429", retry_after="2")
        began = time.monotonic()

        done = stage.redeploy(commit=commit)

        assert (done.verdict, stage.begun_by_request(), time.monotonic() - began > 2) == (
            ReleaseVerdict.LIVE,
            [commit],
            True,
        )
        assert stage.heard.longest_silence_s() < PACE.heartbeat_s + 0.5
