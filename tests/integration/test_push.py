"""Pushes to the stand-in's origin: what is refused, what arrives, and what is said."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy_suite.adapters.git import SystemGit
from deploy_suite.model.finding import Outcome
from deploy_suite.model.release import ReleaseVerdict
from deploy_suite.ports import RemoteRefusedError
from deploy_suite.releases.pushing import Pushed, PushRequest, PushVerdict, push
from deploy_suite.reports import pushing as reports
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.stand_in import KEY, server

pytestmark = pytest.mark.integration

SECOND = {"main.py": server(before="print('second')")}
LEAK = "ghp_" + "q8Zt3LwX5vR7nB2mK9pD4sF6hJ1gC0yT8uE5"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("DEPLOY_SUITE_PACE", "50")
    with staged(monkeypatch) as stage:
        yield stage


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def pushed(stage: Stage, *, branch: str = "", is_plan: bool = False) -> Pushed:
    request = PushRequest(folder=stage.shop.clone, service="shop", branch=branch, is_plan=is_plan)
    return push(request, stage.ports)


def at_origin(stage: Stage) -> str:
    return git(Path(stage.shop.record.origin), "rev-parse", stage.shop.record.branch)


def codes(done: Pushed) -> list[str]:
    return [one.code for one in done.findings if one.outcome is Outcome.FAILED]


def test_a_commit_arrives_and_is_deployed(stage: Stage) -> None:
    sha = stage.shop.commit(SECOND, "Say second")

    planned, before = pushed(stage, is_plan=True), at_origin(stage)
    done = pushed(stage)
    again = pushed(stage)
    live = stage.redeploy(commit=sha)

    assert (planned.verdict, done.verdict, again.verdict) == (
        PushVerdict.PENDING,
        PushVerdict.PUSHED,
        PushVerdict.NOTHING,
    )
    assert (before == sha, at_origin(stage), live.verdict) == (False, sha, ReleaseVerdict.LIVE)
    assert [one.subject for one in done.commits] == ["Say second"]
    assert (done.place.branch, done.place.because) == ("main", "shop is deployed from it")
    assert reports.render_text(done).startswith("PUSHED: 1 commit to main on origin (")


def test_all_reasons_are_told_at_once_and_nothing_is_pushed(stage: Stage) -> None:
    before = at_origin(stage)
    stage.shop.commit({"keys.py": f"TOKEN = '{LEAK}'\n"}, "Add a key")
    stage.shop.commit({"keys.py": "TOKEN = ''\n"}, "Take it out again")
    git(stage.shop.clone, "checkout", "-q", "-b", "topic")
    (stage.shop.clone / "main.py").write_text("changed\n")
    (stage.shop.clone / "new.py").write_text("new\n")

    done = pushed(stage)
    text, document = reports.render_text(done), json.loads(reports.render_json(done))

    assert codes(done) == ["uncommitted-changes", "untracked-files", "other-branch", "secret-in-commit"]
    assert (done.verdict, at_origin(stage)) == (PushVerdict.REFUSED, before)
    assert [one["location"] for one in document["findings"]] == [None, None, None, "keys.py:1"]
    assert not [said for said in (text, json.dumps(document), *stage.heard.lines) if LEAK in said or KEY in said]


def test_commits_of_others_are_taken_first(stage: Stage, tmp_path: Path) -> None:
    colleague = tmp_path / "colleague"
    git(tmp_path, "clone", "-q", "-b", "main", str(stage.shop.record.origin), str(colleague))
    git(colleague, "commit", "-q", "--allow-empty", "-m", "newer")
    git(colleague, "push", "-q", "origin", "main")
    behind = pushed(stage)
    stage.shop.commit(SECOND)

    parted = pushed(stage)
    stage.shop.settle()

    assert (codes(behind), codes(parted)) == (["behind-the-remote"], ["git-push-non-fast-forward"])


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        ("error: GH006: Protected branch update failed for refs/heads/main.", "git-protected-branch"),
        (
            "error: File model.bin is 134.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
            "git-large-file-rejected",
        ),
    ],
)
def test_a_rejected_push_is_explained(stage: Stage, says: str, cause: str) -> None:
    hook = Path(stage.shop.record.origin) / "hooks" / "pre-receive"
    hook.write_text(f'#!/bin/sh\necho "{says}"\nexit 1\n')
    hook.chmod(0o755)
    stage.shop.commit(SECOND)

    done = pushed(stage)

    assert (done.verdict, done.reason) == (PushVerdict.REJECTED, "origin did not take it")
    assert done.diagnosis
    assert done.diagnosis.root
    assert done.diagnosis.root.family == cause
    assert f"remote | {says}" in stage.heard.lines


def test_a_remote_that_cannot_be_read_is_explained_with_its_credentials_masked(stage: Stage) -> None:
    git(stage.shop.clone, "remote", "set-url", "origin", "http://bob:sentinel-word@127.0.0.1:9/acme/shop.git")

    done = pushed(stage)
    text = stage.ports.curtain.masked(reports.render_text(done))

    assert (done.verdict, "http://***@127.0.0.1:9/acme/shop.git) cannot be read" in text) == (
        PushVerdict.REJECTED,
        True,
    )
    assert "sentinel-word" not in text


def test_without_a_key_the_branch_that_is_followed_is_meant(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENDER_API_KEY")
    sha = stage.shop.commit(SECOND)

    done = push(PushRequest(folder=stage.shop.clone), stage.ports)
    stage.shop.settle()

    assert (done.verdict, done.place.because, at_origin(stage)) == (
        PushVerdict.PUSHED,
        "the local branch follows it",
        sha,
    )
    assert done.place.service is None


class LosingGit(SystemGit):
    """Loses the answer of a push that was carried out, and then the remote where `is_cut_off`."""

    is_cut_off = False
    has_pushed = False

    def push(self, *where: Any, **more: Any) -> None:
        super().push(*where, **more)
        self.has_pushed = True
        raise RemoteRefusedError("Connection reset by peer", is_late=self.is_cut_off)

    def tip(self, *where: Any, **more: Any) -> str:
        if self.has_pushed and self.is_cut_off:
            raise RemoteRefusedError("", is_late=True)
        return super().tip(*where, **more)


@pytest.mark.parametrize(
    ("is_cut_off", "verdict"), [(False, PushVerdict.PUSHED), (True, PushVerdict.UNKNOWN)], ids=["found", "cut off"]
)
def test_an_answer_that_is_lost_is_looked_up(stage: Stage, *, is_cut_off: bool, verdict: PushVerdict) -> None:
    git_that_loses = LosingGit()
    git_that_loses.is_cut_off = is_cut_off
    stage.ports = replace(stage.ports, git=git_that_loses)
    sha = stage.shop.commit(SECOND)

    done = pushed(stage)

    assert (done.verdict, at_origin(stage)) == (verdict, sha)
