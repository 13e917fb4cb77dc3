"""What is kept of releases: a folder of the user's own, and writes that outlive a crash of the machine.

Layout: whatever the callers name; beside it `<place>.lock`, whose lock the kernel takes from a process that dies.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import filelock
import platformdirs

from deploy_suite.errors import MachineError

FOLDER_VARIABLE: Final = "DEPLOY_SUITE_STATE"
_PATIENCE_S: Final = 1.0  # whoever only looks holds the lock for a moment
_ONLY_MINE: Final = stat.S_IRUSR | stat.S_IWUSR


class LocalLedger:
    """Implements `ports.Ledger`."""

    def __init__(self, folder: Path) -> None:
        """Keep everything below *folder*, which is made when something is to be kept."""
        self._folder = folder

    @property
    def folder(self) -> Path:
        """See `ports.Ledger.folder`."""
        return self._folder

    def append(self, place: str, line: str, *, is_vital: bool = True) -> None:
        """See `ports.Ledger.append`. A torn last line, as a crash leaves it, is ended first."""
        with self._speaking(), self._opened(place) as file:
            end = os.lseek(file, 0, os.SEEK_END)
            is_torn = end > 0 and os.pread(file, 1, end - 1) != b"\n"
            _write_all(file, (b"\n" if is_torn else b"") + line.encode() + b"\n")
            if is_vital:
                os.fsync(file)

    def write(self, place: str, text: str) -> None:
        """See `ports.Ledger.write`."""
        with self._speaking():
            target = self._made(place)
            number, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(scratch).replace(target)
            except BaseException:
                Path(scratch).unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)

    def read(self, place: str) -> str:
        """See `ports.Ledger.read`. What a crash cut through is read as far as it is text."""
        with self._speaking():
            try:
                return (self._folder / place).read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, NotADirectoryError):
                return ""

    def names(self, place: str) -> Sequence[str]:
        """See `ports.Ledger.names`."""
        with self._speaking():
            try:
                return sorted(one.name for one in (self._folder / place).iterdir() if not one.name.startswith("."))
            except (FileNotFoundError, NotADirectoryError):
                return ()

    def remove(self, place: str) -> None:
        """See `ports.Ledger.remove`."""
        shutil.rmtree(self._folder / place, ignore_errors=True)

    @contextmanager
    def locked_at_once(self, place: str) -> Iterator[bool]:
        """See `ports.Ledger.locked_at_once`."""
        with self._speaking():
            lock = filelock.FileLock(self._made(f"{place}.lock"), mode=_ONLY_MINE)
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=_PATIENCE_S)
        try:
            yield lock.is_locked
        finally:
            lock.release()

    def _made(self, place: str) -> Path:
        """Return the path of *place*, its folders made for this user alone."""
        path = self._folder / place
        for folder in reversed([one for one in path.parents if one.is_relative_to(self._folder)]):
            if not folder.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
                _sync_folder(folder.parent)
        return path

    @contextmanager
    def _opened(self, place: str) -> Iterator[int]:
        path = self._made(place)
        is_new = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _ONLY_MINE)
        try:
            if is_new:
                _sync_folder(path.parent)
            yield file
        finally:
            os.close(file)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Translate what the system says of the folder. Raises: MachineError."""
        try:
            yield
        except OSError as error:
            raise MachineError(
                f"cannot keep records of releases below {self._folder}: {error.strerror or error}",
                remedy=f"make room there and make it writable, or set {FOLDER_VARIABLE} to another folder",
            ) from error


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return where releases are recorded: DEPLOY_SUITE_STATE, else the user's folder for what programs remember."""
    chosen = environment.get(FOLDER_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_state_path("deploy-suite")


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    """Let the names in *folder* be on the disk; some systems cannot, and keep them well enough."""
    with contextlib.suppress(OSError):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
