"""How many processes the kernel has killed for want of memory, where it counts them: on Linux."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")
_OF_MACHINE: Final = Path("/proc/vmstat")


def counted() -> int:
    """Return the count of this process's control group, where that has none the whole machine's; 0 if nobody counts."""
    for file in (*_of_own_group(), _OF_MACHINE):
        with contextlib.suppress(OSError, ValueError):
            rows = dict(line.split(maxsplit=1) for line in file.read_text(encoding="utf-8").splitlines())
            if "oom_kill" in rows:
                return int(rows["oom_kill"])
    return 0


def _of_own_group() -> Iterator[Path]:
    """Yield where the control group of this process would count.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
    """
    with contextlib.suppress(OSError):
        for line in _OWN.read_text(encoding="utf-8").splitlines():
            match line.split(":", 2):
                case [_, "", path]:
                    yield _GROUPS / path.lstrip("/") / "memory.events"
                case [_, "memory", path]:
                    yield _GROUPS / "memory" / path.lstrip("/") / "memory.oom_control"
                case _:
                    pass
