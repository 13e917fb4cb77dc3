"""A project at a commit, and the services in it."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Final, Self

from deploy_suite.model.location import Location

_TOP: Final = PurePosixPath()


class Framework(Enum):
    """The web framework of an entry point."""

    FASTAPI = "fastapi"
    FLASK = "flask"
    DJANGO = "django"
    STARLETTE = "starlette"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit of the project's repository. `tree` is the id of its content: equal trees deploy equally.

    Shape: `has_near_origin` says that the origin is a folder of this machine, whose name need not be the repository's.
    """

    sha: str
    tree: str
    subject: str
    branch: str = ""
    repository_slug: str = ""
    has_near_origin: bool = False

    @property
    def short(self) -> str:
        """The first seven digits."""
        return self.sha[:7]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandText:
    """A command as a manifest states it, and where."""

    text: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Something that a server imports beside the application.

    Shape: `module` is its dotted name, `file` a file of the repository that is run instead; `label` says what it is to
    the server: `worker class "uvicorn.workers.UvicornWorker"`.
    """

    label: str
    module: str = ""
    file: PurePosixPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """What the server imports: `module:attribute`, the folders that are importable, and where that is said.

    Shape: `attribute` is "" for a program that is run rather than imported. `file` and `search_path` are relative to
    the repository; so is `working_folder`, where the server runs, None for the service's own. `arguments` is the
    source text between the parentheses of a factory's call; `companions` are what the server imports before it.
    """

    module: str
    attribute: str = "app"
    framework: Framework = Framework.OTHER
    file: PurePosixPath | None = None
    search_path: tuple[PurePosixPath, ...] = (_TOP,)
    is_factory: bool = False
    arguments: str = ""
    working_folder: PurePosixPath | None = None
    location: Location | None = None
    companions: tuple[Companion, ...] = ()

    @property
    def spec(self) -> str:
        """The form that servers take."""
        return f"{self.module}:{self.attribute}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The clean content of a commit in a folder of its own: what a clone would hold, and nothing else.

    Shape: `folder` is the repository's top; `root` is the project's folder within the repository (`--project` may
    name a subfolder).
    """

    commit: Commit
    folder: Path
    root: PurePosixPath = _TOP

    @classmethod
    def as_it_lies(cls, folder: Path, *, top: Path) -> Self:
        """Return what stands for a commit where the project in *folder*, below *top*, is read as it lies there.

        Shape: both paths are resolved.
        """
        root = PurePosixPath(folder.relative_to(top).as_posix())
        return cls(commit=Commit(sha="", tree="", subject=""), folder=top, root=root)

    @property
    def path(self) -> Path:
        """The project's folder on disk."""
        return self.folder / self.root
