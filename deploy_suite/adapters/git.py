"""The system's git, so that the user's own configuration, filters and credentials count."""

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from deploy_suite.adapters.git_call import RefusedError, answer, call
from deploy_suite.adapters.git_remote import SystemRemotes
from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.project import Commit
from deploy_suite.ports import WorkingState

_SLUG: Final = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")
_PARTIAL: Final = r"^(extensions\.partialclone|remote\..*\.promisor)$"
_LISTS: Final = re.compile(r"(?:^|/)(?:[^/]*require[^/]*\.txt|require[^/]*/[^/]*\.txt|pyproject\.toml|Pipfile)$")
_COMMIT_FORMAT: Final = "--format=%H%x00%T%x00%s"


class SystemGit(SystemRemotes):
    """Implements `ports.Git`."""

    def top(self, folder: Path) -> Path:
        """See `ports.Git.top`."""
        try:
            return Path(call(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
        except RefusedError as error:
            raise UsageError(
                f"{folder} is not in a git repository that can be read: {error}",
                remedy="name the folder of a repository with --project PATH, or make one: "
                "git init && git add -A && git commit",
            ) from error

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
        )

    def _log(self, repository: Path, revision: str) -> str:
        try:
            return call(repository, "log", "-1", _COMMIT_FORMAT, "--end-of-options", f"{revision}^{{commit}}", "--")
        except RefusedError as error:
            raise UsageError(
                f"{revision} names no commit of {repository}: {error}",
                remedy="commit first (git add -A && git commit), or name another commit with --commit REVISION",
            ) from error

    def materialise(self, repository: Path, commit: Commit, folder: Path) -> None:
        """See `ports.Git.materialise`.

        An index of its own keeps the user's untouched; unlike `git archive`, `checkout-index` heeds no
        export-ignore attribute, which a clone does not heed either. Files whose content a partial clone lacks are
        left out.
        """
        with tempfile.TemporaryDirectory(prefix="index-", dir=folder.parent) as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            try:
                call(repository, "read-tree", commit.tree, extra=index)
                _check_out(repository, commit, folder, index)
            except RefusedError as error:
                raise MachineError(
                    f"the content of commit {commit.short} cannot be written to {folder}: {error}",
                    remedy="see that the disk has room (df -h) and the repository is whole (git fsck)",
                ) from error

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
            behind=_count(repository, f"{commit.sha}..{upstream}") if upstream else 0,
            upstream_texts=_requirements_at(repository, upstream, commit) if unpushed else {},
        )

    def blobs(self, repository: Path, commit: Commit) -> dict[str, str]:
        """See `ports.Git.blobs`."""
        return _blobs(repository, commit)

    def added_since(self, repository: Path, base: str, commit: Commit) -> tuple[str, ...]:
        """See `ports.Git.added_since`."""
        return _paths(answer(repository, "diff", "--name-only", "--diff-filter=A", "-z", base, commit.sha, "--"))

    def size_bytes(self, repository: Path, commit: Commit) -> int | None:
        """See `ports.Git.size_bytes`. In a partial clone each size that is asked for would be fetched on its own."""
        if answer(repository, "config", "--get-regexp", _PARTIAL):
            return None
        entries = _paths(answer(repository, "ls-tree", "-r", "-l", "-z", commit.tree))
        sizes = (entry.split("\t", 1)[0].split()[3] for entry in entries)
        return sum(int(size) for size in sizes if size.isdecimal())


def _check_out(repository: Path, commit: Commit, folder: Path, index: dict[str, str]) -> None:
    everything = ("checkout-index", "--all", "--force", f"--prefix={folder}/")
    try:
        call(repository, *everything, extra=index)
    except RefusedError:
        missing = _missing(repository, commit)
        if not missing:
            raise
        call(repository, "update-index", "--force-remove", "-z", "--stdin", extra=index, stdin="\0".join(missing))
        call(repository, *everything, extra=index)


def _missing(repository: Path, commit: Commit) -> tuple[str, ...]:
    """Return the files whose content the repository lacks, as those of a partial clone or a damaged one may."""
    files = _blobs(repository, commit)
    listing = call(repository, "cat-file", "--batch-check", stdin="".join(f"{blob}\n" for blob in files.values()))
    gone = {line.split()[0] for line in listing.splitlines() if line.endswith(" missing")}
    return tuple(path for path, blob in files.items() if blob in gone)


def _blobs(repository: Path, commit: Commit) -> dict[str, str]:
    entries = (entry.split("\t", 1) for entry in _paths(answer(repository, "ls-tree", "-r", "-z", commit.sha)))
    return {path: about.split()[2] for about, path in entries if about.split()[1] == "blob"}


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


def _count(repository: Path, span: str) -> int:
    return int(answer(repository, "rev-list", "--count", span, "--") or 0)
