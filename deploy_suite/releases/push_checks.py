"""What lies here, and what the remote lacks → the reasons not to push it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.leaks import leaks, limit_of
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit
from deploy_suite.model.push import AddedLine, Outgoing
from deploy_suite.model.wording import counted
from deploy_suite.ports import WorkingState
from deploy_suite.releases.choosing import slug_of
from deploy_suite.releases.push_place import PushPlace

_MOST_NAMES: Final = 5
_MOST_LEAKS: Final = 20
_MIB: Final = 1024 * 1024
_NOT_FOR_REAL: Final = frozenset({"test", "tests", "testing", "fixtures", "testdata", "examples", "docs", "vendor"})
_SHORT: Final = 7


def of_the_folder(state: WorkingState) -> Iterator[Finding]:
    """Yield what the folder holds and the commit does not: what was tried here is not what would be deployed."""
    if state.modified:
        yield _refusal(
            "uncommitted-changes",
            f"the folder differs from the commit in {_names(state.modified)}, which would not be deployed",
            remedy="commit them (git add -p && git commit), or set them aside: git stash",
        )
    if state.untracked:
        yield _refusal(
            "untracked-files",
            f"git does not track {_names(state.untracked)}: what needs them works here alone",
            remedy="add them (git add FILE && git commit), name them in .gitignore, or set them aside: "
            "git stash --include-untracked",
        )


def of_the_branch(commit: Commit, place: PushPlace, *, tip: str = "") -> Iterator[Finding]:
    """Yield why what is checked out does not belong on the branch that is deployed.

    Shape: *tip* is where that branch is at the remote, "" for not known. Where CI checks a commit out, no branch is:
    then the commit is the tip already, or the user names the branch.
    """
    if not commit.branch:
        if not place.is_named and tip != commit.sha:
            yield _refusal(
                "detached-head",
                f"no branch is checked out, so nothing says that commit {commit.short} belongs on {place.branch}",
                remedy=f"say so: --branch {place.branch}; or check the branch out and take the commit along: "
                f"git switch {place.branch} && git merge {commit.short}",
            )
    elif place.branch not in {commit.branch, place.upstream}:
        yield _refusal(
            "other-branch",
            f"{commit.branch} is checked out, but {place.branch} is deployed ({place.because})",
            remedy=f"bring it there: git switch {place.branch} && git merge {commit.branch}; "
            f"to push it elsewhere, undeployed: deploy-suite push --branch {commit.branch}",
        )
    built_from = slug_of(place.service.repository) if place.service else ""
    if place.service and built_from and built_from != place.remote.slug.lower():
        yield Finding(
            code="other-repository",
            outcome=Outcome.WARNING,
            message=f"{place.service.name} is built from {built_from}, and no remote here is that one: "
            f"{place.remote.name} is {place.remote.shown}",
            remedy=f"git remote add {place.service.name} {place.service.repository}",
            certainty="likely, unless the repository was renamed",
        )


def of_the_history(outgoing: Outgoing, place: PushPlace) -> Iterator[Finding]:
    """Yield what the remote's branch has and this folder lacks."""
    there = f"{place.remote.name}/{place.branch}"
    if outgoing.behind and outgoing.commits:
        yield _refusal(
            "git-push-non-fast-forward",
            f"the histories have parted: {there} has {counted(outgoing.behind, 'commit')} that this folder lacks, "
            f"and lacks {counted(len(outgoing.commits), 'commit')} of its own",
            remedy=f"git pull --rebase {place.remote.name} {place.branch}, then check again",
        )
    elif outgoing.behind:
        yield _refusal(
            "behind-the-remote",
            f"{there} is {counted(outgoing.behind, 'commit')} ahead: not what lies here would be deployed",
            remedy=f"git pull --ff-only {place.remote.name} {place.branch}, then check again",
        )


def of_the_parts(outgoing: Outgoing, place: PushPlace) -> Iterator[Finding]:
    """Yield what a clone of the remote would lack, or what the remote would not take."""
    yield from _submodules(outgoing)
    pointers = [one.path for one in outgoing.files if one.is_lfs_pointer]
    if pointers and not outgoing.lfs_pushes:
        yield _refusal(
            "git-lfs-failure",
            f"{_names(pointers)} would be pushed as pointers alone: here git-lfs does not push what they stand for",
            remedy="install git-lfs and its hooks: git lfs install (it adds the hook pre-push), then push again",
        )
    limit = limit_of(place.remote.host)
    for one in outgoing.files if limit else ():
        size = f"{one.size_bytes / _MIB:.1f} MiB"
        if limit and one.size_bytes > limit.most_bytes:
            yield _refusal(
                "git-large-file-rejected",
                f"{one.path} has {size} in a commit that is to be pushed, and {place.remote.host} takes "
                f"{limit.most_bytes / _MIB:.0f} MiB at most",
                file=one.path,
                remedy="take it out of every commit, or track it with LFS: "
                f'git lfs migrate import --include="{one.path}"',
            )
        elif limit and one.size_bytes > limit.warns_bytes:
            yield Finding(
                code="large-file",
                outcome=Outcome.WARNING,
                message=f"{one.path} has {size}; {place.remote.host} warns from {limit.warns_bytes / _MIB:.0f} MiB",
                location=Location(one.path),
                remedy=f'track it with LFS: git lfs track "{one.path}"',
                certainty="certain: its size was read",
            )


def of_the_lines(lines: Iterable[AddedLine]) -> Sequence[Finding]:
    """Return the secrets that would become readable for all who can read the repository, deleted ones included."""
    found: dict[tuple[str, str], Finding] = {}
    for line, what in leaks(lines):
        found.setdefault((line.path, what), _leak(line, what))
        if len(found) >= _MOST_LEAKS:
            break
    return tuple(found.values())


def _leak(line: AddedLine, what: str) -> Finding:
    is_for_tests = bool(_NOT_FOR_REAL & set(PurePosixPath(line.path.lower()).parts[:-1]))
    return Finding(
        code="secret-in-commit",
        outcome=Outcome.WARNING if is_for_tests else Outcome.FAILED,
        message=f"commit {line.commit[:_SHORT]} adds {what} in {line.path}",
        location=Location(line.path, line.line),
        remedy="revoke it where it was issued, take it out of every commit that is to be pushed (git rebase -i), and "
        "keep it in the environment; if it is none, end the line with the comment gitleaks:allow",
        certainty="possible: its form says so, its folder that it is for tests alone" if is_for_tests else "",
    )


def _submodules(outgoing: Outgoing) -> Iterator[Finding]:
    for one in outgoing.submodules:
        short = one.commit[:_SHORT]
        if one.is_public is False:
            yield _refusal(
                "git-submodule-failure",
                f"the submodule {one.path} is at commit {short}, which none of its remotes has",
                file=one.path,
                remedy=f"push it first: git -C {one.path} push origin HEAD",
            )
        elif one.is_public is None:
            yield Finding(
                code="git-submodule-failure",
                outcome=Outcome.NOTE,
                message=f"whether a remote has commit {short} of the submodule {one.path} cannot be seen here",
                location=Location(one.path),
                remedy=f"git submodule update --init {one.path}",
            )


def _refusal(code: str, message: str, *, remedy: str, file: str = "") -> Finding:
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message=message,
        location=Location(file) if file else None,
        remedy=remedy,
    )


def _names(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:_MOST_NAMES])
    return f"{shown} and {len(paths) - _MOST_NAMES} more" if len(paths) > _MOST_NAMES else shown
