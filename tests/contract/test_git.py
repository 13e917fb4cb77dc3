"""The real git behind the port."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_suite.adapters import git_content, workplace
from deploy_suite.adapters.console import Console
from deploy_suite.adapters.git import SystemGit
from deploy_suite.adapters.git_call import call
from deploy_suite.adapters.git_submodules import Submodules
from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Absent

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


def test_the_top_is_found_from_a_folder_below(repository: Path) -> None:
    (repository / "deep").mkdir()

    assert GIT.top(repository / "deep").samefile(repository)


def test_a_folder_outside_every_repository_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in a git repository"):
        GIT.top(tmp_path)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        ((), "{} is not in a git repository"),
        (("init", "-q", "--bare"), "{} is a bare repository, which holds no files to work on"),
    ],
)
def test_a_folder_that_has_no_work_tree_is_told_in_one_sentence(
    tmp_path: Path, prepare: tuple[str, ...], message: str
) -> None:
    if prepare:
        git(tmp_path, *prepare)

    with pytest.raises(UsageError) as raised:
        GIT.top(tmp_path)

    assert (raised.value.message, raised.value.remedy.count("fatal")) == (message.format(tmp_path), 0)


def test_a_repository_that_git_refuses_to_read_is_told_in_gits_own_words(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense\n")

    with pytest.raises(UsageError, match="is not in a git repository that can be read: fatal"):
        GIT.top(repository)


def test_a_revision_that_is_no_commit_is_told_by_what_the_repository_is(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "empty")
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    git(repository, "update-ref", "refs/tags/blob", "HEAD:app.py")

    def told(folder: Path, revision: str) -> str:
        with pytest.raises(UsageError) as raised:
            GIT.commit(folder, revision)
        return raised.value.message

    assert told(tmp_path / "empty", "HEAD") == f"{tmp_path}/empty has no commit yet, and a commit is what is deployed"
    assert told(tmp_path / "shallow", "HEAD~1").endswith("/shallow, which is a shallow clone")
    assert told(repository, "--nope") == f"--nope names no commit of {repository}"
    assert "cannot be read as a commit: " in told(repository, "HEAD:app.py")


def test_a_commit_knows_its_tree_its_branch_and_its_slug(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "git@example.com:owner/shop.git")

    commit = GIT.commit(repository, "HEAD")

    assert (commit.subject, commit.branch, commit.repository_slug) == ("first", "main", "owner/shop")
    assert len(commit.sha) == len(commit.tree) == 40
    assert not commit.has_near_origin


@pytest.mark.parametrize("origin", ["/srv/git/shop", "../shop", "file:///srv/git/shop"])
def test_an_origin_on_this_machine_is_known_as_such(repository: Path, origin: str) -> None:
    git(repository, "remote", "add", "origin", origin)

    assert GIT.commit(repository, "HEAD").has_near_origin


def test_the_snapshot_holds_the_commit_and_not_the_folder(repository: Path, tmp_path: Path) -> None:
    (repository / "app.py").write_text("changed\n")
    (repository / "new.py").write_text("new\n")
    target = tmp_path / "snapshot"
    target.mkdir()

    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert {path.name for path in target.iterdir()} == {"app.py", "run.sh", ".gitignore", ".gitattributes"}
    assert (target / "app.py").read_text() == "one\n"
    assert (target / "run.sh").stat().st_mode & 0o111


def test_the_snapshot_is_written_with_nothing_beside_its_folder_and_nothing_left_in_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "shared" / "target"
    target.mkdir(parents=True)
    beside: list[str] = []

    def watched(folder: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        beside.extend(one.name for one in target.parent.iterdir())
        return call(folder, *arguments, extra=extra)

    monkeypatch.setattr(git_content, "call", watched)
    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert set(beside) == {"target"}  # a kill would leave the rest there for good
    assert sorted(one.name for one in target.iterdir()) == [".gitattributes", ".gitignore", "app.py", "run.sh"]


def test_the_users_own_index_is_left_alone(repository: Path, tmp_path: Path) -> None:
    (repository / "staged.py").write_text("x\n")
    git(repository, "add", "staged.py")
    target = tmp_path / "snapshot"
    target.mkdir()

    GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert GIT.working_state(repository, GIT.commit(repository, "HEAD")).modified == ("staged.py",)


def test_the_working_state_tells_modified_untracked_ignored_and_renamed_apart(repository: Path) -> None:
    (repository / "app.py").write_text("changed\n")
    (repository / "new file.py").write_text("new\n")
    (repository / "secret.env").write_text("x\n")
    git(repository, "mv", "run.sh", "start.sh")

    state = GIT.working_state(repository, GIT.commit(repository, "HEAD"))

    assert sorted(state.modified) == ["app.py", "start.sh"]
    assert state.untracked == ("new file.py",)
    assert state.ignored == ("secret.env",)


def test_unpushed_commits_are_those_that_the_upstream_lacks(repository: Path, tmp_path: Path) -> None:
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


def test_the_upstream_of_unpushed_requirements_is_told_as_it_is_there(repository: Path, tmp_path: Path) -> None:
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


def test_an_older_commit_does_not_differ_from_the_folder(repository: Path) -> None:
    (repository / "second.py").write_text("x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    (repository / "app.py").write_text("changed\n")

    state = GIT.working_state(repository, GIT.commit(repository, "HEAD~1"))

    assert (state.modified, state.untracked) == ((), ())


def test_the_size_of_a_commit_is_that_of_its_files(repository: Path) -> None:
    before = GIT.size_bytes(repository, GIT.commit(repository, "HEAD"))
    sha = GIT.commit(repository, "HEAD").sha
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{sha},vendor/lib")
    (repository / "ten").write_bytes(b"0123456789")
    git(repository, "add", "ten")
    git(repository, "commit", "-qm", "ten bytes and a submodule")

    assert before is not None
    assert GIT.size_bytes(repository, GIT.commit(repository, "HEAD")) == before + 10


def test_files_whose_content_the_repository_lacks_are_left_out(repository: Path, tmp_path: Path) -> None:
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

    absent = GIT.materialise(repository, GIT.commit(repository, "HEAD"), target)

    assert {path.name for path in target.iterdir()} == {"app.py", "run.sh", ".gitignore", ".gitattributes"}
    assert absent == Absent(files=("copy.gif", "demo.gif"))


@pytest.fixture
def partial(repository: Path, tmp_path: Path) -> Path:
    """A clone that has fetched no content yet."""
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "partial")
    return tmp_path / "partial"


def test_what_a_partial_clone_lacks_is_fetched_at_once(
    partial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, trace = tmp_path / "snapshot", tmp_path / "trace"
    target.mkdir()
    commit = GIT.commit(partial, "HEAD")
    monkeypatch.setenv("GIT_TRACE", str(trace))

    absent = GIT.materialise(partial, commit, target)

    assert {path.name for path in target.iterdir()} == {"app.py", "run.sh", ".gitignore", ".gitattributes"}
    assert absent == Absent()
    assert trace.read_text().count("built-in: git fetch") == 1


def test_a_partial_clone_whose_remote_is_gone_says_so(partial: Path, repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    target.mkdir()
    commit = GIT.commit(partial, "HEAD")
    repository.rename(tmp_path / "gone")

    with pytest.raises(MachineError, match=r"this clone is partial, and what it lacks of commit .* cannot be fetched"):
        GIT.materialise(partial, commit, target)


@pytest.fixture
def with_submodule(repository: Path, tmp_path: Path) -> Path:
    """A repository with another one in lib, which has one of its own in lib/deep."""
    for name, below in (("deep", None), ("lib", "deep")):
        git(tmp_path, "init", "-q", name)
        (tmp_path / name / f"{name}.py").write_text(f"{name}\n")
        if below:
            git(tmp_path / name, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"../{below}")
        git(tmp_path / name, "add", "-A")
        git(tmp_path / name, "commit", "-qm", name)
    command = ("submodule", "--quiet", "add", str(tmp_path / "lib"), "vendor/lib")
    git(repository, "-c", "protocol.file.allow=always", *command)
    git(repository, "commit", "-qm", "lib")
    return repository


def test_a_submodule_is_written_as_far_as_it_is_checked_out_here(with_submodule: Path, tmp_path: Path) -> None:
    target, again = tmp_path / "snapshot", tmp_path / "again"
    target.mkdir()
    again.mkdir()
    commit = GIT.commit(with_submodule, "HEAD")
    (with_submodule / "vendor" / "lib" / "lib.py").write_text("changed\n")

    first = GIT.materialise(with_submodule, commit, target)
    git(with_submodule, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
    second = GIT.materialise(with_submodule, commit, again)

    assert (first, second) == (Absent(submodules=("vendor/lib/deep",)), Absent())
    assert (target / "vendor" / "lib" / "lib.py").read_text() == "lib\n"
    assert (again / "vendor" / "lib" / "deep" / "deep.py").read_text() == "deep\n"


def test_a_submodule_that_is_not_here_is_told_and_left_empty(with_submodule: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(with_submodule), "clone")
    target = tmp_path / "snapshot"
    target.mkdir()

    absent = GIT.materialise(tmp_path / "clone", GIT.commit(tmp_path / "clone", "HEAD"), target)

    assert absent == Absent(submodules=("vendor/lib",))
    assert not (target / "vendor" / "lib" / "lib.py").exists()


def test_a_submodule_that_is_not_here_is_fetched_once_and_kept(
    with_submodule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(with_submodule), "clone")
    targets = [tmp_path / name for name in ("refused", "fetched", "again")]
    for target in targets:
        target.mkdir()
    told = io.StringIO()
    console = Console(Curtain(), told)

    with workplace.opened(console, environment={workplace.ROOT_VARIABLE: str(tmp_path / "root")}) as place:
        fetching = SystemGit(Submodules(place, console))
        commit = fetching.commit(clone, "HEAD")
        refused = fetching.materialise(clone, commit, targets[0])  # git takes no paths of this machine for submodules
        for name, value in (("COUNT", "1"), ("KEY_0", "protocol.file.allow"), ("VALUE_0", "always")):
            monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
        fetched = fetching.materialise(clone, commit, targets[1])
        shutil.move(tmp_path / "lib", tmp_path / "gone")
        again = fetching.materialise(clone, commit, targets[2])

    assert (refused, fetched, again) == (Absent(submodules=("vendor/lib",)), Absent(), Absent())
    for target in targets[1:]:
        assert (target / "vendor" / "lib" / "lib.py").read_text() == "lib\n"
        assert (target / "vendor" / "lib" / "deep" / "deep.py").read_text() == "deep\n"
    said = [line.split()[4] for line in told.getvalue().splitlines()]
    assert said == ["vendor/lib,", "vendor/lib,", "deep,"]
    assert not (clone / "vendor" / "lib" / ".git").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else_is_told_with_the_way_to_trust_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(repository, 4242, 4242)
    os.chown(repository / ".git", 4242, 4242)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")

    with pytest.raises(UsageError, match="dubious ownership") as raised:
        GIT.top(repository)

    assert raised.value.remedy == f"git config --global --add safe.directory {repository}"


AS_NOBODY = """
import os, sys
sys.path.insert(0, sys.argv[1])
from deploy_suite.adapters.git import SystemGit
from deploy_suite.errors import UsageError
from pathlib import Path
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for folder in sys.argv[2:]:
    try:
        SystemGit().top(Path(folder))
    except UsageError as error:
        print(error.message)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_a_repository_that_is_closed_to_this_user_is_told_so(repository: Path) -> None:
    top = str(Path(__file__).parents[2])
    folders = (str(repository), str(repository / "app"))

    done = subprocess.run(
        (sys.executable, "-B", "-c", AS_NOBODY, top, *folders), capture_output=True, text=True, check=False
    )

    assert (done.stdout.splitlines(), done.stderr) == ([f"{one} is closed to this user" for one in folders], "")
