"""A commit's content into a folder, as a clone of it would hold it, submodules included."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.adapters.git_call import RefusedError, answer, call
from deploy_suite.adapters.git_submodules import Submodules, tree_in, url_of
from deploy_suite.errors import MachineError
from deploy_suite.ports import Absent

_PARTIAL: Final = r"^(extensions\.partialclone|remote\..*\.promisor)$"
_OF_SUBMODULE: Final = r"^submodule\..*\.(path|url)$"
_PROMISOR: Final = re.compile(
    r"^remote\.(?P<name>.+)\.promisor true$|^extensions\.partialclone (?P<old>.+)$", re.MULTILINE
)
_FETCH: Final = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")


@dataclass(frozen=True, slots=True)
class _Source:
    """A repository and the tree of it that is wanted. Shape: `shown` names it for a message; `url` as in `written`."""

    repository: Path
    tree: str
    shown: str
    url: str


def written(
    repository: Path, tree: str, folder: Path, *, shown: str, submodules: Submodules | None = None, url: str = ""
) -> Absent:
    """Write *tree* into the empty *folder* and return what of it this machine lacks.

    Shape: *submodules* fetches those that are not checked out here; *url* is where the repository came from, "" for
    that of its remote `origin`.

    An index of its own keeps the user's untouched; unlike `git archive`, `checkout-index` heeds no export-ignore
    attribute, which a clone does not heed either. What a partial clone lacks is fetched, all at once.
    Raises: MachineError.
    """
    source = _Source(repository, tree, shown, url)
    with tempfile.TemporaryDirectory(prefix=".index-", dir=folder) as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        promisor = promising(repository)
        try:
            call(repository, "read-tree", tree, extra=index)
            if promisor:
                _fetch(source, promisor)
            missing = _checked_out(source, folder, index)
        except RefusedError as error:
            raise _failed(source, folder, error, is_partial=bool(promisor)) from error
    below = _submodules(source, folder, submodules) if (folder / ".gitmodules").is_file() else Absent()
    return Absent(files=(*missing, *below.files), submodules=below.submodules)


def promising(repository: Path) -> str:
    """Return the remote that a partial clone fetches from what it lacks, "" for a clone that is whole.

    Source: https://git-scm.com/docs/partial-clone
    """
    found = _PROMISOR.search(answer(repository, "config", "--get-regexp", _PARTIAL))
    return (found["name"] or found["old"]) if found else ""


def _fetch(source: _Source, promisor: str) -> None:
    """Fetch what the tree has and the repository lacks in one request; git itself would make one for each file."""
    listed = answer(source.repository, "rev-list", "--objects", "--missing=print", "--no-walk", source.tree)
    wanted = [line[1:] for line in listed.splitlines() if line.startswith("?")]
    if wanted:
        quiet = ("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet")
        call(source.repository, *quiet, promisor, *_FETCH, stdin="\n".join([*wanted, ""]))


def _checked_out(source: _Source, folder: Path, index: dict[str, str]) -> tuple[str, ...]:
    """Write the files, and return those whose content is not here."""
    everything = ("checkout-index", "--all", "--force", f"--prefix={folder}/")
    try:
        call(source.repository, *everything, extra=index)
    except RefusedError:
        missing = _missing(source)
        if not missing:
            raise
        call(
            source.repository, "update-index", "--force-remove", "-z", "--stdin", extra=index, stdin="\0".join(missing)
        )
        call(source.repository, *everything, extra=index)
        return missing
    return ()


def _missing(source: _Source) -> tuple[str, ...]:
    """Return the files whose content the repository lacks, as one that is damaged or has no remote any more may."""
    files = blobs(source.repository, source.tree)
    listing = call(
        source.repository, "cat-file", "--batch-check", stdin="".join(f"{blob}\n" for blob in files.values())
    )
    gone = {line.split()[0] for line in listing.splitlines() if line.endswith(" missing")}
    return tuple(path for path, blob in files.items() if blob in gone)


def _submodules(source: _Source, folder: Path, submodules: Submodules | None) -> Absent:
    """Write the submodules that are checked out or can be fetched, at the commits that the tree names."""
    files: list[str] = []
    absent: list[str] = []
    urls = _urls(folder, source.url or answer(source.repository, "remote", "get-url", "origin"))
    for path, sha in _links(source):
        url, there = urls.get(path, ""), source.repository / path
        tree = tree_in(there, sha)
        if not tree and submodules and url and (fetched := submodules.holding(url, sha, path=path)):
            there, tree = fetched, tree_in(fetched, sha)
        if not tree:
            absent.append(path)
            continue
        (folder / path).mkdir(parents=True, exist_ok=True)
        shown = f"{sha[:7]} of {path}"
        below = written(there, tree, folder / path, shown=shown, submodules=submodules, url=url)
        files += (f"{path}/{one}" for one in below.files)
        absent += (f"{path}/{one}" for one in below.submodules)
    return Absent(files=tuple(files), submodules=tuple(absent))


def _urls(folder: Path, base: str) -> dict[str, str]:
    """Return where the submodules of the tree in *folder* come from, by their paths."""
    listed = answer(folder, "config", "-z", "--file", str(folder / ".gitmodules"), "--get-regexp", _OF_SUBMODULE)
    told: dict[str, dict[str, str]] = {}
    for entry in filter(None, listed.split("\0")):
        key, _, value = entry.partition("\n")
        name, _, field = key.rpartition(".")
        told.setdefault(name, {})[field] = value
    return {one["path"]: url_of(one["url"], base=base) for one in told.values() if {"path", "url"} <= one.keys()}


def _links(source: _Source) -> Iterator[tuple[str, str]]:
    for about, path in _entries(source.repository, source.tree):
        if about[1] == "commit" and ".." not in PurePosixPath(path).parts:
            yield path, about[2]


def blobs(repository: Path, tree: str) -> dict[str, str]:
    """Return the id of each file's content."""
    return {path: about[2] for about, path in _entries(repository, tree) if about[1] == "blob"}


def _entries(repository: Path, tree: str) -> Iterator[tuple[list[str], str]]:
    for entry in answer(repository, "ls-tree", "-r", "-z", tree).split("\0"):
        if entry:
            about, path = entry.split("\t", 1)
            yield about.split(), path


def _failed(source: _Source, folder: Path, error: RefusedError, *, is_partial: bool) -> MachineError:
    if is_partial:
        return MachineError(
            f"this clone is partial, and what it lacks of commit {source.shown} cannot be fetched: {error}",
            remedy=f"see that its remote answers (git -C {source.repository} fetch), or use a clone made without "
            "--filter",
        )
    return MachineError(
        f"the content of commit {source.shown} cannot be written to {folder}: {error}",
        remedy="see that the disk has room (df -h) and the repository is whole (git fsck)",
    )
