"""Time, the interpreters of this machine, and whoever called the suite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy_suite.model.environment import Interpreter
from deploy_suite.model.secret import Secret


class Clock(Protocol):
    """Time. Seconds are those of the monotonic clock."""

    def now_s(self) -> float:
        """Return the monotonic time."""

    def utc(self) -> str:
        """Return the wall-clock time, ISO 8601 in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Interpreters(Protocol):
    """The Pythons of this machine."""

    def installed(self) -> Sequence[Interpreter]:
        """Return them, each version once."""


class Progress(Protocol):
    """Tells a person what is going on while it goes on; masks what the run's curtain hides."""

    def began(self, step: str) -> None:
        """A step began."""

    def waiting(self, text: str) -> None:
        """Something takes long; said at least every 10 s."""

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """A step ended."""

    def said(self, source: str, text: str) -> None:
        """Something that runs elsewhere said a line; *source* tells what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What is taken over from the shell that started the suite; the service's processes never see it.

    Shape: `installer_settings` are the environment variables with which installers reach this machine's package index
    (indexes, proxies, certificates); `search_path` are the folders of the caller's PATH; `target_settings` are the
    environment variables, none of them secret, that say how a target is reached.
    """

    installer_settings: Mapping[str, Secret] = field(default_factory=dict)
    target_settings: Mapping[str, str] = field(default_factory=dict)
    search_path: tuple[Path, ...] = ()
