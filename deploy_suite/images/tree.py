"""The files of an image laid out in a folder, as its processes find them in their working folder."""

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

from deploy_suite.errors import UsageError
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Container, StandIn
from deploy_suite.model.project import Snapshot

_EXECUTABLE = 0o755
# Vite, Create React App and Next.
_OF_BUNDLERS = ("assets", "static/js", "static/css", "_next")
_PAGE = "<!doctype html><title>stands in for a page that is not built here</title>\n"


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
    for stand_in in container.stand_ins:
        _stand(stand_in, folder)
    digest = hashlib.sha256(repr((container.files, container.written, container.stand_ins)).encode()).hexdigest()[:16]
    commit = replace(snapshot.commit, tree=f"{snapshot.commit.tree}-{digest}")
    return replace(snapshot, commit=commit, folder=folder)


def _stand(one: StandIn, folder: Path) -> None:
    """Lay out the folder of *one*: what serves a frontend asks at its start for the folders that bundlers make."""
    if not one.path:
        return
    place = folder / one.path
    if not one.is_folder:
        place.parent.mkdir(parents=True, exist_ok=True)
        return
    for name in ("", *(_OF_BUNDLERS if one.is_site else ())):
        if not (place / name).exists():
            (place / name).mkdir(parents=True)
    if one.is_site and not (place / "index.html").exists():
        (place / "index.html").write_text(_PAGE, encoding="utf-8")


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(os.readlink(source))  # noqa: PTH115  the text of the link, wherever it leads
    elif on_disk.is_file(source):
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copy2(source, target)
