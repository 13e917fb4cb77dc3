"""The real git towards real bare repositories."""

import subprocess
from pathlib import Path

import pytest

from deploy_suite.adapters.git import SystemGit
from deploy_suite.errors import MachineError
from deploy_suite.model.push import AddedLine, Outgoing, OutgoingFile, OutgoingSubmodule, Remote
from deploy_suite.model.secret import Secret
from deploy_suite.ports import RemoteRefusedError

GIT = SystemGit()
_WITHIN_S = 20.0


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always")
    command = ("git", *identity, "-c", "init.defaultBranch=main", *arguments)
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, message: str = "change", **files: str) -> str:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message, "--allow-empty")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose branch main is pushed."""
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(tmp_path, "clone", "-q", "origin.git", "clone")
    folder = tmp_path / "clone"
    git(folder, "checkout", "-q", "-B", "main")
    commit(folder, "first", app__py="one\n")
    git(folder, "push", "-q", "-u", "origin", "main")
    return folder


def origin(clone: Path) -> Remote:
    (remote,) = GIT.remotes(clone)
    return remote


def tip(clone: Path, branch: str = "main") -> str:
    return GIT.tip(clone, origin(clone), branch, timeout_s=_WITHIN_S)


def outgoing(clone: Path) -> Outgoing:
    return GIT.outgoing(clone, origin(clone), tip(clone), GIT.commit(clone, "HEAD"))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("git@github.com:Acme/shop.git", Remote(name="o", shown="git@github.com:Acme/shop.git", host="github.com")),
        ("https://github.com/Acme/shop", Remote(name="o", shown="https://github.com/Acme/shop", host="github.com")),
        ("ssh://git@github.com/Acme/shop", Remote(name="o", shown="ssh://git@github.com/Acme/shop", host="github.com")),
        (
            "https://bob:s3%2Fcret@Git.example/Acme/shop.git",
            Remote(
                name="o",
                shown="https://***@Git.example/Acme/shop.git",
                host="git.example",
                hidden=(Secret("s3%2Fcret"), Secret("s3/cret")),
            ),
        ),
        (
            "https://ghp_token@github.com/Acme/shop",
            Remote(
                name="o", shown="https://***@github.com/Acme/shop", host="github.com", hidden=(Secret("ghp_token"),)
            ),
        ),
    ],
)
def test_a_remote_is_shown_without_its_credentials(tmp_path: Path, url: str, wanted: Remote) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "o", url)

    (found,) = GIT.remotes(tmp_path)

    assert (found.name, found.shown, found.host, found.hidden) == (
        wanted.name,
        wanted.shown,
        wanted.host,
        wanted.hidden,
    )
    assert found.slug == "Acme/shop"


def test_the_tip_is_that_of_the_remote_now_and_its_history_is_fetched(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "-b", "main", "origin.git", "colleague")
    newer = commit(tmp_path / "colleague", "newer")
    git(tmp_path / "colleague", "push", "-q", "origin", "main")

    assert (tip(clone), outgoing(clone).behind) == (newer, 1)


def test_a_branch_that_the_remote_lacks_has_no_tip_and_all_that_is_new_goes_out(clone: Path) -> None:
    git(clone, "checkout", "-qb", "topic")
    sha = commit(clone, "topic", b__py="two\n")

    found = GIT.outgoing(clone, origin(clone), tip(clone, "topic"), GIT.commit(clone, "HEAD"))

    assert tip(clone, "topic") == ""
    assert [one.sha for one in found.commits] == [sha]
    assert found.files == (OutgoingFile(path="b.py", size_bytes=4),)


def test_a_remote_that_is_gone_says_so(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", str(clone / "nowhere"))

    with pytest.raises(RemoteRefusedError, match="does not appear to be a git repository"):
        tip(clone)


def test_a_remote_that_is_silent_is_given_up(clone: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.sh"
    silent.write_text("#!/bin/sh\nsleep 60\n")
    silent.chmod(0o755)
    git(clone, "config", "core.sshCommand", str(silent))
    git(clone, "remote", "set-url", "origin", "ssh://git@host.invalid/acme/shop")

    with pytest.raises(RemoteRefusedError) as raised:
        GIT.tip(clone, origin(clone), "main", timeout_s=0.5)

    assert raised.value.is_late


def test_what_was_added_and_taken_away_again_goes_out_too(clone: Path) -> None:
    first = commit(clone, "add", key__txt="one\ntwo\n", app__py="one\nmore\n")
    (clone / "key.txt").unlink()
    second = commit(clone, "remove")

    found = outgoing(clone)
    lines = list(GIT.added_lines(clone, origin(clone), tip(clone), GIT.commit(clone, "HEAD")))

    assert [one.sha for one in found.commits] == [first, second]
    assert {one.path for one in found.files} == {"key.txt", "app.py"}
    assert lines == [
        AddedLine(path="app.py", line=2, text="more", commit=first),
        AddedLine(path="key.txt", line=1, text="one", commit=first),
        AddedLine(path="key.txt", line=2, text="two", commit=first),
    ]


def test_a_line_that_looks_like_a_patch_is_a_line(clone: Path) -> None:
    first = commit(clone, "odd", odd__txt="++ b/evil\n@@ -1 +9 @@\n")

    lines = list(GIT.added_lines(clone, origin(clone), tip(clone), GIT.commit(clone, "HEAD")))

    assert lines == [
        AddedLine(path="odd.txt", line=1, text="++ b/evil", commit=first),
        AddedLine(path="odd.txt", line=2, text="@@ -1 +9 @@", commit=first),
    ]


def test_pointers_of_git_lfs_are_told_apart(clone: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    commit(clone, "model", model__bin=pointer)

    assert outgoing(clone).files == (OutgoingFile(path="model.bin", size_bytes=len(pointer), is_lfs_pointer=True),)


def test_a_submodules_commit_that_only_this_machine_has_is_seen(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "library.git")
    git(tmp_path, "clone", "-q", "library.git", "library")
    git(tmp_path / "library", "checkout", "-q", "-B", "main")
    commit(tmp_path / "library", "first", lib__py="one\n")
    git(tmp_path / "library", "push", "-q", "origin", "main")
    git(clone, "submodule", "add", "-q", "-b", "main", str(tmp_path / "library.git"), "library")
    pushed = git(clone / "library", "rev-parse", "HEAD")
    commit(clone, "with a library")
    assert outgoing(clone).submodules == (OutgoingSubmodule(path="library", commit=pushed, is_public=True),)

    own = commit(clone / "library", "own")
    commit(clone, "newer library")

    assert outgoing(clone).submodules == (OutgoingSubmodule(path="library", commit=own, is_public=False),)


def test_a_push_brings_the_commit_and_no_later_one(clone: Path) -> None:
    sha = commit(clone, "second")
    checked = GIT.commit(clone, "HEAD")
    commit(clone, "made meanwhile")

    GIT.push(clone, origin(clone), "main", checked, timeout_s=_WITHIN_S, heard=lambda _: None)

    assert tip(clone) == sha


def test_a_push_over_the_commits_of_others_is_refused_and_changes_nothing(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "-b", "main", "origin.git", "colleague")
    newer = commit(tmp_path / "colleague", "newer")
    git(tmp_path / "colleague", "push", "-q", "origin", "main")
    commit(clone, "mine")

    with pytest.raises(RemoteRefusedError, match=r"\[rejected\]"):
        GIT.push(clone, origin(clone), "main", GIT.commit(clone, "HEAD"), timeout_s=_WITHIN_S, heard=lambda _: None)

    assert tip(clone) == newer


def test_what_the_remote_says_is_heard(clone: Path, tmp_path: Path) -> None:
    hook = tmp_path / "origin.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho protected branch hook declined\nexit 1\n")
    hook.chmod(0o755)
    commit(clone, "second")
    heard: list[str] = []

    with pytest.raises(RemoteRefusedError):
        GIT.push(clone, origin(clone), "main", GIT.commit(clone, "HEAD"), timeout_s=_WITHIN_S, heard=heard.append)

    assert any(line.startswith("remote: protected branch hook declined") for line in heard)


def test_the_commits_between_two_are_told_where_both_are_known(clone: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    sha = commit(clone, "second")

    between = GIT.between(clone, base, sha)

    assert [one.subject for one in between or ()] == ["second"]
    assert GIT.between(clone, "0" * 40, sha) is None


def test_the_upstream_is_the_configured_one(clone: Path) -> None:
    git(clone, "checkout", "-qb", "topic")

    assert (GIT.upstream(clone, "main"), GIT.upstream(clone, "topic")) == (("origin", "main"), ("", ""))


def test_a_history_that_cannot_be_read_does_not_pass_for_clean(clone: Path) -> None:
    base = git(clone, "rev-parse", "HEAD")
    sha = commit(clone, "second", b__py="two\n")
    checked = GIT.commit(clone, "HEAD")
    blob = git(clone, "rev-parse", "HEAD:b.py")
    (clone / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(MachineError):
        list(GIT.added_lines(clone, origin(clone), base, checked))
    (clone / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(MachineError, match="cannot be read"):
        GIT.outgoing(clone, origin(clone), base, checked)


def test_a_commit_that_a_shallow_clone_lacks_is_fetched_by_its_id_and_nothing_moves(
    clone: Path, tmp_path: Path
) -> None:
    old = git(clone, "rev-parse", "HEAD")
    commit(clone, "second", app__py="two\n")
    git(clone, "push", "-q", "origin", "main")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path}/origin.git", "shallow")
    shallow = tmp_path / "shallow"
    before = git(shallow, "for-each-ref"), git(shallow, "status", "--porcelain")

    found = [GIT.obtained(shallow, origin(shallow), sha, timeout_s=_WITHIN_S) for sha in (old, old, "f" * 40)]

    assert found == [True, True, False]
    assert GIT.commit(shallow, old).subject == "first"
    assert (git(shallow, "for-each-ref"), git(shallow, "status", "--porcelain")) == before
