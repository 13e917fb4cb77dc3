"""The files of an image laid out in a folder, as its processes find them in their working folder."""

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

from deploy_suite.errors import UsageError
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Container
from deploy_suite.model.project import Snapshot

_EXECUTABLE = 0o755


def laid_out(container: Container, snapshot: Snapshot, folder: Path, *, root: PurePosixPath) -> Snapshot:
    """Write to *folder* what *container* has of *snapshot*, and return it as the snapshot of the service.

    Its tree has an id of its own: other files of the same commit make another service.
    """
    (folder / root).mkdir(parents=True, exist_ok=True)
    for place, origin in container.files:
        try:
            _put(snapshot.folder / origin, folder / place)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise UsageError(
                f"the image has a file whose name is too long: {place}", remedy="give it a shorter one in Dockerfile"
            ) from error
    for place, text in container.written:
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(_EXECUTABLE if text.startswith("#!") else file.stat().st_mode)
    digest = hashlib.sha256(repr((container.files, container.written)).encode()).hexdigest()[:16]
    commit = replace(snapshot.commit, tree=f"{snapshot.commit.tree}-{digest}")
    return replace(snapshot, commit=commit, folder=folder)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(os.readlink(source))  # noqa: PTH115  the text of the link, wherever it leads
    elif on_disk.is_file(source):
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copy2(source, target)
