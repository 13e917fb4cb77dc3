"""`deploy` and `rollback` as users run them, against the stand-in: what is live at the end, and what is said of it."""

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deploy_stage import BACK, QUICK, Shop, files, shop
from tests.standin.stand_in import KEY, git, server, wait_for

pytestmark = pytest.mark.integration

# Nothing is measured where latency is not the point: this machine is too busy to tell a few milliseconds apart.
FAST = (*QUICK, "--no-baseline")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path) as here:
        yield here


def live(here: Shop) -> str:
    assert here.stage.service.hosted.live is not None
    return here.stage.service.hosted.live.commit


def requests(here: Shop, operation: str) -> int:
    return len(here.stage.render.requests(operation))


def records(here: Shop) -> list[dict[str, Any]]:
    return [json.loads(one.read_text()) for one in sorted(here.stage.state.rglob("record.json"))]


def test_a_good_release_is_live_verified_and_recorded_and_the_same_again_is_nothing_to_do(here: Shop) -> None:
    first = live(here)
    sha = here.stage.service.commit(files(1), "Change the price")

    done = here.stage.run("deploy", "--samples", "20", "--window", "3")
    again = here.stage.run("deploy", *FAST)
    standing = here.stage.run("status")

    assert (done.code, done.answer["verdict"], live(here)) == (0, "live", sha), done.text
    assert [done.answer["there"][part]["verdict"] for part in ("redeploy", "verify")] == ["live", "pass"]
    assert list(done.answer["there"]["verify"]["latency"]) == ["health /", "the shop is open"]
    assert (again.code, again.answer["verdict"], again.answer["release"]) == (0, "nothing to do", None)
    assert (here.deploys_of(sha), standing.answer["verified"], standing.answer["unfinished"]) == (1, True, [])
    kept = records(here)[-1]
    assert (kept["commit"], kept["verdict"], kept["verified"]) == (sha, "live", True)
    assert kept["replaced"]["commit"] == first


def test_a_release_that_does_not_start_leaves_the_old_one_and_is_explained(here: Shop) -> None:
    first = live(here)
    broken = f"import os\nif os.environ.get('SHOP_SEASON'):\n    import numpyy\n{files(2)['main.py']}"
    sha = here.stage.service.commit({**files(2), "main.py": broken})

    done = here.stage.run("deploy", *FAST)

    assert (done.code, done.answer["verdict"], live(here)) == (1, "failed", first), done.text
    assert done.answer["there"]["redeploy"]["diagnosis"]["causes"][0]["cause"] == "missing-requirement:numpyy"
    assert (here.deploys_of(sha), done.answer["back"], requests(here, "rollback-deploy")) == (1, None, 0)


def test_a_release_that_fails_its_probe_is_taken_back_and_the_next_good_one_is_not_in_the_way(here: Shop) -> None:
    first = live(here)
    here.stage.service.commit(files(3, is_bad=True), "Close the shop")
    bad = here.stage.run("deploy", *FAST)
    after = live(here)
    standing = here.stage.run("status")
    sha = here.stage.service.commit(files(4), "Open it again")
    good = here.stage.run("deploy", *FAST)

    assert (bad.code, bad.answer["verdict"], after) == (1, "rolled back", first), bad.text
    assert bad.answer["back"]["verify"]["verdict"] == "pass"
    assert "status 503 where 200 was expected" in bad.answer["reason"]
    assert (standing.code, standing.answer["verified"]) == (1, True)
    assert (good.code, live(here)) == (0, sha), good.text


_SEASONS = """
import traceback
def season(path):
    try:
        return 200 if path != "/open" else {None: 200}[os.environ.get("SHOP_SEASON")]
    except KeyError:
        traceback.print_exc()
        return 500
"""


def test_a_probe_that_fails_is_explained_by_what_the_service_itself_says(here: Shop) -> None:
    source = server(before=_SEASONS, status="season(self.path)")
    here.stage.service.commit({**files(16), "main.py": source}, "Know no winter")

    bad = here.stage.run("deploy", *FAST)

    seen = bad.answer["there"]["diagnosis"]["seen"]
    assert (bad.code, bad.answer["verdict"]) == (1, "rolled back"), bad.text
    assert (seen["exception"], seen["own_frame"].partition("main.py:")[2]) == ("KeyError: 'winter'", "7 in season")
    assert bad.answer["back"]["diagnosis"] is None


def test_a_platform_that_keeps_the_old_build_is_found_out_and_taken_back(here: Shop) -> None:
    settings = '[services.shop]\ncommit = { path = "/", header = "X-Commit" }\n'
    here.stage.service.commit({**files(5), "deploy.toml": settings}, "Tell the commit")
    telling = here.stage.run("deploy", *FAST)
    first = live(here)
    here.stage.service.record.keeps_old_build = True
    here.stage.service.commit({"more.py": ""}, "Kept back")

    done = here.stage.run("deploy", *FAST)

    assert (telling.code, done.code, done.answer["verdict"]) == (0, 1, "rolled back"), done.text
    assert (live(here), "the old build still answers" in done.answer["reason"]) == (first, True)


def test_where_a_push_deploys_there_is_no_second_deploy_and_going_back_stops_that(tmp_path: Path) -> None:
    with shop(tmp_path, auto_deploy="commit") as here:
        sha = here.stage.service.commit(files(1), "By push")
        done = here.stage.run("deploy", *FAST)
        by_push = live(here)
        here.stage.service.commit(files(2, is_bad=True), "Bad, by push")
        bad = here.stage.run("deploy", *FAST)
        mode = here.stage.service.record.auto_deploy
        here.stage.service.commit(files(3), "Good again")
        good = here.stage.run("deploy", *FAST)

        assert (done.code, by_push, here.deploys_of(sha)) == (0, sha, 1), done.text
        assert (bad.code, mode, any("auto-deploy was 'on push'" in note for note in bad.answer["notes"])) == (
            1,
            "off",
            True,
        )
        assert (good.code, here.stage.service.record.auto_deploy) == (0, "commit"), good.text
        assert [one.trigger for one in here.stage.service.deploys] == [
            "new_commit",
            "new_commit",
            "new_commit",
            "rollback",
            "new_commit",
        ]


def test_where_checks_come_first_they_are_waited_for(tmp_path: Path) -> None:
    with shop(tmp_path, auto_deploy="checksPass") as here:
        sha = here.stage.service.commit(files(1), "After checks")
        done = here.stage.run("deploy", *FAST)

        assert (done.code, live(here), here.deploys_of(sha)) == (0, sha, 1), done.text
        assert requests(here, "create-deploy") == 0


def until(file: Path) -> str:
    """Return a build command that goes on until there is *file*."""
    return f"until [ -e {file} ]; do sleep 0.05; done"


def test_two_deploys_at_once_are_one(here: Shop, tmp_path: Path) -> None:
    sha = here.stage.service.commit({**files(6)}, "Slowly")
    here.stage.service.record.build = until(tmp_path / "go")
    known = set(here.journals())
    first = subprocess.Popen(
        here.stage.line("deploy", *FAST), env=here.stage.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_for(lambda: "deploying" in here.steps(known))
    second = here.stage.run("deploy", *FAST)
    standing = here.stage.run("status")
    (tmp_path / "go").touch()
    out, _ = first.communicate(timeout=120)

    assert (first.returncode, live(here), here.deploys_of(sha)) == (0, sha, 1), out
    assert (second.code, f"`deploy` of process {first.pid} since " in second.text) == (4, True), second.text
    assert "last step: deploying" in second.text
    assert (standing.answer["holder"]["pid"], standing.answer["holder"]["step"]) == (first.pid, "deploying")


def test_rollback_takes_the_last_verified_release_and_says_how_to_undo_itself(here: Shop) -> None:
    first = live(here)
    sha = here.stage.service.commit(files(7), "Next")
    here.stage.run("deploy", *FAST)

    back = here.stage.run("rollback", *BACK)
    was = live(here)
    undo = next(note for note in back.answer["notes"] if note.startswith("to undo this: "))
    undone = here.stage.run("rollback", "--to", undo.split()[-1], *BACK)

    assert (back.code, back.answer["verdict"], was) == (0, "live", first), back.text
    assert (undone.code, live(here)) == (0, sha), undone.text


def test_without_a_record_rollback_asks_for_a_name_and_lists_what_was_live(here: Shop, tmp_path: Path) -> None:
    first = here.stage.service.deploys[0]
    here.stage.service.commit(files(8), "Next")
    here.stage.run("deploy", *FAST)
    here.stage.state = tmp_path / "elsewhere"

    lost = here.stage.run("rollback", *BACK)
    named = here.stage.run("rollback", "--to", first.commit[:10], *BACK)

    assert (lost.code, f"--to {first.id}" in lost.text) == (2, True), lost.text
    assert (named.code, live(here)) == (0, first.commit), named.text


def test_a_rollback_that_names_a_release_goes_there_when_a_way_back_was_finished_first(here: Shop) -> None:
    first = here.stage.service.deploys[0]
    between = here.stage.service.commit(files(14), "Next")
    here.stage.run("deploy", *FAST)
    here.stage.service.commit(files(15, is_bad=True), "Bad")
    killed = here.killed_at("going back", signal.SIGKILL, "--no-baseline")

    named = here.stage.run("rollback", "--to", first.id, *BACK)

    assert "going back" in killed.steps
    assert [one["live"] for one in named.answer["healed"]] == [one.id for one in here.stage.service.deploys[3:4]]
    assert here.stage.service.deploys[3].commit == between
    assert (named.code, named.answer["release"]["kind"], live(here)) == (0, "rollback", first.commit), named.text


def test_what_others_deployed_is_verified_and_then_nothing_is_to_do(here: Shop) -> None:
    sha = here.stage.service.deployed(files(9)).commit
    before = here.stage.run("status")
    done = here.stage.run("deploy", *FAST)
    after = here.stage.run("status")

    assert (before.answer["verified"], after.answer["verified"]) == (None, True)
    assert (done.code, done.answer["preflight"], here.deploys_of(sha)) == (0, None, 1), done.text


def test_what_cannot_be_pushed_or_would_fail_changes_nothing(here: Shop) -> None:
    first = live(here)
    (here.stage.service.clone / "main.py").write_text("changed")
    dirty = here.stage.run("deploy", *FAST)
    git(here.stage.service.clone, "checkout", "-q", "main.py")
    here.stage.service.commit({"main.py": "import nothing_of_the_kind\n"})
    failing = here.stage.run("deploy", *FAST)

    assert (dirty.code, dirty.answer["verdict"], failing.code, failing.answer["verdict"]) == (
        1,
        "refused",
        1,
        "refused",
    ), failing.text
    assert [one["code"] for one in dirty.answer["push"]["findings"]] == ["uncommitted-changes"]
    assert failing.answer["preflight"]["outcome"] == "failed"
    assert (live(here), git(Path(here.stage.service.record.origin), "rev-parse", "main")) == (first, first)
    assert len(records(here)) == 1


def test_where_ci_checks_a_commit_out_its_branch_is_named_or_known(here: Shop) -> None:
    clone, origin = here.stage.service.clone, Path(here.stage.service.record.origin)
    sha = here.stage.service.commit(files(17), "Made by CI")
    git(clone, "checkout", "-q", "--detach")
    refused = here.stage.run("deploy", *FAST)
    elsewhere = here.stage.run("deploy", "--branch", "topic", *FAST)
    named = here.stage.run("deploy", "--branch", "main", *FAST)
    pushed = git(origin, "rev-parse", "main")
    git(clone, "checkout", "-q", "main")
    tip = here.stage.service.push(files(18), "Pushed before CI began")
    git(clone, "checkout", "-q", "--detach")
    git(clone, "branch", "-q", "-D", "main")
    at_the_tip = here.stage.run("deploy", *FAST)
    behind = git(clone, "checkout", "-q", sha)
    late = here.stage.run("deploy", "--branch", "main", *FAST)

    assert [one["code"] for one in refused.answer["push"]["findings"]] == ["detached-head"], refused.text
    assert (elsewhere.code, "shop is deployed from main" in elsewhere.text) == (2, True), elsewhere.text
    assert (named.code, pushed, here.deploys_of(sha)) == (0, sha, 1), named.text
    assert (at_the_tip.code, live(here), here.deploys_of(tip), behind) == (0, tip, 1, ""), at_the_tip.text
    assert [one["code"] for one in late.answer["push"]["findings"]] == ["behind-the-remote"], late.text
    assert live(here) == tip


def test_nothing_secret_is_kept_and_nobody_else_can_read_what_is(here: Shop) -> None:
    here.stage.service.record.variables["SECRET_TOKEN"] = "service-sentinel-77aa"
    telling = f"import os\nprint({KEY!r}, os.environ.get('SECRET_TOKEN'), flush=True)\n{files(10)['main.py']}"
    here.stage.service.commit({**files(10), "main.py": telling.replace(KEY, "") + f"# {KEY[:4]}\n"})
    done = here.stage.run("deploy", *FAST)

    kept = "".join(one.read_text() for one in here.stage.state.rglob("*") if one.is_file())
    assert done.code == 0, done.text
    assert [one for one in (KEY, "service-sentinel-77aa") if one in kept + done.text] == []
    assert "***" in kept
    modes = {stat.S_IMODE(one.stat().st_mode) for one in here.stage.state.rglob("*")}
    assert modes == {stat.S_IRWXU, stat.S_IRUSR | stat.S_IWUSR}


def test_ctrl_c_twice_says_what_the_next_command_does(here: Shop, tmp_path: Path) -> None:
    sha = here.stage.service.commit(files(11), "Interrupted")
    here.stage.service.record.build = until(tmp_path / "go")
    known = set(here.journals())
    process = subprocess.Popen(
        here.stage.line("deploy", *FAST),
        env=here.stage.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: "deploying" in here.steps(known))
    time.sleep(0.2)  # the line is on the disk a moment before the process knows it
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    standing = here.stage.run("status")
    (tmp_path / "go").touch()
    healed = here.stage.run("deploy", *FAST)

    told = json.loads(out)
    assert (process.returncode, told["interrupted"], "Traceback" in err) == (130, True, False)
    assert told["remedy"] == "the next deploy-suite deploy or rollback follows its deploy to the end and verifies it"
    assert standing.answer["unfinished"][0]["step"] == "deploying"
    assert (healed.code, live(here), here.deploys_of(sha)) == (0, sha, 1), healed.text
    assert [one["commit"] for one in healed.answer["healed"]] == [sha]


def test_a_deploy_of_the_commit_that_somebody_else_began_is_taken(here: Shop, tmp_path: Path) -> None:
    sha = here.stage.service.push(files(12), "By hand")
    here.stage.service.record.build = until(tmp_path / "go")
    begun = here.stage.render.platform.begin(here.stage.service.hosted, sha, "manual")
    known = set(here.journals())
    process = subprocess.Popen(
        here.stage.line("deploy", *FAST), env=here.stage.environment, stdout=subprocess.PIPE, text=True
    )
    wait_for(lambda: "deploying" in here.steps(known))
    (tmp_path / "go").touch()
    out, _ = process.communicate(timeout=120)

    assert begun is not None
    assert (process.returncode, live(here), here.deploys_of(sha)) == (0, sha, 1), out
    assert json.loads(out)["release"]["deploy"] == begun.id


def test_what_nobody_can_judge_is_left_verified_again_and_can_be_taken_back(here: Shop) -> None:
    first = live(here)
    settings = '[services.shop]\ncommit = { path = "/", header = "X-Nothing" }\n'
    sha = here.stage.service.commit({**files(13), "deploy.toml": settings}, "Tell nothing")
    unsure = here.stage.run("deploy", *FAST)
    again = here.stage.run("deploy", *FAST)
    standing = here.stage.run("status")
    was = live(here)
    back = here.stage.run("rollback", *BACK)

    assert (unsure.code, unsure.answer["verdict"], unsure.answer["back"]) == (3, "inconclusive", None), unsure.text
    assert (again.code, again.answer["preflight"], here.deploys_of(sha), was) == (3, None, 1, sha), again.text
    assert (standing.code, standing.answer["verified"]) == (0, None)
    assert (back.code, live(here)) == (0, first), back.text
