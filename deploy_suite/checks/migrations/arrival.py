"""What came of taking an empty database to the newest revision."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.checks.base import Findings

HEAD: Final = "migrated"  # begins the names of the databases that are there


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What came of it.

    Shape: `migrated` is the name of a database at the newest revision, to be copied, "" where there is none; `rest`
    goes on with the rehearsal, None where there is nothing more to rehearse; `close` ends it.
    `has_command_run` says that the pre-deploy command itself was seen to succeed there, now or in an earlier run.
    """

    findings: Findings
    migrated: str = ""
    rest: Callable[[], Findings] | None = None
    has_command_run: bool = False
    stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """End the rehearser. Idempotent."""
        self.stack.close()
