"""What makes environments and asks the package index: the family `uv | virtualenv`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from deploy_suite.environments import pip_call, telling
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Ports

QUICK_S: Final = 120.0
LONG_S: Final = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where and with what an environment is made.

    Shape: `folder` belongs to this build alone and is removed at the end of the run; `own_settings` are those variables
    of the service that speak to installers (PIP_EXTRA_INDEX_URL …).
    """

    ports: Ports
    interpreter: Interpreter
    folder: Path
    own_settings: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def machine_settings(self) -> Mapping[str, Secret]:
        """The caller's variables."""
        return self.ports.caller.installer_settings

    @property
    def settings(self) -> Mapping[str, Secret]:
        """The caller's variables under those of the service, and the same in uv's words."""
        settings = {**self.machine_settings, **self.own_settings}
        texts = {name: value.revealed() for name, value in settings.items()}
        translated = pip_call.uv_settings(texts)
        return {**{name: Secret(value) for name, value in translated.items()}, **settings}

    @property
    def caches(self) -> Mapping[str, str]:
        """The variables that point installers to caches of the suite's own: what a build spoils there is nobody's."""
        cache = self.ports.workplace.cache
        return {
            "UV_CACHE_DIR": str(cache / "uv"),
            "PIP_CACHE_DIR": str(cache / "pip"),
            "POETRY_CACHE_DIR": str(cache / "poetry"),
            "PIPENV_CACHE_DIR": str(cache / "pipenv"),
            "npm_config_cache": str(cache / "npm"),
        }

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float = QUICK_S,
        stdin: str = "",
        cwd: Path | None = None,
    ) -> Completed:
        """Run an installer for the suite's own ends: with a private HOME and the way to the index."""
        home = self.folder / "installer-home"
        home.mkdir(parents=True, exist_ok=True)
        environment: dict[str, str | Secret] = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            **self.caches,
            **self.settings,
        }
        command = Command(argv=tuple(argv), cwd=cwd or self.folder, environment=environment, stdin=stdin)
        name = Path(argv[0]).name
        with telling.told(
            self.ports, lambda spent_s: f"waiting for the package index, which {name} asks ({spent_s:.0f} s so far)"
        ):
            return self.ports.runner.run(command, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the package index is asked.

    Shape: paths are relative to `folder`; `options` in uv's words; `platform` is another one than this machine's
    ("x86_64-manylinux_2_36"), "" for this one; `python` another version than the interpreter's ("3.14.3"), likewise.
    """

    folder: Path
    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    platform: str = ""
    python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the index answered.

    Shape: `is_answer` is false when the question could not be put (no network, a file that only pip reads);
    `conflict` is the resolver's account where no set of versions fits.
    """

    is_answer: bool
    versions: Mapping[str, str] = field(default_factory=dict)
    from_source: frozenset[str] = frozenset()
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Seed:
    """A package that a new environment holds.

    Shape: `version` is "" for the newest; `wheel` None when it must be fetched.
    """

    name: str
    version: str
    wheel: Path | None

    @property
    def requirement(self) -> str:
        """What an installer is to install."""
        return f"{self.name}=={self.version}" if self.version else self.name


class Installer(Protocol):
    """A module that makes environments."""

    def is_there(self) -> bool:
        """Return whether this machine has it."""

    def program(self) -> Path | None:
        """Return the uv that stands in for pip, None where pip does its own work."""

    def create(self, venv: Path, found: Sequence[Seed], workshop: Workshop) -> None:
        """Make what `python -m venv` of the interpreter, whose seeds are *found*, would make. Raises: MachineError."""

    def install(
        self, venv: Path, requirements: Sequence[str], workshop: Workshop, *, timeout_s: float = LONG_S
    ) -> Completed:
        """Install *requirements* into *venv* for the suite's own ends."""

    def fetch(
        self, folder: Path, requirements: Sequence[str], *, platform: str, timeout_s: float, workshop: Workshop
    ) -> Completed:
        """Unpack the wheels of *requirements* alone for *platform* into *folder*, which is made."""

    def resolve(self, question: Question, workshop: Workshop) -> Answer:
        """Ask the index which versions would be installed."""

    def demands(self, question: Question, workshop: Workshop) -> Mapping[str, tuple[str, ...]]:
        """Return for each distribution of the answer to *question* which others require it, () for none of them."""

    def reaches_index(self, workshop: Workshop) -> bool:
        """Return whether a package that is surely there can be found, whatever caches say."""
