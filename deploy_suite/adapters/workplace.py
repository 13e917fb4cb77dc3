"""Folders for one run and between runs, and the removal of what killed runs left behind.

Layout: `<root>/runs/<id>/` holds `lock` (taken while the run lives), `journal` (a process or folder a line) and
`work/`; beside `runs` stand `cache` and `locks`.
"""

import contextlib
import errno
import os
import secrets
import shlex
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final

import filelock
import platformdirs
import psutil

from deploy_suite.adapters import disk_room, memory, ownership, runs
from deploy_suite.errors import MachineError
from deploy_suite.ports import Progress

ROOT_VARIABLE: Final = "DEPLOY_SUITE_CACHE"
_SAID_EVERY_S: Final = 10.0


class LocalWorkplace:
    """This run's folder, the cache, and the locks between runs."""

    def __init__(self, root: Path, run: Path, progress: Progress) -> None:
        """Use the folder *run* below *root*; `opened` makes and removes it."""
        self._root = root
        self._run = run
        self._progress = progress
        self._elsewhere: list[Path] = []
        self._marks = ExitStack()

    @property
    def run_folder(self) -> Path:
        """An empty folder that is removed at the end of this run."""
        return self._run / "work"

    @property
    def cache(self) -> Path:
        """The folder of what is kept between runs."""
        return self._root / "cache"

    def folder_for(self, size_bytes: int | None) -> Path:
        """See `ports.Workplace.folder_for`."""
        parent = memory.folder(size_bytes) if size_bytes is not None else None
        if parent is None:
            return Path(tempfile.mkdtemp(dir=self.run_folder))
        folder = parent / f"{runs.ELSEWHERE}{secrets.token_hex(6)}"
        self.record_folder(ownership.unnamed_beside(folder))
        self.record_folder(folder)
        self._elsewhere.append(folder)
        return self._marks.enter_context(ownership.made(folder))

    def remove(self) -> None:
        """Remove what is this run's alone."""
        for folder in (*self._elsewhere, self.run_folder):
            runs.remove_tree(folder)
        self._marks.close()

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock *name* against other runs; says every 10 s what it waits for."""
        return self._held(name)

    @contextmanager
    def locked_at_once(self, name: str) -> Iterator[bool]:
        """Hold the lock *name* if nobody else does; yields whether it is held."""
        lock = filelock.FileLock(self._root / "locks" / f"{name}.lock")
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=0)
        try:
            yield lock.is_locked
        finally:
            lock.release()

    def record_process(self, pid: int) -> None:
        """Note that this run started *pid*: the next run ends it, should this one and its warden be killed."""
        with contextlib.suppress(psutil.Error):
            self._record(f"process {pid} {psutil.Process(pid).create_time()}")

    def record_folder(self, folder: Path) -> None:
        """Note that this run makes *folder* elsewhere: the next run removes it, should this one be killed."""
        self._record(f"folder {folder}")

    def _record(self, line: str) -> None:
        with speaking_of_the_disk(self._run), (self._run / "journal").open("a", encoding="utf-8") as journal:
            journal.write(f"{line}\n")

    @contextmanager
    def _held(self, name: str) -> Iterator[None]:
        lock = filelock.FileLock(self._root / "locks" / f"{name}.lock")
        while True:
            try:
                lock.acquire(timeout=_SAID_EVERY_S)
                break
            except filelock.Timeout:
                self._progress.waiting(f"waiting for another run that holds the lock {name!r}")
        try:
            yield
        finally:
            lock.release()


@contextmanager
def opened(progress: Progress, *, environment: Mapping[str, str] = os.environ) -> Iterator[LocalWorkplace]:
    """Yield this run's workplace, after removing what killed runs left. Raises: MachineError."""
    root = _writable(root_folder(environment), environment, progress)
    with speaking_of_the_disk(root):
        _made(root)
        with filelock.FileLock(root / "locks" / "runs.lock"):
            abandoned = runs.abandoned(root / "runs")
            run, lock = runs.begun(root / "runs")
    place = LocalWorkplace(root, run, progress)
    try:
        for left in abandoned:
            runs.reap(*left)
        runs.sweep(memory.PLACE)
        yield place
    except KeyboardInterrupt:
        runs.undo(run)  # what was made in the moment of the signal is in nobody's hands yet
        raise
    except OSError as error:
        if disk_room.is_lacking(error):
            raise disk_room.lacking(error, root, variable=ROOT_VARIABLE) from error
        if not place.run_folder.is_dir():
            raise MachineError(
                f"the folder of this run was removed while it went on: {place.run_folder}",
                remedy="run again, and empty the cache only between runs",
            ) from error
        if _is_anothers(error, root):
            raise MachineError(
                f"{error.filename} is closed to this user, as a run with sudo leaves what it keeps",
                remedy=f'take it over: sudo chown -R "$(id -un)" {shlex.quote(str(root))}',
            ) from error
        raise
    finally:
        place.remove()
        lock.release()
        runs.remove_tree(run)


def root_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of all that the suite keeps: DEPLOY_SUITE_CACHE, else the user's cache folder."""
    chosen = environment.get(ROOT_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("deploy-suite")


def _writable(root: Path, environment: Mapping[str, str], progress: Progress) -> Path:
    """Return *root*, or a folder among the temporary ones where the user's own lets nothing be kept, and say so.

    A container's user often has no home, or one that is read-only; and what is built must run.
    Raises: MachineError where *root* was chosen.
    """
    try:
        _made(root)
    except OSError as error:
        if environment.get(ROOT_VARIABLE) or disk_room.is_lacking(error):
            with speaking_of_the_disk(root):
                raise
        with speaking_of_the_disk(root):
            other = _temporary_root()
        why = error.strerror or str(error)
        progress.waiting(f"nothing can be kept in {root} ({why}), so {other} is used; {ROOT_VARIABLE} names another")
        return other
    return root


def _made(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name in ("runs", "cache", "locks"):
        _closed(root / name)
        if not os.access(root / name, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only for this user")
    if os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0):  # known to Linux alone
        raise OSError(errno.ENOEXEC, "its file system is mounted noexec")


def _closed(folder: Path) -> None:
    """Make *folder* for this user alone: in it are sources, what was built of them, and logs.

    One that is there and in which others may write is shared on purpose, and stays so.
    """
    folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    found = folder.stat()
    is_shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if found.st_uid == os.geteuid() and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not is_shared:
        folder.chmod(stat.S_IRWXU)


def _temporary_root() -> Path:
    """Return a folder that is this user's alone; where everybody may write, another may have made it before."""
    folder = Path(tempfile.gettempdir(), f"deploy-suite-{os.geteuid()}")
    folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PermissionError(errno.EACCES, f"{folder} is there and not this user's alone")
    return folder


@contextmanager
def speaking_of_the_disk(folder: Path) -> Iterator[None]:
    """Translate what the system says of *folder*. Raises: MachineError."""
    try:
        yield
    except OSError as error:
        if disk_room.is_lacking(error):
            raise disk_room.lacking(error, folder, variable=ROOT_VARIABLE) from error
        if error.errno == errno.ENOEXEC:
            raise MachineError(
                f"no program can be run from {folder}: {error.strerror}",
                remedy=f"set {ROOT_VARIABLE} to a folder elsewhere, or mount it with exec (see: findmnt -T {folder})",
            ) from error
        raise MachineError(
            f"cannot write below {folder}: {error.strerror or error}",
            remedy=f"make it writable, or set {ROOT_VARIABLE} to a folder that is",
        ) from error


def _is_anothers(error: OSError, root: Path) -> bool:
    """Whether something below *root* was refused that belongs to another user."""
    if not isinstance(error, PermissionError) or not isinstance(error.filename, str | os.PathLike):
        return False
    refused = Path(error.filename)
    try:
        return refused.is_relative_to(root) and refused.lstat().st_uid != os.geteuid()
    except OSError:
        return False
