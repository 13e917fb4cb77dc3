"""The system's git, so that the user's own configuration, filters and credentials count."""

import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from deploy_suite.adapters import git_content
from deploy_suite.adapters.git_call import RefusedError, answer, call
from deploy_suite.adapters.git_remote import SystemRemotes
from deploy_suite.adapters.git_submodules import Submodules
from deploy_suite.errors import UsageError
from deploy_suite.model.project import Commit
from deploy_suite.ports import Absent, WorkingState

_NEAR: Final = ("/", ".", "file:")
_SLUG: Final = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")
_LISTS: Final = re.compile(r"(?:^|/)(?:[^/]*require[^/]*\.txt|require[^/]*/[^/]*\.txt|pyproject\.toml|Pipfile)$")
_COMMIT_FORMAT: Final = "--format=%H%x00%T%x00%s"


class SystemGit(SystemRemotes):
    """Implements `ports.Git`."""

    def __init__(self, submodules: Submodules | None = None) -> None:
        """Fetch submodules that are not checked out here by means of *submodules*, None for not at all."""
        self._submodules = submodules

    def top(self, folder: Path) -> Path:
        """See `ports.Git.top`."""
        try:
            return Path(call(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
        except RefusedError as error:
            raise _no_top(folder.resolve(), error) from error

    def commit(self, repository: Path, revision: str) -> Commit:
        """See `ports.Git.commit`."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            branch = pool.submit(answer, repository, "symbolic-ref", "-q", "--short", "HEAD")
            origin = pool.submit(answer, repository, "remote", "get-url", "origin")
            log = self._log(repository, revision)
        sha, tree, subject = log.split("\0")
        return Commit(
            sha=sha,
            tree=tree,
            subject=subject.strip(),
            branch=branch.result(),
            repository_slug=_slug(origin.result()),
            has_near_origin=origin.result().startswith(_NEAR),
        )

    def _log(self, repository: Path, revision: str) -> str:
        try:
            return call(repository, "log", "-1", _COMMIT_FORMAT, "--end-of-options", f"{revision}^{{commit}}", "--")
        except RefusedError as error:
            raise _no_commit(repository, revision, error) from error

    def materialise(self, repository: Path, commit: Commit, folder: Path) -> Absent:
        """See `ports.Git.materialise`."""
        return git_content.written(repository, commit.tree, folder, shown=commit.short, submodules=self._submodules)

    def working_state(self, repository: Path, commit: Commit) -> WorkingState:
        """See `ports.Git.working_state`. Only the commit that is checked out can differ from the folder."""
        modified, untracked, ignored = _status(repository) if _is_head(repository, commit) else ((), (), ())
        upstream = _upstream(repository, commit)
        unpushed = _commits(repository, f"{upstream}..{commit.sha}", commit) if upstream else ()
        return WorkingState(
            modified=modified,
            untracked=untracked,
            ignored=ignored,
            upstream=upstream,
            unpushed=unpushed,
            upstream_texts=_requirements_at(repository, upstream, commit) if unpushed else {},
        )

    def blobs(self, repository: Path, commit: Commit) -> dict[str, str]:
        """See `ports.Git.blobs`."""
        return git_content.blobs(repository, commit.tree)

    def added_since(self, repository: Path, base: str, commit: Commit) -> tuple[str, ...]:
        """See `ports.Git.added_since`."""
        return _paths(answer(repository, "diff", "--name-only", "--diff-filter=A", "-z", base, commit.sha, "--"))

    def size_bytes(self, repository: Path, commit: Commit) -> int | None:
        """See `ports.Git.size_bytes`. In a partial clone each size that is asked for would be fetched on its own."""
        if git_content.promising(repository):
            return None
        entries = _paths(answer(repository, "ls-tree", "-r", "-l", "-z", commit.tree))
        sizes = (entry.split("\t", 1)[0].split()[3] for entry in entries)
        return sum(int(size) for size in sizes if size.isdecimal())


def _no_top(folder: Path, error: RefusedError) -> UsageError:
    if answer(folder, "rev-parse", "--is-bare-repository") == "true":
        return UsageError(
            f"{folder} is a bare repository, which holds no files to work on",
            remedy=f"clone it (git clone {shlex.quote(str(folder))} work) and name the clone with --project work",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        return UsageError(
            f"{folder} is closed to this user",
            remedy=f"run this as its owner, or see who may enter it: ls -ld {shlex.quote(str(folder))}",
        )
    top = next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)
    if top is None:
        return UsageError(
            f"{folder} is not in a git repository",
            remedy="name the folder of one with --project PATH, or make one here: "
            'git init && git add -A && git commit -m "Begin"',
        )
    quoted = shlex.quote(str(top))
    is_ours = (top / ".git").lstat().st_uid == os.geteuid()  # git reads nobody else's unless it is told to
    see, trust = f"see what git says: git -C {quoted} status", f"git config --global --add safe.directory {quoted}"
    return UsageError(
        f"{folder} is not in a git repository that can be read: {error}", remedy=see if is_ours else trust
    )


def _no_commit(repository: Path, revision: str, error: RefusedError) -> UsageError:
    if revision == "HEAD" and not answer(repository, "rev-parse", "-q", "--verify", "HEAD"):
        return UsageError(
            f"{repository} has no commit yet, and a commit is what is deployed",
            remedy='commit first: git add -A && git commit -m "Begin"',
        )
    if answer(repository, "rev-parse", "--is-shallow-repository") == "true":
        return UsageError(
            f"{revision} names no commit of {repository}, which is a shallow clone",
            remedy="fetch the rest of its history (git fetch --unshallow), or name a commit that `git log` shows",
        )
    if answer(repository, "rev-parse", "-q", "--verify", "--end-of-options", revision):
        return UsageError(f"{revision} of {repository} cannot be read as a commit: {error}", remedy="see: git fsck")
    return UsageError(
        f"{revision or 'an empty revision'} names no commit of {repository}",
        remedy="name one that `git log --oneline --all` shows, or fetch it first (git fetch)",
    )


def _paths(listing: str) -> tuple[str, ...]:
    return tuple(path for path in listing.split("\0") if path)


def _slug(remote: str) -> str:
    found = _SLUG.search(remote)
    return found["slug"] if found else ""


def _is_head(repository: Path, commit: Commit) -> bool:
    return answer(repository, "rev-parse", "HEAD") == commit.sha


def _requirements_at(repository: Path, upstream: str, commit: Commit) -> dict[str, str]:
    """Return the files that list requirements and differ at *upstream*, as they are there."""
    differing = _paths(answer(repository, "diff", "--name-only", "-z", upstream, commit.sha, "--"))
    return {path: answer(repository, "show", f"{upstream}:{path}") for path in differing if _LISTS.search(path)}


def _status(repository: Path) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    entries = iter(
        _paths(answer(repository, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=matching"))
    )
    found: dict[str, list[str]] = {"modified": [], "??": [], "!!": []}
    for entry in entries:
        state, path = entry[:2], entry[3:]
        found.get(state, found["modified"]).append(path)
        if "R" in state or "C" in state:
            next(entries, "")  # the old name of a renamed file follows as an entry of its own
    return tuple(found["modified"]), tuple(found["??"]), tuple(found["!!"])


def _upstream(repository: Path, commit: Commit) -> str:
    """Return the branch that the target would pull from: the configured one, else the same name on origin."""
    configured = answer(repository, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    if configured:
        return configured
    same_name = f"origin/{commit.branch}"
    return same_name if answer(repository, "rev-parse", "--verify", "-q", f"refs/remotes/{same_name}") else ""


def _commits(repository: Path, span: str, commit: Commit) -> tuple[Commit, ...]:
    listing = answer(repository, "log", "--reverse", _COMMIT_FORMAT, span, "--")
    parts = (line.split("\0") for line in listing.splitlines() if line)
    return tuple(Commit(sha=sha, tree=tree, subject=subject, branch=commit.branch) for sha, tree, subject in parts)
