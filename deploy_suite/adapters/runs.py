"""A run of the suite: its folder below a lock of its own, and what is undone of one that was killed.

The layout, and who writes the journal: `workplace.py`.
"""

import contextlib
import os
import secrets
import shutil
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import filelock
import psutil

from deploy_suite.adapters import ownership, postgres_shared_memory

ELSEWHERE: Final = "deploy-suite-run-"  # how a run's folders outside of its own are called
_SAME_START_S: Final = 0.05  # psutil reads start times in clock ticks, of which there are at least 100 a second
_PATIENCE_S: Final = 5.0


def remove_tree(folder: Path) -> None:
    """Remove *folder* with all that is in it, write-protected folders included, as far as the system lets us."""

    def unprotected(retry: Callable[[str], object], path: str, _: object) -> None:
        # Never what is around *folder*: the parent may be everybody's.
        with contextlib.suppress(OSError):
            for each in (Path(path).parent, Path(path)):
                if each.is_relative_to(folder) and not each.is_symlink():
                    each.chmod(stat.S_IRWXU)
            retry(path)

    if folder.is_dir():
        shutil.rmtree(folder, onerror=unprotected)


def begun(runs: Path) -> tuple[Path, filelock.BaseFileLock]:
    """Return a new run, locked by this process; others see it only with its lock held."""
    run = runs / secrets.token_hex(6)
    run.mkdir(mode=stat.S_IRWXU)
    lock = filelock.FileLock(run / "lock")
    lock.acquire()
    (run / "work").mkdir()
    return run, lock


def abandoned(runs: Path) -> tuple[tuple[Path, filelock.BaseFileLock], ...]:
    """Return the runs whose owner has gone: the kernel has let go of their locks, which this process now holds."""
    found = []
    for run in runs.iterdir():
        lock = filelock.FileLock(run / "lock")
        with contextlib.suppress(filelock.Timeout, OSError):
            lock.acquire(timeout=0)
            found.append((run, lock))
    return tuple(found)


def reap(run: Path, lock: filelock.BaseFileLock) -> None:
    """Undo what an abandoned run recorded, and remove its folder."""
    undo(run)
    remove_tree(run / "work")
    lock.release()
    remove_tree(run)


def sweep(parent: Path) -> None:
    """Remove what killed runs of this user left in *parent*, which is everybody's, where their journal has gone too."""
    for folder in ownership.abandoned(parent, ELSEWHERE):
        if _is_own(folder):
            remove_tree(folder)


def _is_own(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return False


def undo(run: Path) -> None:
    """End the processes and remove the folders that *run* recorded, as far as they are still there."""
    with contextlib.suppress(OSError, ValueError):
        for line in (run / "journal").read_text(encoding="utf-8").splitlines():
            match line.split(" ", 2):
                case ["process", pid, started_s]:
                    _end_process(int(pid), float(started_s))
                case ["folder", *words]:
                    postgres_shared_memory.free(Path(" ".join(words)))
                    remove_tree(Path(" ".join(words)))
                case _:
                    pass


def _end_process(pid: int, started_s: float) -> None:
    """End *pid* and all below it, if it still is the process that began at *started_s*."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if abs(process.create_time() - started_s) > _SAME_START_S:
            return
        tree = [*process.children(recursive=True), process]
        for each in tree:
            with contextlib.suppress(psutil.Error):
                each.kill()
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        psutil.wait_procs(tree, timeout=_PATIENCE_S)
