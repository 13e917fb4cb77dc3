"""The real git behind the port."""

import subprocess
from pathlib import Path

import pytest

from deploy_suite.adapters.git import SystemGit
from deploy_suite.errors import UsageError

GIT = SystemGit()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "app.py").write_text("one\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / ".gitignore").write_text("secret.env\n")
    (folder / ".gitattributes").write_text("app.py export-ignore\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def test_the_top_is_found_from_a_folder_below(repository):
    (repository / "deep").mkdir()

    assert GIT.top(repository / "deep").samefile(repository)


def test_a_folder_outside_every_repository_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="not in a git repository"):
        GIT.top(tmp_path)


def test_a_commit_knows_its_tree_its_branch_and_its_slug(repository):
    git(repository, "remote", "add", "origin", "git@example.com:owner/shop.git")

    commit = GIT.commit(repository, "HEAD")

    assert (commit.subject, commit.branch, commit.repository_slug) == ("first", "main", "owner/shop")
    assert len(commit.sha) == len(commit.tree) == 40


def test_the_snapshot_holds_the_commit_and_not_the_folder(repository, tmp_path):
    (repository / "app.py").write_text("changed\n")
    (repository / "new.py").write_text("new\n")
    target = tmp_path / "snapshot"
    target.mkdir()

    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert {path.name for path in target.iterdir()} == {"app.py", "run.sh", ".gitignore", ".gitattributes"}
    assert (target / "app.py").read_text() == "one\n"
    assert (target / "run.sh").stat().st_mode & 0o111


def test_the_users_own_index_is_left_alone(repository, tmp_path):
    (repository / "staged.py").write_text("x\n")
    git(repository, "add", "staged.py")
    target = tmp_path / "snapshot"
    target.mkdir()

    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert GIT.working_state(repository, GIT.commit(repository, "HEAD")).modified == ("staged.py",)


def test_the_working_state_tells_modified_untracked_ignored_and_renamed_apart(repository):
    (repository / "app.py").write_text("changed\n")
    (repository / "new file.py").write_text("new\n")
    (repository / "secret.env").write_text("x\n")
    git(repository, "mv", "run.sh", "start.sh")

    state = GIT.working_state(repository, GIT.commit(repository, "HEAD"))

    assert sorted(state.modified) == ["app.py", "start.sh"]
    assert state.untracked == ("new file.py",)
    assert state.ignored == ("secret.env",)


def test_unpushed_commits_are_those_that_the_upstream_lacks(repository, tmp_path):
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "hub.git"))
    git(repository, "push", "-q", "-u", "origin", "main")
    for number in range(2):
        (repository / f"more{number}.py").write_text("x\n")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", f"more {number}")

    commit = GIT.commit(repository, "HEAD")
    state = GIT.working_state(repository, commit)

    assert state.upstream == "origin/main"
    assert [unpushed.subject for unpushed in state.unpushed] == ["more 0", "more 1"]
    assert GIT.added_since(repository, state.upstream, commit) == ("more0.py", "more1.py")
    assert state.behind == 0


def test_the_upstream_of_unpushed_requirements_is_told_as_it_is_there(repository, tmp_path):
    (repository / "requirements.txt").write_text("flask\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "require")
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "hub.git"))
    git(repository, "push", "-q", "-u", "origin", "main")
    (repository / "requirements.txt").write_text("flask\nnumpy\n")
    (repository / "requirements-ai.txt").write_text("openai\n")
    (repository / "notes.txt").write_text("x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "more")

    state = GIT.working_state(repository, GIT.commit(repository, "HEAD"))

    assert state.upstream_texts == {"requirements-ai.txt": "", "requirements.txt": "flask"}


def test_an_older_commit_does_not_differ_from_the_folder(repository):
    (repository / "second.py").write_text("x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    (repository / "app.py").write_text("changed\n")

    state = GIT.working_state(repository, GIT.commit(repository, "HEAD~1"))

    assert (state.modified, state.untracked) == ((), ())


def test_the_size_of_a_commit_is_that_of_its_files(repository):
    before = GIT.size_bytes(repository, GIT.commit(repository, "HEAD"))
    sha = GIT.commit(repository, "HEAD").sha
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{sha},vendor/lib")
    (repository / "ten").write_bytes(b"0123456789")
    git(repository, "add", "ten")
    git(repository, "commit", "-qm", "ten bytes and a submodule")

    assert GIT.size_bytes(repository, GIT.commit(repository, "HEAD")) == before + 10


def test_files_whose_content_the_repository_lacks_are_left_out(repository, tmp_path):
    (repository / "demo.gif").write_bytes(b"large")
    (repository / "copy.gif").write_bytes(b"large")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "demo")
    blob = subprocess.run(
        ("git", "rev-parse", "HEAD:demo.gif"), cwd=repository, check=True, capture_output=True, text=True
    ).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    target = tmp_path / "snapshot"
    target.mkdir()

    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert {path.name for path in target.iterdir()} == {"app.py", "run.sh", ".gitignore", ".gitattributes"}
