"""Whether a build failed for want of room on this machine: tried, for a quota and a limit leave the disk free."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError

_NEEDED_BYTES: Final = 16 * 1024 * 1024


def blame_disk(folder: Path) -> None:
    """Say so if no more can be written to *folder*. Raises: MachineError."""
    remedy = "free space there, or set DEPLOY_SUITE_CACHE to a folder on a larger disk"
    if shutil.disk_usage(folder).free < _NEEDED_BYTES:
        raise MachineError(f"the disk that holds {folder} is full", remedy=remedy)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_NEEDED_BYTES))
    except OSError as error:
        raise MachineError(
            f"no file of {_NEEDED_BYTES // 1024**2} MiB can be written to {folder}: {error.strerror}",
            remedy=f"{remedy}; quotas, `ulimit -f` and the number of files (df -i) limit it too",
        ) from error
