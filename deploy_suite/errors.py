"""The ways in which the suite itself can fail: what happened, where, what to do, and the exit code."""

from typing import ClassVar


class DeployError(Exception):
    """The suite cannot do its job. A fault of the user's project is a `Finding`, not an error.

    Shape: `message` says what happened; `source` is "file:line" or ""; `remedy` is an imperative sentence.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, source: str = "", remedy: str = "") -> None:
        """Keep the parts apart, so that each report can lay them out its own way."""
        super().__init__(message)
        self.message = message
        self.source = source
        self.remedy = remedy


class UsageError(DeployError):
    """The call or the suite's own configuration is wrong: an unknown option, no repository, no service."""

    exit_code = 2


class CannotCheckError(DeployError):
    """Something that was to be checked cannot be checked on this machine; this says nothing about the project."""

    exit_code = 3


class MachineError(DeployError):
    """This machine or its network fell short: disk full, index out of reach, a tool missing."""

    exit_code = 4


def out_of_processes() -> MachineError:
    """Return what to raise where the system starts no more of them."""
    return MachineError(
        "no more processes or threads can be started on this machine",
        remedy="end some, or raise their limits (ulimit -u, ulimit -v; in a container: --pids-limit)",
    )
