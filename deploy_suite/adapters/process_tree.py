"""A process → those below it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import psutil

from deploy_suite.adapters.warden import tree

HAS_PROC: Final = Path("/proc/self/stat").exists()
# Not every kernel lists them: https://man7.org/linux/man-pages/man5/proc_tid_children.5.html
_LISTS_CHILDREN: Final = Path("/proc/thread-self/children").exists()


def below(pid: int, *, roughly: bool = False) -> Mapping[int, int]:
    """Return the processes below *pid*, each with its parent.

    *roughly*, where Linux lists them: in a tenth of the time, but one may be missed while another ends.
    """
    if roughly and _LISTS_CHILDREN:
        return dict(_listed(pid))
    return tree.below(pid) if HAS_PROC else _told_below(pid)


def _listed(pid: int) -> Iterator[tuple[int, int]]:
    with contextlib.suppress(OSError):  # it has ended
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  asked for a hundred times a second
            for child in _children(f"/proc/{pid}/task/{thread}/children"):
                yield child, pid
                yield from _listed(child)


def _children(file: str) -> list[int]:
    try:
        with open(file, "rb") as listed:  # noqa: PTH123  likewise
            return [int(child) for child in listed.read().split()]
    except OSError:
        return []


def _told_below(pid: int) -> Mapping[int, int]:
    found = {}
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                found[process.pid] = process.ppid()
    return found
