"""What is kept, for a run or between runs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn, Protocol

from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret


class Credentials(Protocol):
    """Where keys are kept: the environment first, then the system's keyring. Never on a command line."""

    def secret(self, name: str, /) -> Secret | None:
        """Return the secret called *name*, as an environment variable would be; None where nobody keeps it.

        Raises: MachineError when the keyring holds it back.
        """

    def kept_in(self, name: str, /) -> str:
        """Return where the secret called *name* is, "the environment" or "the system's keyring"; "" for nowhere."""


class NoCredentials:
    """Keeps nothing."""

    def secret(self, _name: str, /) -> Secret | None:
        """Return None."""
        return None

    def kept_in(self, _name: str, /) -> str:
        """Return ""."""
        return ""


class Workplace(Protocol):
    """Folders for one run, and for what is kept between runs.

    Whatever a run that was killed left behind (processes, folders, databases) is removed when the next one starts.
    """

    @property
    def run_folder(self) -> Path:
        """An empty folder that is removed at the end of this run."""

    def folder_for(self, size_bytes: int | None) -> Path:
        """Return another empty folder that is removed at the end of this run, in memory if it surely fits there.

        Programs need not be executable in it: systems often mount such memory without that right.
        """

    @property
    def cache(self) -> Path:
        """The folder of what is kept between runs."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock *name* against other runs; says what it waits for."""

    def locked_at_once(self, name: str) -> AbstractContextManager[bool]:
        """Hold the lock *name* if nobody else does; yields whether it is held."""


class Ledger(Protocol):
    """What is kept of releases, for good, in a folder that only this user can read.

    Places are relative to that folder, with "/" between their parts. Raises, all of them: MachineError.
    """

    @property
    def folder(self) -> Path:
        """Where all of it is."""

    def append(self, place: str, line: str, *, is_vital: bool = True) -> None:
        """Add *line* to the file at *place*; one that is vital is on the disk when this returns."""

    def write(self, place: str, text: str) -> None:
        """Put *text* into the file at *place* in one step: it is the old text or the new one, never a part."""

    def read(self, place: str) -> str:
        """Return what is in the file at *place*, "" where there is none."""

    def names(self, place: str) -> Sequence[str]:
        """Return the names of what is in the folder at *place*, sorted; none where there is no such folder."""

    def remove(self, place: str) -> None:
        """Remove the folder at *place* with all that is in it."""

    def locked_at_once(self, place: str) -> AbstractContextManager[bool]:
        """Hold the lock of *place* if nobody else does; yields whether it is held. It falls with its process."""


class NoLedger:
    """Keeps nothing, and lets nobody begin what must be kept."""

    @property
    def folder(self) -> Path:
        """Return a folder that is not there."""
        return Path("/nonexistent")

    def append(self, place: str, _line: str, *, is_vital: bool = True) -> NoReturn:
        """Refuse."""
        raise MachineError(f"{place}: nothing {'vital ' if is_vital else ''}is kept here")

    def write(self, place: str, text: str) -> NoReturn:
        """Refuse."""
        self.append(place, text)

    def read(self, _place: str) -> str:
        """Return ""."""
        return ""

    def names(self, _place: str) -> Sequence[str]:
        """Return none."""
        return ()

    def remove(self, _place: str) -> None:
        """Do nothing."""

    def locked_at_once(self, _place: str) -> AbstractContextManager[bool]:
        """Yield that it is not held."""
        return nullcontext(enter_result=False)
