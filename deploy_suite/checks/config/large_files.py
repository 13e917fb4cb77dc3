"""Files that Git LFS keeps elsewhere: what the commit holds of them are pointers, here and maybe on the target."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config.subject import Subject
from deploy_suite.manifests import lfs_pointers, own_files
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.wording import counted
from deploy_suite.project import snapshot_files

_SHOWN: Final = 8
_FETCHES: Final = "lfs pull"


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield what stands as a pointer: a warning where a source names such a file, else a note.

    Nothing is said where a command fetches them, nor where this machine's git put the files themselves in place.
    """
    if any(_FETCHES in call.line for call in subject.calls.calls):
        return
    pointers = lfs_pointers.below(subject.folder, subject.root)
    if not pointers:
        return
    read = tuple(_read(subject, pointers))
    yield _finding(tuple(pointer for pointer, _ in read) or pointers, read, subject)


def _read(subject: Subject, pointers: Sequence[PurePosixPath]) -> Iterator[tuple[PurePosixPath, Location]]:
    """Yield the pointers that a source names, each with the first line that does."""
    texts = [
        (file, text)
        for file in own_files.python(subject.folder, subject.root)
        if (text := snapshot_files.text(subject.folder, file))
    ]
    for pointer in pointers:
        for file, text in texts:
            at = text.find(pointer.name)
            if at >= 0:
                yield pointer, Location(str(file), text.count("\n", 0, at) + 1)
                break


def _finding(
    pointers: Sequence[PurePosixPath], read: Sequence[tuple[PurePosixPath, Location]], subject: Subject
) -> Finding:
    target = subject.contract.target.capitalize()
    several = "is a pointer" if len(pointers) == 1 else f"and {counted(len(pointers) - 1, 'file')} more are pointers"
    return Finding(
        code="git-lfs-failure",
        outcome=Outcome.WARNING if read else Outcome.NOTE,
        message=f"{pointers[0]} {several} of Git LFS in the commit, and no command fetches what stands behind"
        + (f"; {read[0][1]} names it" if read else ""),
        location=Location(str(pointers[0])),
        evidence=tuple([f"{place}: names {pointer}" for pointer, place in read] or [str(one) for one in pointers])[
            :_SHOWN
        ],
        remedy="put `git lfs install --local && git lfs pull` in front of the build command, or keep such files in an "
        "object storage; here, `git lfs install` lets the next run have them",
        certainty=f"not known: whether {target} fetches them when it clones is not stated in the project, and this "
        "machine's git did not",
    )
