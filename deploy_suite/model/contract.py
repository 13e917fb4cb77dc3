"""What a target promises a service and demands of it, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model import python_series
from deploy_suite.model.location import Location
from deploy_suite.model.probe import Probe
from deploy_suite.model.project import CommandText, EntryPoint
from deploy_suite.model.secret import Secret

MEBIBYTE: Final = 1024 * 1024


class ServiceKind(Enum):
    """What the target does with the service."""

    WEB = "web"
    PRIVATE = "private"
    WORKER = "worker"
    CRON = "cron"

    @property
    def answers_http(self) -> bool:
        """Whether the target expects an open port."""
        return self in {ServiceKind.WEB, ServiceKind.PRIVATE}


class DatabaseField(Enum):
    """The part of a database's address that a variable takes. The values are Render's property names."""

    CONNECTION_STRING = "connectionString"
    HOST = "host"
    PORT = "port"
    USER = "user"
    PASSWORD = "password"  # noqa: S105  the name of a field, not a password
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the manifest, or one that the platform sets itself."""

    value: Secret


@dataclass(frozen=True, slots=True)
class Generated:
    """A value that the platform makes once: 256 random bits in base64."""


@dataclass(frozen=True, slots=True)
class FromDatabase:
    """A part of the address of the database *name*; preflight puts a throw-away database in its place."""

    name: str
    part: DatabaseField


@dataclass(frozen=True, slots=True)
class FromService:
    """A part of the address of another service, which preflight does not run."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class Prompted:
    """A value that only the target knows (`sync: false`); taken from `.env.preflight`, else a marked dummy."""


Source = Literal | Generated | FromDatabase | FromService | Prompted


class Phase(Enum):
    """When the target runs something of the service."""

    BUILD = "build"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable of the service and where its value comes from.

    Shape: `location` is None for those that the platform sets; `phases` says when the process sees it.
    """

    name: str
    source: Source
    location: Location | None = None
    phases: frozenset[Phase] = frozenset(Phase)
    is_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRequest:
    """The Python that the target would use.

    Shape: `version` is "3.12.8", or "3.12" where the target picks the patch. `is_pinned` is false when neither the
    project nor the manifest names one: then `alternatives` are the target's other defaults, newest first, by the age
    of the service, which a repository does not tell. `origin` says in words where the version comes from. `unread` is
    the version that the project states at `unread_at`, where the target does not look; "" for none.
    """

    version: str
    origin: str
    is_pinned: bool = True
    location: Location | None = None
    alternatives: tuple[str, ...] = ()
    unread: str = ""
    unread_at: Location | None = None

    @property
    def series(self) -> str:
        """The first two parts: "3.12"."""
        return python_series.of(self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The target's time limits in seconds, or shorter ones of the caller, under which nothing is proved to fail."""

    build_s: float
    pre_deploy_s: float
    start_s: float
    health_request_s: float
    shutdown_s: float
    is_build_shortened: bool = False
    is_start_shortened: bool = False

    def shortened(self, *, build_s: float | None, start_s: float | None) -> "Limits":
        """Return these limits with those of the caller where they are shorter."""
        is_build = build_s is not None and build_s < self.build_s
        is_start = start_s is not None and start_s < self.start_s
        return replace(
            self,
            build_s=build_s if build_s is not None and is_build else self.build_s,
            start_s=start_s if start_s is not None and is_start else self.start_s,
            is_build_shortened=is_build,
            is_start_shortened=is_start,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What an image gets of a stage or an image that is not made here.

    Shape: `path` is where it lies in the tree that stands for the image, "" for a place that is the image's own system;
    an empty folder lies there where it `is_folder`, with a page where it `is_site`, what JavaScript's tools have built.
    `origin` says whence, `line` is that of COPY.
    """

    path: str
    is_folder: bool
    is_site: bool
    target: str
    origin: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What a Dockerfile puts into the image in which the service runs.

    Shape: `dockerfile` is the file's path in the repository, `workdir` the folder in which processes run. `files` pairs
    the path of each file in the tree that stands for the image with its path in the repository; `written` pairs such
    paths with texts that the Dockerfile itself holds. `left_out` are commands that are not run here, and `stand_ins`
    what comes from stages that are not made here.
    """

    dockerfile: str
    workdir: str
    files: tuple[tuple[str, str], ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One service on one target.

    Shape: commands are None where the manifest has none. `root` is the service's folder within the repository.
    `memory_bytes` is what the plan grants. `host` is the Host header of the target's health checks, `health_location`
    where their path is stated. `port` is where the service must listen, and `port_is_movable` whether preflight may
    choose another (the variable PORT and the platform's own settings name it; no literal of the project does).
    `databases` maps the name of each database the variables refer to onto the PostgreSQL major version asked for (""
    when none is). `tool_versions` maps "uv" and "poetry" onto the versions that the target brings, and `tool_signs`
    those that it brings only where it finds a file onto the name of that file. `image` names the file system
    in which the service is built and runs, as `knowledge.platforms.images` knows it ("python:3.12-slim");
    `image_packages` are those of the system that are installed into it. `container` is None where the target runs the
    service on its own Python.
    """

    target: str
    service: str
    kind: ServiceKind
    root: PurePosixPath
    python: PythonRequest
    variables: tuple[Variable, ...]
    build: CommandText | None
    pre_deploy: CommandText | None
    start: CommandText | None
    entry: EntryPoint | None
    port: int
    port_is_movable: bool
    health_path: str
    host: str
    memory_bytes: int
    plan: str
    limits: Limits
    databases: Mapping[str, str]
    tool_versions: Mapping[str, str]
    tool_signs: Mapping[str, str] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()
    location: Location | None = None
    health_location: Location | None = None
    image: str = ""
    image_packages: tuple[str, ...] = ()
    container: Container | None = None

    def variable(self, name: str) -> Variable | None:
        """Return the variable *name*, if the service has it."""
        return next((variable for variable in self.variables if variable.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """The values that stand in for what only the target has, made for one preflight.

    Shape: `values` maps each variable's name onto its value; `dummies` are the names whose value is made up.
    """

    values: Mapping[str, Secret]
    dummies: frozenset[str] = frozenset()
