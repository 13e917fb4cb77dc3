"""An isolated environment that was built as a contract asks, and the interpreters of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from deploy_suite.model import own_place, python_series
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python of this machine. Shape: `version` is "3.12.1"."""

    path: Path
    version: str

    @property
    def series(self) -> str:
        """The first two parts: "3.12"."""
        return python_series.of(self.version)


class RefusalKind(Enum):
    """Why a requirement is in trouble even when it is asked for alone.

    NO_WHEEL: only a source archive fits this Python, and it was built; CANNOT_BUILD: building it alone failed;
    OTHER_SYSTEM: there are wheels, and none for Linux.
    """

    UNKNOWN_NAME = "unknown-name"
    UNKNOWN_VERSION = "unknown-version"
    OTHER_PYTHON = "other-python"
    OTHER_SYSTEM = "other-system"
    NO_WHEEL = "no-wheel"
    CANNOT_BUILD = "cannot-build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A requirement that the package index cannot satisfy.

    Shape: `requirement` as written; `pythons` are the series ("3.10") for which the index has a release that fits, for
    NO_WHEEL and CANNOT_BUILD those with a wheel; `fitting` is the newest version with a wheel for the Python asked for,
    of a pinned version that never was the next one;
    `modules` are what it was installed as, where it was; `required_by` leads from the requirement at `location` to it,
    () where it stands there itself; `account` is what building it alone printed, where that was tried and failed.
    """

    name: str
    requirement: str
    kind: RefusalKind
    location: Location | None = None
    pythons: tuple[str, ...] = ()
    fitting: str = ""
    modules: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the package index answered when it was asked for the requirements of a build command.

    Shape: `python` is the interpreter's version; `versions` maps canonical names onto the versions that fit;
    `from_source` are those of them for which the index has no wheel that fits, so that they must be built;
    `conflict` is the resolver's own account when no versions fit; `refusals` are asked for only after a failure.
    """

    python: str
    versions: Mapping[str, str]
    from_source: frozenset[str] = frozenset()
    conflict: str = ""
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LostInstallation:
    """The last call of an installer that failed in a build which went on, and the listed packages that are not there.

    Shape: `command` as it was called; `absent` are canonical names; `resolution` is as that of a BuildFailure.
    """

    command: str
    absent: tuple[str, ...]
    resolution: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the build command left behind.

    Shape: `venv` is the virtual environment; `workdir` the service's folder with the source and all that the build
    wrote there, in which start and pre-deploy commands run; `top` the repository's top of the same copy.
    `packages` maps canonical distribution names onto versions. `requirement_files` are the files that the build
    installed from, relative to the repository. `key` is the id of the content; `is_reused` whether nothing had to
    be built. `search_path` is the PATH for the service's processes. `lost` is an installation that failed and did not
    end the build.
    """

    key: str
    interpreter: Interpreter
    venv: Path
    workdir: Path
    top: Path
    packages: Mapping[str, str]
    search_path: str
    home: Path
    requirement_files: tuple[str, ...] = ()
    is_reused: bool = False
    log: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    resolution: Resolution | None = None
    lost: LostInstallation | None = None

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    def process_environment(self, values: Mapping[str, Secret]) -> Mapping[str, str | Secret]:
        """Return all that a process of the service sees: the contract's values, PATH, a private HOME, a locale."""
        return {
            "PATH": self.search_path,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "VIRTUAL_ENV": str(self.venv),
            **{name: Secret(own_place.here(value.revealed(), self.top)) for name, value in values.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFailure:
    """The build command failed as it would on the target.

    Shape: `log` is the bounded output; `command` the part that failed where that is known; `resolution` what the
    index says of the requirements, refusals included; `ended_at` the line of the project's own script that failed.
    """

    code: int
    log: str
    command: str
    seconds: float
    timed_out: bool = False
    resolution: Resolution | None = None
    ended_at: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAddress:
    """Where a throw-away database answers over TCP with a password."""

    host: str
    port: int
    user: str
    password: Secret
    name: str

    def url(self, scheme: str = "postgresql") -> Secret:
        """Return the address in the form that Render gives to services."""
        return Secret(f"{scheme}://{self.user}:{self.password.revealed()}@{self.host}:{self.port}/{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the caller chose for one preflight, and what stays the same for all its services.

    Shape: `python` replaces the contract's version when set; `real_pip` runs pip itself instead of uv in its place;
    `allow_network` lets the service's processes reach the network; `fresh` reuses no verdict and no environment;
    `database_url` is a disposable server to use instead of the embedded one; `live_revision` is the migration at which
    the target's database is, "" where that is unknown. `build_timeout_s` and `start_timeout_s` shorten the limits of
    the target.
    """

    python: str = ""
    real_pip: bool = False
    allow_network: bool = False
    fresh: bool = False
    database_url: Secret | None = None
    live_revision: str = ""
    build_timeout_s: float | None = None
    start_timeout_s: float | None = None
