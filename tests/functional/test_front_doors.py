"""The commands as a user types them, in processes of their own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*argv: str, cwd: Path, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    if cache:
        environment["DEPLOY_SUITE_CACHE"] = str(cache)
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def users_repository(tmp_path: Path) -> Path:
    """A repository of a user whose own code lives in a package named `deploy`."""
    files = {
        "noxfile.py": '"""Nox sessions."""\nfrom deploy_suite.entry.sessions import *\n',
        "tasks.py": '"""Invoke\'s tasks."""\nfrom deploy_suite.entry.tasks import namespace\n',
        "deploy/__init__.py": "OURS = 'the user\\'s own'\n",
        "deploy/app.py": "from flask import Flask\nfrom deploy import OURS\napp = Flask(__name__)\n",
        "requirements.txt": "flask\ngunicorn\n",
        "Procfile": "web: gunicorn deploy.app:app\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_nox_lists_the_main_job_and_the_matrix() -> None:
    listed = json.loads(run("nox", "--list", "--json", cwd=TOP).stdout)
    tagged = json.loads(run("nox", "--list", "--json", "-t", "matrix", cwd=TOP).stdout)
    one = json.loads(run("nox", "--list", "--json", "-s", "tests", cwd=TOP).stdout)

    cells = [entry for entry in listed if "matrix" in entry["tags"]]
    assert [entry["session"] for entry in listed if entry not in cells] == ["preflight", "tests", "lint"]
    assert [(cell["session"], cell["python"], cell["call_spec"]["target"]) for cell in cells] == [
        (f"preflight-{python}(target='render')", python, "render") for python in ("3.11", "3.12", "3.13")
    ]
    assert tagged == cells
    assert [entry["session"] for entry in one] == ["tests"]


def test_a_person_is_shown_the_cells_as_what_does_not_run_by_itself() -> None:
    listed = run("nox", "--list", cwd=TOP).stdout.splitlines()

    assert [line.split(" -> ")[0] for line in listed if line.startswith("* ")] == ["* preflight", "* tests", "* lint"]
    assert sum(line.startswith("- preflight-3.") for line in listed) == 3


def test_two_lines_make_the_sessions_in_a_repository_with_a_package_named_deploy(users_repository: Path) -> None:
    for program in (("nox",), (sys.executable, "-m", "nox")):
        listed = run(*program, "--list", "--json", cwd=users_repository)
        assert listed.returncode == 0, listed.stderr
        sessions = [entry["session"] for entry in json.loads(listed.stdout)]
        assert sessions[0] == "preflight"
        assert sessions[1:]
        assert all(re.fullmatch(r"preflight-3\.\d+\(target='render'\)", cell) for cell in sessions[1:])


def test_a_report_through_nox_is_whole_and_nothing_else(
    users_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (users_repository / "render.yaml").write_text("services: [\n")
    git(users_repository, "add", "-A")
    git(users_repository, "commit", "-qm", "second")

    told = run(
        "nox", "-s", "preflight", "--", "--format", "json", cwd=users_repository, cache=tmp_path_factory.mktemp("c")
    )

    report = json.loads(told.stdout)
    assert (told.returncode, report["outcome"], report["findings"][0]["code"]) == (1, "failed", "render-yaml-invalid")
    assert "preflight: manifest: failed" in told.stderr


def test_two_lines_make_the_tasks_in_a_repository_with_a_package_named_deploy(users_repository: Path) -> None:
    listed = run("invoke", "--list", cwd=users_repository)

    assert listed.returncode == 0, listed.stderr
    assert {"preflight", "deploy", "rollback", "push", "redeploy", "verify", "status"} <= set(listed.stdout.split())


def test_the_users_package_named_deploy_stays_theirs(users_repository: Path) -> None:
    imported = run(sys.executable, "-c", "import deploy; print(deploy.OURS)", cwd=users_repository)

    assert imported.stdout == "the user's own\n"


def test_a_folder_named_deploy_without_init_stays_theirs(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "scripts.py").write_text("WHOSE = 'theirs'\n")

    imported = run(sys.executable, "-c", "import deploy.scripts; print(deploy.scripts.WHOSE)", cwd=tmp_path)

    assert imported.stdout == "theirs\n", imported.stderr


@pytest.mark.parametrize(
    "program", [("deploy-suite",), (sys.executable, "-m", "deploy"), (sys.executable, "-m", "deploy_suite")]
)
def test_every_front_door_opens_the_same_program(program: tuple[str, ...], tmp_path: Path) -> None:
    shown = run(*program, "--help", cwd=tmp_path)

    assert shown.returncode == 0
    assert "preflight" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("--project", "nowhere"), 2, "nowhere is no folder"),
        (("--project", "."), 2, "is not in a git repository"),
    ],
)
def test_wrong_usage_gets_one_message_and_its_exit_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, part: str
) -> None:
    (tmp_path / "work").mkdir()

    done = run("deploy-suite", "preflight", *arguments, cwd=tmp_path / "work", cache=tmp_path / "cache")

    assert done.returncode == code
    assert part in done.stderr
    assert "fix: " in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stdout == ""


def test_a_repository_without_commits_says_so(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    git(tmp_path / "work", "init", "-q")

    done = run("deploy-suite", "preflight", cwd=tmp_path / "work", cache=tmp_path / "cache")

    assert done.returncode == 2
    assert "has no commit yet" in done.stderr


def test_an_unknown_commit_a_target_and_a_service_that_do_not_exist_say_so(
    users_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    for arguments, part in (
        (("--commit", "0123abc"), "0123abc names no commit"),
        (("--target", "moon"), "unknown target: moon"),
        (("--service", "nobody"), "no service is called nobody"),
    ):
        done = run("deploy-suite", "preflight", *arguments, cwd=users_repository, cache=cache)
        assert (done.returncode, part in done.stderr) == (2, True), done.stderr


def test_a_log_is_diagnosed_from_a_file_and_a_cause_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "failed.log"
    log.write_text(
        "==> Running 'gunicorn app:app'\nbash: line 1: gunicorn: command not found\n==> Exited with status 127\n"
    )

    read = run("deploy-suite", "diagnose", str(log), "--format", "json", cwd=tmp_path)
    assert json.loads(read.stdout)["causes"][0]["cause"] == "gunicorn-not-installed"
    for program in (("deploy-suite",), ("invoke", "-r", str(TOP))):
        told = run(*program, "explain", "gunicorn-not-installed", cwd=tmp_path)
        assert told.returncode == 0
        assert "\nFix:\n" in told.stdout


def test_a_log_that_is_not_there_and_a_cause_that_nobody_knows_say_so(tmp_path: Path) -> None:
    for arguments, part in (
        (("diagnose", "gone.log"), "gone.log cannot be read"),
        (("explain", "zzz"), "no cause is called zzz"),
    ):
        done = run("deploy-suite", *arguments, cwd=tmp_path)
        assert (done.returncode, part in done.stderr) == (2, True), done.stderr
