"""What a push would take along, and where to."""

from dataclasses import dataclass

from deploy_suite.model.project import Commit
from deploy_suite.model.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A remote of a repository, as it is pushed to.

    Shape: `shown` is its URL without credentials, `hidden` are those; `host` is in lower case, "" for a folder;
    `slug` is "owner/name" or "".
    """

    name: str
    shown: str
    host: str = ""
    slug: str = ""
    hidden: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file's content that a push would add to the remote; `is_lfs_pointer` where it stands for a larger one."""

    path: str
    size_bytes: int
    is_lfs_pointer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingSubmodule:
    """A submodule that is at another commit than before.

    Shape: `is_public` says whether one of its remotes has that commit, None where the submodule is not checked out.
    """

    path: str
    commit: str
    is_public: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What the remote lacks.

    Shape: `commits` oldest first; `behind` counts the commits of the remote's branch that are not here;
    `lfs_pushes` says whether git-lfs is here and pushes what the pointers stand for along with the commits.
    """

    commits: tuple[Commit, ...] = ()
    behind: int = 0
    files: tuple[OutgoingFile, ...] = ()
    submodules: tuple[OutgoingSubmodule, ...] = ()
    lfs_pushes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedLine:
    """A line that one of the outgoing commits adds."""

    path: str
    line: int
    text: str
    commit: str
