"""The system's git towards other repositories: what a push would take along, and the push itself."""

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from deploy_suite.adapters.git_call import RefusedError, answer, call, conversed, streamed
from deploy_suite.errors import MachineError
from deploy_suite.model.project import Commit
from deploy_suite.model.push import AddedLine, Outgoing, OutgoingFile, OutgoingSubmodule, Remote
from deploy_suite.model.secret import MASK, Secret
from deploy_suite.ports import RemoteRefusedError

_SLUG: Final = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")
_SCP: Final = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]{2,}):(?!//)")  # user@host:path, as git takes it
_HUNK: Final = re.compile(rb"@@ -\S+ \+(?P<line>\d+)")
_NO_SUCH_BRANCH: Final = 2  # of `git ls-remote --exit-code`
# The whole pointer file has at most 1023 bytes and begins so: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER: Final = "version https://git-lfs.github.com/spec/v1"
_LONGEST_POINTER: Final = 1024
_LONGEST_LINE: Final = 4096
_SUBMODULE_FETCH_S: Final = 30.0
_FORMAT: Final = "--format=%H%x00%T%x00%s"


class SystemRemotes:
    """Implements `ports.Remotes`."""

    def remotes(self, repository: Path) -> Sequence[Remote]:
        """See `ports.Remotes.remotes`."""
        names = answer(repository, "remote").splitlines()
        return [_remote(name, answer(repository, "remote", "get-url", "--push", name)) for name in names]

    def upstream(self, repository: Path, branch: str) -> tuple[str, str]:
        """See `ports.Remotes.upstream`."""
        remote = answer(repository, "config", "--get", f"branch.{branch}.remote")
        merged = answer(repository, "config", "--get", f"branch.{branch}.merge").removeprefix("refs/heads/")
        return (remote, merged) if remote and merged and remote != "." else ("", "")

    def tip(self, repository: Path, remote: Remote, branch: str, *, timeout_s: float) -> str:
        """See `ports.Remotes.tip`."""
        reference = f"refs/heads/{branch}"
        code, output = conversed(repository, "ls-remote", "--exit-code", remote.name, reference, timeout_s=timeout_s)
        if code == _NO_SUCH_BRANCH:
            return ""
        found = [line.split("\t")[0] for line in output.splitlines() if line.endswith(f"\t{reference}")]
        if code != 0 or not found:
            raise RemoteRefusedError(output, is_late=code is None)
        if not _has(repository, found[0]):
            command = ("fetch", "--no-tags", "--no-recurse-submodules", remote.name, reference)
            code, output = conversed(repository, *command, timeout_s=timeout_s)
            if code != 0:
                raise RemoteRefusedError(output, is_late=code is None)
        return found[0]

    def obtained(self, repository: Path, remote: Remote, sha: str, *, timeout_s: float) -> bool:
        """See `ports.Remotes.obtained`. Hosts let every commit be asked for that one of their branches leads to."""
        if not _has(repository, sha):
            command = ("fetch", "--no-tags", "--no-recurse-submodules", remote.name, sha)
            conversed(repository, *command, timeout_s=timeout_s)
        return _has(repository, sha)

    def outgoing(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Outgoing:
        """See `ports.Remotes.outgoing`. What another branch of the remote has is not sent, and not listed."""
        span = _span(remote, base, commit)
        with _whole(repository):
            return Outgoing(
                commits=tuple(_commits(repository, (f"{base}..{commit.sha}",) if base else span)),
                behind=int(call(repository, "rev-list", "--count", f"{commit.sha}..{base}", "--")) if base else 0,
                files=tuple(_files(repository, span)),
                submodules=tuple(_submodules(repository, base, commit)),
                lfs_pushes=_lfs_pushes(repository),
            )

    def added_lines(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Iterator[AddedLine]:
        """See `ports.Remotes.added_lines`."""
        log = ("log", "-p", "--unified=0", "--reverse", "--format=%x00%H", "--no-color", "--no-ext-diff")
        plain = ("--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/")
        span = _span(remote, base, commit)
        with streamed(repository, "-c", "core.quotePath=false", *log, *plain, *span, "--") as lines:
            yield from _added(lines)

    def between(self, repository: Path, base: str, tip: str) -> Sequence[Commit] | None:
        """See `ports.Remotes.between`."""
        if not (_has(repository, base) and _has(repository, tip)):
            return None
        with _whole(repository):
            return tuple(_commits(repository, (f"{base}..{tip}",)))

    def push(
        self,
        repository: Path,
        remote: Remote,
        branch: str,
        commit: Commit,
        *,
        timeout_s: float,
        heard: Callable[[str], None],
    ) -> None:
        """See `ports.Remotes.push`. The commit is named by its id, so that one made meanwhile is not taken along."""
        code, output = conversed(
            repository,
            *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"),
            *(remote.name, f"{commit.sha}:refs/heads/{branch}"),
            timeout_s=timeout_s,
            heard=heard,
        )
        if code != 0:
            raise RemoteRefusedError(output, is_late=code is None)


def _remote(name: str, url: str) -> Remote:
    slug = _SLUG.search(url)
    hidden: tuple[Secret, ...] = ()
    shown, host = url, ""
    if "://" in url:
        with contextlib.suppress(ValueError):  # a host that is no host
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
            secrets = [parts.password] if parts.password else [parts.username] if parts.scheme != "ssh" else []
            forms = {form for text in secrets if text for form in (text, unquote(text))}
            hidden = tuple(Secret(form) for form in sorted(forms))
        shown = re.sub(r"(?<=://)[^/@]*:[^/]*(?=@)", MASK, url)
        shown = re.sub(r"(?<=^https://)[^/@]+(?=@)|(?<=^http://)[^/@]+(?=@)", MASK, shown)
    elif scp := _SCP.match(url):
        host = scp["host"].lower()
    return Remote(name=name, shown=shown, host=host, slug=slug["slug"] if slug else "", hidden=hidden)


def _span(remote: Remote, base: str, commit: Commit) -> tuple[str, ...]:
    return (commit.sha, "--not", f"--remotes={remote.name}", *((base,) if base else ()))


def _has(repository: Path, revision: str) -> bool:
    return bool(revision) and bool(answer(repository, "rev-parse", "-q", "--verify", f"{revision}^{{commit}}"))


@contextlib.contextmanager
def _whole(repository: Path) -> Iterator[None]:
    """What cannot be looked through must not pass for clean."""
    try:
        yield
    except RefusedError as error:
        raise MachineError(f"the history in {repository} cannot be read: {error}", remedy="see: git fsck") from error


def _commits(repository: Path, span: tuple[str, ...]) -> Iterator[Commit]:
    for line in filter(None, call(repository, "log", "--reverse", _FORMAT, *span, "--").split("\n")):
        sha, tree, subject = line.split("\0")
        yield Commit(sha=sha, tree=tree, subject=subject)


def _files(repository: Path, span: tuple[str, ...]) -> Iterator[OutgoingFile]:
    """Yield the contents that no branch of the remote has, those included that a later commit takes away again."""
    listing = call(repository, "rev-list", "--objects", "--missing=allow-any", *span, "--")
    named = dict(line.split(" ", 1) for line in listing.split("\n") if " " in line)
    check = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    about = call(repository, "cat-file", check, stdin="".join(f"{one}\n" for one in named)) if named else ""
    for line in about.splitlines():
        name, kind, size = line.split(" ", 2) if line.count(" ") > 1 else (line, "", "")
        if kind == "blob":
            is_pointer = int(size) < _LONGEST_POINTER and answer(repository, "cat-file", "blob", name).startswith(
                _POINTER
            )
            yield OutgoingFile(path=named[name], size_bytes=int(size), is_lfs_pointer=is_pointer)


def _submodules(repository: Path, base: str, commit: Commit) -> Iterator[OutgoingSubmodule]:
    before = _gitlinks(repository, base) if base else {}
    for path, sha in _gitlinks(repository, commit.sha).items():
        if before.get(path) != sha:
            yield OutgoingSubmodule(path=path, commit=sha, is_public=_is_public(repository / path, repository, sha))


def _gitlinks(repository: Path, revision: str) -> dict[str, str]:
    entries = (
        entry.split("\t", 1) for entry in answer(repository, "ls-tree", "-r", "-z", revision).split("\0") if entry
    )
    return {path: about.split()[2] for about, path in entries if about.split()[1] == "commit"}


def _is_public(folder: Path, repository: Path, sha: str) -> bool | None:
    """Whether a remote of the submodule in *folder* has the commit; it is asked anew where that is not known yet."""
    if not folder.is_dir():
        return None
    top = answer(folder, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() == repository.resolve():
        return None
    for is_fresh in (False, True):
        if is_fresh:
            code, _ = conversed(folder, "fetch", "--all", "--no-tags", timeout_s=_SUBMODULE_FETCH_S)
            if code != 0:
                return None
        if answer(folder, "for-each-ref", "--count=1", f"--contains={sha}", "refs/remotes"):
            return True
    return False


def _lfs_pushes(repository: Path) -> bool:
    hooks = answer(repository, "rev-parse", "--git-path", "hooks")
    hook = Path(repository, hooks, "pre-push")
    try:
        return shutil.which("git-lfs") is not None and "lfs" in hook.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _added(lines: Iterator[bytes]) -> Iterator[AddedLine]:
    """Read a log with patches: a file's header ends where its first hunk begins."""
    commit, path, number, in_hunk = "", "", 0, False
    for raw in lines:
        if raw.startswith(b"\0"):
            commit, in_hunk = raw[1:].decode(errors="replace").strip(), False
        elif raw.startswith(b"diff --git "):
            path, in_hunk = "", False
        elif raw.startswith(b"@@ ") and (hunk := _HUNK.match(raw)):
            number, in_hunk = int(hunk["line"]), True
        elif not in_hunk and raw.startswith(b"+++ b/"):
            path = raw[len(b"+++ b/") :].decode(errors="replace").rstrip("\r\n\t")
        elif in_hunk and raw.startswith(b"+"):
            text = raw[1 : _LONGEST_LINE + 1].decode(errors="replace").rstrip("\r\n")
            yield AddedLine(path=path, line=number, text=text, commit=commit)
            number += 1
