"""Ctrl-C, SIGTERM and SIGKILL at any moment: nothing of a run stays behind, and two runs do not disturb each other."""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.integration.users_project import ended, git, left_behind, manifest, ours, preflight, project, server, started

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]
Send = Callable[["subprocess.Popen[str]"], None]

_GONE_WITHIN_S = 60
_SAID_WITHIN_S = 120
_MOMENTS = 8
_SEED = 20_240  # the moments are chance, but the same ones each time


def slow(number: int = 0) -> dict[str, str]:
    """Return a project each stage of which takes a while, starts daemons, and knows of a database.

    Each *number* needs an environment of its own, so that a build is under way in each run.
    """
    daemon = "(setsid sleep {seconds} &)"
    files = project(
        server(
            before="import subprocess; subprocess.Popen(['sleep', '4713']); time.sleep(0.5)",
            in_request="time.sleep(0.3)",
        )
    )
    blueprint = manifest(
        build=f"{daemon.format(seconds=4711)}; sleep 0.7",
        more=f"    preDeployCommand: {daemon.format(seconds=4712)}; sleep 0.7\n",
        variables={"NUMBER": str(number)},
    )
    return {**files, "render.yaml": blueprint + "      - key: DATABASE_URL\n        sync: false\n"}


def to_the_group(number: int) -> Send:
    return lambda process: os.killpg(process.pid, number)


def to_it_alone(number: int) -> Send:
    return lambda process: process.send_signal(number)


def read_until(process: "subprocess.Popen[str]", *texts: str) -> None:
    """Read the progress until each of *texts* was in a line."""
    assert process.stderr
    left = set(texts)
    guard = threading.Timer(_SAID_WITHIN_S, process.kill)
    guard.start()
    try:
        for line in process.stderr:
            left -= {text for text in left if text in line}
            if not left:
                return
    finally:
        guard.cancel()
    message = f"{left} was never said"
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("moment", "send"),
    [
        ("config", to_the_group(signal.SIGINT)),
        ("environment …", to_the_group(signal.SIGINT)),
        ("environment …", to_it_alone(signal.SIGTERM)),
        ("boot …", to_the_group(signal.SIGINT)),
        ("boot …", to_it_alone(signal.SIGINT)),
        ("boot …", to_it_alone(signal.SIGHUP)),
    ],
    ids=["Ctrl-C early", "Ctrl-C in the build", "TERM in the build", "Ctrl-C at boot", "INT at boot", "HUP at boot"],
)
def test_an_interrupted_run_says_so_once_and_leaves_nothing(
    moment: str, send: Send, committed: Committed, own_cache: Path
) -> None:
    process = started(committed(slow()), cache=own_cache)
    read_until(process, moment)
    time.sleep(0.2)

    send(process)

    told = ended(process, within_s=_GONE_WITHIN_S)
    said = [line for line in told.err.splitlines() if line.startswith("deploy-suite: ")]
    assert (told.code, said) == (130, ["deploy-suite: interrupted; what was started has been stopped"])
    assert "note: interrupted while shop was checked" in told.out
    assert "INTERRUPTED: there is no verdict yet" in told.out
    all_gone_within(_GONE_WITHIN_S, own_cache)
    assert left_behind(own_cache) == []


def test_what_was_found_is_told_when_looking_behind_it_is_interrupted(committed: Committed, own_cache: Path) -> None:
    build = "sleep 1 && pip install -r requirements.txt"
    process = started(committed(project("import six\n", build=build)), "--format", "json", cache=own_cache)
    read_until(process, "looking behind what failed")

    process.send_signal(signal.SIGINT)

    told = ended(process, within_s=_GONE_WITHIN_S)
    report = json.loads(told.out)
    assert (told.code, report["outcome"], report["interrupted"]) == (130, "failed", True)
    assert {one["code"] for one in report["findings"] if one["outcome"] == "failed"} == {"missing-requirement:six"}
    assert report["notes"][0].startswith("interrupted while looking behind what failed")
    assert "deploy-suite: interrupted; what was started has been stopped" in told.err
    assert left_behind(own_cache) == []


def test_what_the_sources_tell_of_the_first_service_is_told_when_its_build_is_interrupted(
    committed: Committed, own_cache: Path
) -> None:
    files = {**project("import six\n"), "render.yaml": manifest(build="sleep 4714", start="gunicorn main:app")}
    files["render.yaml"] += "    healthChekPath: /health\n"
    process = started(committed(files), "--format", "json", cache=own_cache)
    read_until(process, "environment …", "config: ", "dependencies: ")
    time.sleep(1)  # that they have ended is said a moment before it is known to who is interrupted

    process.send_signal(signal.SIGINT)

    told = ended(process, within_s=_GONE_WITHIN_S)
    report = json.loads(told.out)
    assert (told.code, report["outcome"], report["interrupted"]) == (130, "failed", True)
    assert (report["notes"][0], report["subject"]["services"][0]["service"]) == (
        "interrupted while shop was checked",
        "shop",
    )
    checks = {finding["code"]: finding["check"] for finding in report["findings"] if finding["outcome"] != "skipped"}
    assert set(checks.values()) == {"manifest", "config", "dependencies"}
    outcomes = {one["check"]: one["outcome"] for one in report["timings"]}
    assert (outcomes["dependencies"], outcomes["environment"], outcomes["boot"]) == ("failed", "skipped", "skipped")
    all_gone_within(_GONE_WITHIN_S, own_cache)
    assert left_behind(own_cache) == []


def test_the_verdict_on_one_service_is_told_when_the_next_is_interrupted(committed: Committed, own_cache: Path) -> None:
    first, slow_build = (manifest(build=f"sleep {seconds}") for seconds in (0, 4714))
    more = slow_build.partition("\n")[2].replace("name: shop", "name: slow")
    process = started(committed({**project(), "render.yaml": first + more}), "--format", "json", cache=own_cache)
    read_until(process, "boot: passed")
    read_until(process, "environment …")

    process.send_signal(signal.SIGTERM)

    told = ended(process, within_s=_GONE_WITHIN_S)
    report = json.loads(told.out)
    assert (told.code, report["outcome"], report["notes"][0]) == (130, "skipped", "interrupted while slow was checked")
    outcomes = {(one["service"], one["check"]): one["outcome"] for one in report["timings"]}
    assert (outcomes["shop", "boot"], outcomes["slow", "boot"]) == ("passed", "skipped")
    all_gone_within(_GONE_WITHIN_S, own_cache)
    assert left_behind(own_cache) == []


def test_a_second_ctrl_c_does_not_cut_the_cleaning_up_short(committed: Committed, own_cache: Path) -> None:
    process = started(committed(slow()), cache=own_cache)
    read_until(process, "boot …")

    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)

    assert ended(process, within_s=_GONE_WITHIN_S).code == 130
    all_gone_within(_GONE_WITHIN_S, own_cache)
    assert left_behind(own_cache) == []


def test_what_sigkill_leaves_at_any_moment_goes_with_the_next_run(committed: Committed, own_cache: Path) -> None:
    moments = random.Random(_SEED)  # noqa: S311  no secret
    folder = committed(slow())
    assert preflight(folder, cache=own_cache).code == 0

    for number in range(1, _MOMENTS + 1):
        (folder / "render.yaml").write_text(slow(number)["render.yaml"])
        git(folder, "commit", "-qam", f"number {number}")
        process = started(folder, cache=own_cache)
        time.sleep(moments.uniform(0.3, 3.5))
        process.kill()
        process.communicate()
        all_gone_within(_GONE_WITHIN_S, own_cache)

    told = preflight(folder, cache=own_cache)
    assert told.code == 0, told.err
    assert left_behind(own_cache) == []


def all_gone_within(seconds: float, cache: Path) -> None:
    """Wait until no process of a run is left: each warden sees for itself that the suite has gone."""
    deadline = time.monotonic() + seconds
    while (left := ours(cache)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def test_a_killed_build_is_built_anew_and_not_used(committed: Committed, own_cache: Path) -> None:
    files = {**project(build="touch half; sleep 3; touch whole"), "requirements.txt": ""}
    files["main.py"] = f"import os\nassert os.path.exists('whole')\n{server()}"
    folder = committed(files)
    process = started(folder, cache=own_cache)
    read_until(process, "environment …")
    time.sleep(1.0)
    process.kill()
    process.communicate()

    told = preflight(folder, cache=own_cache)

    assert told.code == 0, told.out
    assert left_behind(own_cache) == []


def test_an_environment_that_lost_a_file_while_it_was_kept_fails_no_healthy_project(
    committed: Committed, own_cache: Path
) -> None:
    build = "echo 'fine = True' > $(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')/brought.py"
    files = project(f"from brought import fine\n{server()}", build=build)
    folder = committed(files)
    first = preflight(folder, cache=own_cache)
    (brought,) = (own_cache / "cache/environments").glob("*/venv/lib/*/site-packages/brought.py")
    brought.write_text("")
    shutil.rmtree(own_cache / "cache/verdicts")

    told = preflight(folder, cache=own_cache)

    assert (first.code, told.code) == (0, 0), told.out
    assert "built anew" in told.err


def test_two_runs_of_one_project_at_once_both_get_the_right_verdict(committed: Committed, own_cache: Path) -> None:
    folder = committed(slow())

    both = [started(folder, "--format", "json", cache=own_cache) for _ in range(2)]

    assert [ended(process).code for process in both] == [0, 0]
    assert left_behind(own_cache) == []


def test_a_run_beside_one_that_fails_is_not_disturbed(committed: Committed, tmp_path: Path, own_cache: Path) -> None:
    good = started(committed(slow()), "--format", "json", cache=own_cache)

    told = preflight(tmp_path / "absent", cache=own_cache)

    assert (told.code, ended(good).code) == (2, 0)
