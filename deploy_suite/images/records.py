"""What the instructions of a Dockerfile do, one after the other, in paths of the image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from deploy_suite.images.context import Matched
from deploy_suite.manifests.dockerfile import Instruction

ROOT = PurePosixPath("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """COPY or ADD from the context. Shape: `files` are pairs of path in the image and path in the repository."""

    line: int
    matches: tuple[Matched, ...]
    files: tuple[tuple[PurePosixPath, PurePosixPath], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that a heredoc of COPY holds."""

    line: int
    path: PurePosixPath
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """COPY --from another stage of the same file, or from another image.

    Shape: `sources` and `target` are paths in the two images. `foreign` is the base image of a stage that is not built
    here, for it has no Python, or the image itself; "" for a stage that is enacted.
    """

    line: int
    origin: int
    sources: tuple[PurePosixPath, ...]
    target: PurePosixPath
    is_into_folder: bool
    foreign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """RUN. Shape: line k of `source` is the file's line `line` + k - 1; `mounted` are files that are bound into it."""

    line: int
    stage: int
    source: str
    workdir: PurePosixPath
    mounted: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """ENV, or ARG with a value."""

    line: int
    stage: int
    name: str
    value: str
    is_lasting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why the image cannot be enacted without Docker."""

    line: int
    reason: str


Record = Copied | Written | Taken | Ran | Assigned


@dataclass(slots=True)
class State:
    """An image after some instructions."""

    base: str
    workdir: PurePosixPath = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    folders: set[PurePosixPath] = field(default_factory=lambda: {ROOT})
    command: Instruction | None = None
    entrypoint: Instruction | None = None
    exposed: tuple[str, ...] = ()
    user: str = ""

    @property
    def values(self) -> Mapping[str, str]:
        """What `$X` stands for: ENV wins over ARG."""
        return {**self.arguments, **self.environment}

    def after(self) -> "State":
        """Return the state in which a stage begins that is built on this one: arguments end with their stage."""
        return State(
            base=self.base,
            workdir=self.workdir,
            environment=dict(self.environment),
            folders=set(self.folders),
            command=self.command,
            entrypoint=self.entrypoint,
            exposed=self.exposed,
            user=self.user,
        )
