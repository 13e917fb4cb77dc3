"""A command as a value, and what became of it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy_suite.model.secret import Secret

PROGRAM_NOT_FOUND: Final = 127
TIMED_OUT: Final = 124


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An argument tuple with all that the process will see.

    Shape: `environment` is the whole environment: nothing of the caller's shell is added to it.
    """

    argv: tuple[str | Secret, ...]
    cwd: Path
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    stdin: str = ""

    def shown(self) -> str:
        """Return the command as a person would type it, secrets masked; the one place that quotes."""
        return " ".join(str(word) if isinstance(word, Secret) else shlex.quote(word) for word in self.argv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A finished command. A non-zero code is data: 127 when the program is missing, 124 when its time was up.

    Shape: `out` and `err` hold at most the bytes that the caller allowed, the middle of a longer output cut out.
    """

    code: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the command succeeded."""
        return self.code == 0

    @property
    def output(self) -> str:
        """Both streams, standard output first."""
        return self.out + self.err
