"""The reasons not to push, from what was seen."""

from dataclasses import replace

from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import Commit
from deploy_suite.model.push import AddedLine, Outgoing, OutgoingFile, OutgoingSubmodule, Remote
from deploy_suite.model.release import LiveService
from deploy_suite.ports import WorkingState
from deploy_suite.releases import push_checks as checks
from deploy_suite.releases.push_place import PushPlace

COMMIT = Commit(sha="a" * 40, tree="b" * 40, subject="Say hello", branch="main")
GITHUB = Remote(name="origin", shown="git@github.com:acme/shop.git", host="github.com", slug="acme/shop")
PLACE = PushPlace(remote=GITHUB, branch="main", because="shop is deployed from it", upstream="main")
SERVICE = LiveService(id="srv-1", name="shop", kind="web", repository="https://github.com/acme/shop", branch="main")
_MIB = 2**20


def told(found: list[Finding]) -> list[tuple[Outcome, str, str]]:
    assert all(one.remedy for one in found)
    return [(one.outcome, one.code, one.message) for one in found]


def test_a_clean_folder_on_its_branch_has_no_reason() -> None:
    outgoing = Outgoing(commits=(COMMIT,), files=(OutgoingFile(path="app.py", size_bytes=50 * _MIB),))

    assert list(checks.of_the_folder(WorkingState(ignored=(".venv/",)))) == []
    assert list(checks.of_the_branch(COMMIT, replace(PLACE, service=SERVICE))) == []
    assert [*checks.of_the_history(outgoing, PLACE), *checks.of_the_parts(outgoing, PLACE)] == []


def test_a_folder_that_is_not_the_commit_is_refused_with_its_files() -> None:
    state = WorkingState(modified=("app.py",), untracked=tuple(f"{one}.py" for one in "abcdefg"))

    assert told(list(checks.of_the_folder(state))) == [
        (
            Outcome.FAILED,
            "uncommitted-changes",
            "the folder differs from the commit in app.py, which would not be deployed",
        ),
        (
            Outcome.FAILED,
            "untracked-files",
            "git does not track a.py, b.py, c.py, d.py, e.py and 2 more: what needs them works here alone",
        ),
    ]


def test_another_branch_is_refused_unless_it_follows_the_one_that_is_deployed() -> None:
    topic = replace(COMMIT, branch="topic")

    assert told(list(checks.of_the_branch(topic, replace(PLACE, upstream="")))) == [
        (
            Outcome.FAILED,
            "other-branch",
            "topic is checked out, but main is deployed (shop is deployed from it)",
        )
    ]
    assert list(checks.of_the_branch(topic, PLACE)) == []


def test_a_detached_head_is_refused_unless_it_is_the_tip_or_the_branch_is_named() -> None:
    detached = replace(COMMIT, branch="")
    (found,) = checks.of_the_branch(detached, PLACE, tip="b" * 40)

    assert (found.code, found.remedy) == (
        "detached-head",
        "say so: --branch main; or check the branch out and take the commit along: git switch main && git merge "
        + "a" * 7,
    )
    assert list(checks.of_the_branch(detached, PLACE, tip=COMMIT.sha)) == []
    assert list(checks.of_the_branch(detached, replace(PLACE, is_named=True), tip="b" * 40)) == []


def test_a_service_that_is_built_from_elsewhere_is_warned_of() -> None:
    service = replace(SERVICE, repository="https://github.com/acme/other")

    assert told(list(checks.of_the_branch(COMMIT, replace(PLACE, service=service)))) == [
        (
            Outcome.WARNING,
            "other-repository",
            "shop is built from acme/other, and no remote here is that one: origin is git@github.com:acme/shop.git",
        )
    ]


def test_a_branch_that_is_behind_and_one_that_parted_are_told_apart() -> None:
    assert told(list(checks.of_the_history(Outgoing(behind=2), PLACE))) == [
        (
            Outcome.FAILED,
            "behind-the-remote",
            "origin/main is 2 commits ahead: not what lies here would be deployed",
        )
    ]
    assert told(list(checks.of_the_history(Outgoing(behind=1, commits=(COMMIT,)), PLACE))) == [
        (
            Outcome.FAILED,
            "git-push-non-fast-forward",
            "the histories have parted: origin/main has 1 commit that this folder lacks, and lacks 1 commit of its own",
        )
    ]


def test_files_above_the_hosts_limit_are_refused_and_others_know_their_own() -> None:
    files = (
        OutgoingFile(path="model.bin", size_bytes=100 * _MIB + 1),
        OutgoingFile(path="data.bin", size_bytes=60 * _MIB),
    )
    outgoing = Outgoing(commits=(COMMIT,), files=files)
    elsewhere = replace(PLACE, remote=replace(GITHUB, host="git.example"))

    assert told(list(checks.of_the_parts(outgoing, PLACE))) == [
        (
            Outcome.FAILED,
            "git-large-file-rejected",
            "model.bin has 100.0 MiB in a commit that is to be pushed, and github.com takes 100 MiB at most",
        ),
        (Outcome.WARNING, "large-file", "data.bin has 60.0 MiB; github.com warns from 50 MiB"),
    ]
    assert list(checks.of_the_parts(outgoing, elsewhere)) == []


def test_pointers_and_submodules_that_a_clone_would_miss_are_refused() -> None:
    outgoing = Outgoing(
        commits=(COMMIT,),
        files=(OutgoingFile(path="model.bin", size_bytes=130, is_lfs_pointer=True),),
        submodules=(
            OutgoingSubmodule(path="library", commit="c" * 40, is_public=False),
            OutgoingSubmodule(path="known", commit="d" * 40, is_public=True),
            OutgoingSubmodule(path="absent", commit="e" * 40),
        ),
    )

    assert [(one.outcome, one.code) for one in checks.of_the_parts(outgoing, PLACE)] == [
        (Outcome.FAILED, "git-submodule-failure"),
        (Outcome.NOTE, "git-submodule-failure"),
        (Outcome.FAILED, "git-lfs-failure"),
    ]
    assert [one.code for one in checks.of_the_parts(replace(outgoing, submodules=(), lfs_pushes=True), PLACE)] == []


def test_a_secret_is_refused_with_its_place_and_without_its_value_but_only_warned_of_among_tests() -> None:
    value = "AKIA" + "Q3EGVTZ7XWPK4NBM"
    lines = [
        AddedLine(path="settings.py", line=3, text=f"KEY = '{value}'", commit="f" * 40),
        AddedLine(path="tests/fixtures/keys.py", line=1, text=f"KEY = '{value}'", commit="f" * 40),
    ]

    found = list(checks.of_the_lines(lines))

    assert told(found) == [
        (Outcome.FAILED, "secret-in-commit", "commit fffffff adds an AWS access key id in settings.py"),
        (Outcome.WARNING, "secret-in-commit", "commit fffffff adds an AWS access key id in tests/fixtures/keys.py"),
    ]
    assert (str(found[0].location), value in repr(found)) == ("settings.py:3", False)
