"""The user's repository and its remotes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy_suite.model.project import Commit
from deploy_suite.model.push import AddedLine, Outgoing, Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What a commit holds and this machine does not: contents of files, and submodules that are not checked out."""

    files: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingState:
    """How the folder differs from the commit, and the commit from what was pushed. Paths are repository-relative.

    Shape: `upstream` is "origin/main" or ""; `unpushed` are the commits that the upstream lacks, oldest first;
    `upstream_texts` are the files that list requirements and
    differ there, each with its content there, "" for one that the upstream lacks. `absent` is what had to be left out.
    """

    modified: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    upstream: str = ""
    unpushed: tuple[Commit, ...] = ()
    upstream_texts: Mapping[str, str] = field(default_factory=dict)
    absent: Absent = field(default_factory=Absent)


class RemoteRefusedError(Exception):
    """A remote was asked in vain. Shape: `output` is what git printed; `is_late` when its time was up."""

    def __init__(self, output: str, *, is_late: bool = False) -> None:
        """Keep what git printed."""
        super().__init__(output)
        self.output = output
        self.is_late = is_late


class Remotes(Protocol):
    """Git's way to other repositories. Nobody is asked for a password, and every call has its deadline."""

    def remotes(self, repository: Path) -> Sequence[Remote]:
        """Return the remotes."""

    def upstream(self, repository: Path, branch: str) -> tuple[str, str]:
        """Return the remote and the branch there that *branch* is configured to follow, two times "" for none."""

    def tip(self, repository: Path, remote: Remote, branch: str, *, timeout_s: float) -> str:
        """Return the commit at which *branch* is on *remote* now, "" where there is none; its history is fetched.

        Raises: RemoteRefusedError.
        """

    def obtained(self, repository: Path, remote: Remote, sha: str, *, timeout_s: float) -> bool:
        """Return whether the commit *sha* is here, fetched from *remote* where it was not; no branch is moved."""

    def outgoing(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Outgoing:
        """Return what *remote*, whose branch is at *base* ("" for a new one), lacks of *commit*."""

    def added_lines(self, repository: Path, remote: Remote, base: str, commit: Commit) -> Iterator[AddedLine]:
        """Yield the lines that the outgoing commits add to text files, oldest commit first."""

    def between(self, repository: Path, base: str, tip: str) -> Sequence[Commit] | None:
        """Return the commits of *tip* that *base* lacks, oldest first; None where one of the two is not known here."""

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
        """Let *branch* on *remote* be at *commit*, never by force; *heard* is called with what the remote says.

        Raises: RemoteRefusedError.
        """


class Git(Remotes, Protocol):
    """The system's git."""

    def top(self, folder: Path) -> Path:
        """Return the top of the repository around *folder*. Raises: UsageError when there is none."""

    def commit(self, repository: Path, revision: str) -> Commit:
        """Return the commit that *revision* names. Raises: UsageError when it names none."""

    def materialise(self, repository: Path, commit: Commit, folder: Path) -> Absent:
        """Write the commit's content into the empty *folder* as a clone would; return what had to be left out."""

    def working_state(self, repository: Path, commit: Commit) -> WorkingState:
        """Return how the folder and the upstream differ from *commit*."""

    def blobs(self, repository: Path, commit: Commit) -> Mapping[str, str]:
        """Return the id of each file's content: equal ids are equal files."""

    def added_since(self, repository: Path, base: str, commit: Commit) -> tuple[str, ...]:
        """Return the files that *commit* has and *base* lacks."""

    def size_bytes(self, repository: Path, commit: Commit) -> int | None:
        """Return how much room the commit's content takes, None where finding out would take long."""
