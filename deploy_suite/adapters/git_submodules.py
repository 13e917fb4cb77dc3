"""A submodule that is not checked out here → a repository with its commit, fetched as a clone on the target would."""

import hashlib
import shutil
from pathlib import Path
from typing import Final

from deploy_suite.adapters.git_call import RefusedError, answer, call, conversed
from deploy_suite.ports import Progress, Workplace

_FETCH_S: Final = 60.0
_KEPT_AT_MOST: Final = 20
_QUIET: Final = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--force")
_BRANCHES: Final = "+refs/heads/*:refs/remotes/origin/*"


class Submodules:
    """Repositories of submodules, kept between runs."""

    def __init__(self, workplace: Workplace, progress: Progress) -> None:
        """Keep them in the cache of *workplace*; *progress* hears what is waited for."""
        self._workplace = workplace
        self._folder = workplace.cache / "submodules"
        self._progress = progress

    def holding(self, url: str, sha: str, *, path: str) -> Path | None:
        """Return a repository that has the commit *sha*, None where it cannot be had from *url*.

        Shape: *path* is where the submodule lies, for a message: a URL may hold a password.
        """
        kept = self._folder / hashlib.sha256(url.encode()).hexdigest()[:16]
        with self._workplace.locked(f"submodule-{kept.name}"):  # cells of a matrix want the same at once
            if tree_in(kept, sha):
                kept.touch()
                return kept
            self._progress.waiting(f"fetching the submodule {path}, which is not checked out here")
            try:
                self._make(kept)
            except (RefusedError, OSError):
                return None
            return kept if any(_has_after(kept, url, wanted, sha) for wanted in (sha, _BRANCHES)) else None

    def _make(self, kept: Path) -> None:
        if (kept / ".git" / "HEAD").exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        oldest_first = sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime)
        for old in oldest_first[: 1 - _KEPT_AT_MOST]:
            shutil.rmtree(old, ignore_errors=True)
        call(self._folder, "init", "--quiet", kept.name)


def tree_in(repository: Path, sha: str) -> str:
    """Return the tree of the commit *sha*, "" where there is no *repository* of its own, or it lacks the commit."""
    is_there = (repository / ".git").exists()  # else git would answer for the repository around it
    return answer(repository, "rev-parse", "-q", "--verify", f"{sha}^{{tree}}") if is_there else ""


def _has_after(repository: Path, url: str, wanted: str, sha: str) -> bool:
    """Whether the repository has the commit once *wanted* was fetched: not every server gives single commits."""
    shallow = ("--depth=1",) if wanted == sha else ()
    # What git does for submodules: paths of this machine are taken only where its user has allowed that.
    # Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-protocolallow
    is_allowed = answer(repository, "config", "--get", "protocol.file.allow") == "always"
    guarded = () if is_allowed else ("-c", "protocol.file.allow=never")
    conversed(repository, *guarded, "fetch", *_QUIET, *shallow, "--", url, wanted, timeout_s=_FETCH_S)
    return bool(tree_in(repository, sha))


def url_of(text: str, *, base: str) -> str:
    """Return the URL that *text* of a .gitmodules means in a repository that came from *base*, "" where none is known.

    Source: https://git-scm.com/docs/git-submodule (relative URLs)
    """
    if not text.startswith(("./", "../")):
        return text
    there = base.rstrip("/")
    while text.startswith(("./", "../")):
        first, _, text = text.partition("/")
        if first == "..":
            cut = max(there.rfind("/"), there.rfind(":"))
            there = there[:cut] if cut > 0 and there[cut] == "/" else there[: cut + 1]
    separator = "" if there.endswith(":") else "/"
    return f"{there}{separator}{text}" if there else ""
