"""What the commands use outside of the service's root directory."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks import root_directory
from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding
from deploy_suite.project import snapshot_files

_SHOWN: Final = 3


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield one warning for all of it, at the first call that leads out; where the root itself is a guess, none."""
    if not subject.root.parts or subject.contract.container is not None or subject.is_assumed:
        return
    found: dict[PurePosixPath, Call] = {}
    for call in subject.calls.calls:
        for path in _outside(call, subject):
            found.setdefault(path, call)
    if not found:
        return
    first = next(iter(found.values()))
    named = [str(path) if path.parts else "the repository's top" for path in found]
    yield saying.of_call(
        subject,
        first,
        code=root_directory.CODE,
        message=f"the commands use {', '.join(named[:_SHOWN])}{' and more' if len(named) > _SHOWN else ''}, outside of "
        f"the service's rootDir {subject.root}",
        remedy=root_directory.remedy(subject.root, subject.manifest.file if subject.manifest else "render.yaml"),
        certainty=root_directory.CERTAINTY,
    )


def _outside(call: Call, subject: Subject) -> Iterator[PurePosixPath]:
    """Yield what the commit has of the paths of *call* that lie outside, and else the folder that it runs in."""
    words = (word.rpartition("=")[2] for word in call.written.words if "/" in word or ".." in word)
    files = [path for word in words if (path := call.path(word)) is not None and not path.is_relative_to(subject.root)]
    there = [path for path in files if _is_there(path, subject)]
    if there:
        yield from there
    elif call.folder is not None and not call.folder.is_relative_to(subject.root) and _is_there(call.folder, subject):
        yield call.folder


def _is_there(path: PurePosixPath, subject: Subject) -> bool:
    return bool(snapshot_files.find(subject.folder, path)) or snapshot_files.is_folder(subject.folder, path)
