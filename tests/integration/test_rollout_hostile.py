"""`deploy` and `rollback` where remotes refuse, people interfere, disks fill, clocks jump and records are damaged."""

import contextlib
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy_suite.adapters import ledger
from deploy_suite.adapters.clock import SystemClock
from deploy_suite.releases import pushing
from tests.integration.redeploy_stage import PACE
from tests.integration.rollout_stage import QUICK, Shop
from tests.standin.records import Deploy
from tests.standin.stand_in import git, wait_for

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def hook(here: Shop, name: str, script: str) -> Iterator[None]:
    """Let the remote run *script* when something is pushed."""
    file = here.service.record.origin / "hooks" / name
    before = file.read_text() if file.exists() else None
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    try:
        yield
    finally:
        file.unlink()
        if before is not None:
            file.write_text(before)
            file.chmod(0o755)


def test_a_remote_that_refuses_is_no_deploy(here: Shop) -> None:
    before, sha = here.live, here.commit("Refused")

    with hook(here, "pre-receive", "echo 'main is frozen until Monday' >&2; exit 1"):
        ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (1, "refused", before, []), ran.text
    assert "main is frozen until Monday" in ran.text
    assert here.run("deploy").code == 0
    assert here.begun(sha) == ["api"]


def test_a_remote_that_hangs_is_given_up_and_the_next_deploy_goes_on(
    here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sha = here.live, here.commit("Hangs")
    monkeypatch.setattr(pushing, "_PUSH_S", 1.5)

    with hook(here, "pre-receive", "sleep 20"):
        ran = here.run("deploy")

    assert (ran.verdict, here.live, here.begun(sha)) == ("refused", before, []), ran.text
    assert ran.silence_s < PACE.heartbeat_s + 1
    assert (here.run("deploy").code, here.begun(sha)) == (0, ["api"])


def test_a_remote_that_dies_after_it_took_the_push_has_it(here: Shop) -> None:
    sha = here.commit("Dies after it")

    with hook(here, "post-receive", "kill -9 $PPID; sleep 1"):
        ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (0, "live", sha, ["api"]), ran.text


def test_a_remote_that_dies_before_it_took_the_push_has_it_not(here: Shop) -> None:
    before, sha = here.live, here.commit("Dies before it")

    with hook(here, "pre-receive", "kill -9 $PPID; sleep 1"):
        ran = here.run("deploy")

    assert (ran.code, here.live, here.begun(sha)) == (1, before, []), ran.text
    assert (here.run("deploy").code, here.begun(sha)) == (0, ["api"])


@pytest.mark.parametrize("mode", ["off", "commit"])
def test_what_another_pushes_on_top_meanwhile_is_not_taken_back(here: Shop, mode: str) -> None:
    here.service.record.auto_deploy = mode
    sha = here.commit(f"Ours, and another on top, {mode}")
    newer: list[str] = []
    pushed = here.render.operations.pushed

    def and_another(lines: str) -> object:
        newer.append(here.pushed_by_another())
        return pushed(lines)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.render.operations, "pushed", and_another)
        ran = here.run("deploy")
    here.service.settle()
    here.service.record.auto_deploy = "off"

    if mode == "off":
        assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (0, "live", sha, ["api"]), ran.text
    else:
        assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (1, "superseded", newer[0], []), ran.text
        assert newer[0][:7] in ran.answer["reason"]
    here.caught_up()
    assert (here.run("deploy").code, here.live) == (0, git(here.service.clone, "rev-parse", "HEAD"))


def test_somebody_who_goes_back_by_hand_while_it_is_verified_is_not_overruled(here: Shop) -> None:
    before = here.service.hosted.live
    assert before is not None
    sha = here.commit("Bad, and taken back by hand", is_bad=True)
    by_hand = threading.Thread(target=_go_back_by_hand, args=(here, sha, before))
    by_hand.start()

    ran = here.run("deploy")

    by_hand.join()
    assert (ran.verdict, here.begun(sha)) == ("superseded", ["api"]), ran.text
    assert here.live == before.commit
    assert len(here.render.requests("rollback-deploy")) == 0


def _go_back_by_hand(here: Shop, sha: str, before: Deploy) -> None:
    while here.live != sha:
        threading.Event().wait(0.01)
    here.render.platform.begin(here.service.hosted, before.commit, "rollback", rollback_to=before)


def test_a_service_that_is_suspended_is_not_deployed(here: Shop) -> None:
    sha = here.commit("Suspended")
    here.service.record.suspended = True

    ran = [here.run(command) for command in ("deploy", "rollback")]

    assert [(one.code, "is suspended" in one.err, "fix: resume it first" in one.err) for one in ran] == [
        (2, True, True),
        (2, True, True),
    ]
    assert here.begun(sha) == []


def test_a_service_that_is_suspended_after_the_push_is_left_as_it_was(here: Shop) -> None:
    before, sha = here.live, here.commit("Suspended after the push")
    pushed = here.render.operations.pushed

    def and_suspended(lines: str) -> object:
        here.service.record.suspended = True
        return pushed(lines)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(here.render.operations, "pushed", and_suspended)
        ran = here.run("deploy")

    assert (ran.code, ran.verdict, here.live, here.begun(sha)) == (1, "refused", before, []), ran.text
    assert "suspended" in ran.answer["reason"]
    here.mend()
    assert (here.run("deploy").code, here.begun(sha)) == (0, ["api"])


@pytest.mark.parametrize("jump", [-90_000_000, 90_000_000])
def test_a_clock_that_jumps_changes_no_verdict(here: Shop, jump: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = here.commit(f"Before the jump of {jump}")
    assert here.run("deploy").code == 0
    monkeypatch.setattr(
        SystemClock, "utc", lambda _self: (datetime.now(UTC) + timedelta(seconds=jump)).isoformat(timespec="seconds")
    )
    sha = here.commit(f"After the jump of {jump}")
    ran = here.run("deploy")
    assert (ran.code, here.live, here.begun(sha)) == (0, sha, ["api"]), ran.text
    status = here.run("status")
    assert status.answer["verified"] is True, status.text
    assert status.answer["releases"][0]["commit"] == sha, status.text
    back = here.run("rollback")
    assert (back.code, here.live) == (0, first), back.text


@pytest.mark.parametrize(("lines", "is_bad"), [(1, False), (14, False), (22, False), (26, True)])
def test_a_disk_that_fills_up_begins_nothing_twice_and_what_comes_next_goes_on(
    here: Shop,
    lines: int,
    is_bad: bool,  # noqa: FBT001  pytest passes it
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, sha = here.live, here.commit(f"A disk with room for {lines} lines", is_bad=is_bad)
    left = iter(range(lines))
    write = ledger._write_all

    def until_full(file: int, data: bytes) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "_write_all", until_full)
        ran = here.run("deploy")
    here.service.settle()
    again = here.run("deploy")

    assert (ran.code, ran.verdict) == (3, "inconclusive"), ran.text
    assert "No space left on device" in ran.answer["reason"]
    assert "make room there" in ran.answer["remedy"]
    assert (again.code, here.live, here.begun(sha)) == ((1, before, ["api"]) if is_bad else (0, sha, ["api"])), (
        again.text
    )


def test_a_small_disk_that_is_full_is_said_before_anything_is_begun(
    here: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("small").mkdir()
    command = ("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(tmp_path / "small"))
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    sha = here.commit("A full disk")
    try:
        with contextlib.suppress(OSError):
            (tmp_path / "small/filler").write_bytes(b"x" * 8192)
        monkeypatch.setenv("DEPLOY_SUITE_STATE", str(tmp_path / "small/state"))
        ran = here.run("deploy")
    finally:
        subprocess.run(("umount", str(tmp_path / "small")), check=True)

    assert (ran.code, here.begun(sha)) == (4, []), ran.text
    assert "No space left on device" in ran.err
    assert "fix: make room there" in ran.err


def test_records_that_cannot_be_kept_are_said_before_anything_is_begun(
    here: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DEPLOY_SUITE_STATE", str(tmp_path / "file/state"))
    sha = here.commit("No place for records")

    ran = [here.run(command) for command in ("deploy", "rollback")]

    assert [(one.code, "cannot keep records of releases" in one.err) for one in ran] == [(4, True), (4, True)]
    assert here.begun(sha) == []
    assert here.run("status").code in {0, 1}


def test_records_in_a_folder_whose_name_has_spaces(here: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOY_SUITE_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "my state, 50 %"))
    sha = here.commit("Spaces")

    ran = here.run("deploy")

    assert (ran.code, here.live) == (0, sha), ran.text
    assert len(list((tmp_path / "my state, 50 %").rglob("record.json"))) == 1


DAMAGE: dict[str, Callable[[str], str]] = {
    "torn": lambda text: text[: len(text) - 17],
    "garbage": lambda text: text.replace("\n", '\n\x00\xff[1]\nnull\n{"step": "lunch"}\n' + "[" * 100_000 + "\n", 1),
    "without its beginning": lambda text: text.partition("\n")[2],
    "a naive time": lambda text: text.replace("+00:00", ""),
    "an intent of nonsense": lambda text: text.replace('"known":', '"after": "tomorrow", "known":').replace(
        '"after": "2', '"after": "x'
    ),
    "a verdict of nonsense": lambda text: text.replace('"verdict": "live"', '"verdict": "lovely"'),
    "empty": lambda _text: "",
}


@pytest.mark.parametrize(
    ("until", "how"),
    [*(("deploying", how) for how in DAMAGE if how != "a verdict of nonsense"), ("ended", "a verdict of nonsense")],
)
def test_a_journal_that_was_damaged_stops_nothing(here: Shop, how: str, until: str) -> None:
    assert here.run("deploy").code == 0
    sha = here.commit(f"Damaged after {until}: {how}")
    assert here.run("deploy").code == 0
    journal = here.journals()[-1]
    whole = journal.read_text().splitlines(keepends=True)
    end = next(at for at, line in enumerate(whole) if f'"step": "{until}"' in line)
    journal.write_text(DAMAGE[how]("".join(whole[: end + 1])))
    (journal.parent / "baseline.json").write_text("{")
    (journal.parent.parent / "holder.json").write_text('{"pid": "x", "since": 3}')

    status, again = here.run("status"), here.run("deploy")

    assert status.code == 0, status.text
    assert (again.code, here.live, here.begun(sha)) == (0, sha, ["api"]), again.text


def test_a_journal_of_a_newer_version_is_left_alone(here: Shop) -> None:
    assert here.run("deploy").code == 0
    journal = here.journals()[-1]
    text = journal.read_text()
    journal.write_text(text.replace('"schema": 1', '"schema": 2'))
    sha = here.commit("After a newer version")

    ran = [here.run(command) for command in ("deploy", "rollback", "status")]
    journal.write_text(text)

    assert [(one.code, "update the suite" in one.err) for one in ran] == [(2, True)] * 3
    assert here.begun(sha) == []


def test_a_second_deploy_says_who_is_at_work_and_begins_nothing(here: Shop) -> None:
    here.service.record.build = "sleep 4"
    sha = here.commit("Two at once")
    options = ("--project", str(here.service.clone), "--no-baseline", *QUICK)  # on a busy machine it may seem slower
    line = (sys.executable, "-m", "deploy_suite", "deploy", *options)
    environment = {**os.environ, "DEPLOY_SUITE_PACE": "20"}
    first = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: here.begun(sha))

    second = [here.run(command) for command in ("deploy", "rollback")]
    status = here.run("status")
    said = first.communicate(timeout=60)[0]

    assert [one.code for one in second] == [4, 4]
    assert all(f"of process {first.pid}" in one.err and "last step: deploying" in one.err for one in second), second[
        0
    ].err
    assert status.answer["holder"]["pid"] == first.pid
    assert (first.returncode, here.live, here.begun(sha)) == (0, sha, ["api"]), said
