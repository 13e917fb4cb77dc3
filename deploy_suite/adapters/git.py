"""The system's git, so that the user's own configuration, filters and credentials count."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.project import Commit
from deploy_suite.ports import WorkingState

_TIMEOUT_S: Final = 120
_SLUG: Final = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")
_PARTIAL: Final = r"^(extensions\.partialclone|remote\..*\.promisor)$"
_LISTS: Final = re.compile(r"(?:^|/)(?:[^/]*require[^/]*\.txt|require[^/]*/[^/]*\.txt|pyproject\.toml|Pipfile)$")
_COMMIT_FORMAT: Final = "--format=%H%x00%T%x00%s"


class _RefusedError(Exception):
    """Git answered with an error; the message is its last line."""


class SystemGit:
    """Implements `ports.Git`."""

    def top(self, folder: Path) -> Path:
        """See `ports.Git.top`."""
        try:
            return Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
        except _RefusedError as error:
            raise UsageError(
                f"{folder} is not in a git repository that can be read: {error}",
                remedy="name the folder of a repository with --project PATH, or make one: "
                "git init && git add -A && git commit",
            ) from error

    def commit(self, repository: Path, revision: str) -> Commit:
        """See `ports.Git.commit`."""
        try:
            sha, tree, subject = _git(
                repository, "log", "-1", _COMMIT_FORMAT, "--end-of-options", f"{revision}^{{commit}}", "--"
            ).split("\0")
        except _RefusedError as error:
            raise UsageError(
                f"{revision} names no commit of {repository}: {error}",
                remedy="commit first (git add -A && git commit), or name another commit with --commit REVISION",
            ) from error
        return Commit(
            sha=sha,
            tree=tree,
            subject=subject.strip(),
            branch=_answer(repository, "symbolic-ref", "-q", "--short", "HEAD"),
            repository_slug=_slug(_answer(repository, "remote", "get-url", "origin")),
        )

    def materialise(self, repository: Path, commit: Commit, folder: Path) -> None:
        """See `ports.Git.materialise`.

        An index of its own keeps the user's untouched; unlike `git archive`, `checkout-index` heeds no
        export-ignore attribute, which a clone does not heed either. Files whose content a partial clone lacks are
        left out.
        """
        with tempfile.TemporaryDirectory(prefix="index-", dir=folder.parent) as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            try:
                _git(repository, "read-tree", commit.tree, extra=index)
                _check_out(repository, commit, folder, index)
            except _RefusedError as error:
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
        return _paths(_answer(repository, "diff", "--name-only", "--diff-filter=A", "-z", base, commit.sha, "--"))

    def size_bytes(self, repository: Path, commit: Commit) -> int | None:
        """See `ports.Git.size_bytes`. In a partial clone each size that is asked for would be fetched on its own."""
        if _answer(repository, "config", "--get-regexp", _PARTIAL):
            return None
        entries = _paths(_answer(repository, "ls-tree", "-r", "-l", "-z", commit.tree))
        sizes = (entry.split("\t", 1)[0].split()[3] for entry in entries)
        return sum(int(size) for size in sizes if size.isdecimal())


def _git(folder: Path, *arguments: str, extra: dict[str, str] | None = None, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            ("git", "-C", str(folder), *arguments),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            input=stdin.encode(errors="surrogateescape"),
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **(extra or {})},
        )
    except FileNotFoundError as error:
        raise MachineError("git is not installed", remedy="install git and run this again") from error
    except subprocess.TimeoutExpired as error:
        raise MachineError(
            f"git {arguments[0]} took more than {_TIMEOUT_S} s in {folder}",
            remedy="see whether a filter or a slow disk holds git up: git status",
        ) from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise _RefusedError(lines[0] if lines else f"git {arguments[0]} exited with {done.returncode}")
    return done.stdout.decode(errors="surrogateescape")


def _check_out(repository: Path, commit: Commit, folder: Path, index: dict[str, str]) -> None:
    everything = ("checkout-index", "--all", "--force", f"--prefix={folder}/")
    try:
        _git(repository, *everything, extra=index)
    except _RefusedError:
        missing = _missing(repository, commit)
        if not missing:
            raise
        _git(repository, "update-index", "--force-remove", "-z", "--stdin", extra=index, stdin="\0".join(missing))
        _git(repository, *everything, extra=index)


def _missing(repository: Path, commit: Commit) -> tuple[str, ...]:
    """Return the files whose content the repository lacks, as those of a partial clone or a damaged one may."""
    files = _blobs(repository, commit)
    listing = _git(repository, "cat-file", "--batch-check", stdin="".join(f"{blob}\n" for blob in files.values()))
    gone = {line.split()[0] for line in listing.splitlines() if line.endswith(" missing")}
    return tuple(path for path, blob in files.items() if blob in gone)


def _blobs(repository: Path, commit: Commit) -> dict[str, str]:
    entries = (entry.split("\t", 1) for entry in _paths(_answer(repository, "ls-tree", "-r", "-z", commit.sha)))
    return {path: about.split()[2] for about, path in entries if about.split()[1] == "blob"}


def _answer(repository: Path, *arguments: str) -> str:
    """Return git's answer, "" where it has none."""
    try:
        return _git(repository, *arguments).rstrip("\n")
    except _RefusedError:
        return ""


def _paths(listing: str) -> tuple[str, ...]:
    return tuple(path for path in listing.split("\0") if path)


def _slug(remote: str) -> str:
    found = _SLUG.search(remote)
    return found["slug"] if found else ""


def _is_head(repository: Path, commit: Commit) -> bool:
    return _answer(repository, "rev-parse", "HEAD") == commit.sha


def _requirements_at(repository: Path, upstream: str, commit: Commit) -> dict[str, str]:
    """Return the files that list requirements and differ at *upstream*, as they are there."""
    differing = _paths(_answer(repository, "diff", "--name-only", "-z", upstream, commit.sha, "--"))
    return {path: _answer(repository, "show", f"{upstream}:{path}") for path in differing if _LISTS.search(path)}


def _status(repository: Path) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    entries = iter(
        _paths(_answer(repository, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=matching"))
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
    configured = _answer(repository, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    if configured:
        return configured
    same_name = f"origin/{commit.branch}"
    return same_name if _answer(repository, "rev-parse", "--verify", "-q", f"refs/remotes/{same_name}") else ""


def _commits(repository: Path, span: str, commit: Commit) -> tuple[Commit, ...]:
    listing = _answer(repository, "log", "--reverse", _COMMIT_FORMAT, span, "--")
    parts = (line.split("\0") for line in listing.splitlines() if line)
    return tuple(Commit(sha=sha, tree=tree, subject=subject, branch=commit.branch) for sha, tree, subject in parts)


def _count(repository: Path, span: str) -> int:
    return int(_answer(repository, "rev-list", "--count", span, "--") or 0)
