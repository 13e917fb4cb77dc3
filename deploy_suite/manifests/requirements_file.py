"""A requirements file, and all that it refers to, into requirements with their lines."""

import posixpath
from dataclasses import replace
from pathlib import Path

from deploy_suite.manifests.requirement_entries import FileReference, LineProblem, RequirementLine, RequirementsFile
from deploy_suite.manifests.requirement_lines import parse
from deploy_suite.model import on_disk
from deploy_suite.model.location import Location

__all__ = ["FileReference", "LineProblem", "RequirementLine", "RequirementsFile", "load", "parse"]


def load(folder: Path, file: str) -> tuple[RequirementsFile, ...]:
    """Return *file* and all that it refers to by `-r` and `-c`, each once, in the order in which pip reads them.

    *file* is relative to *folder*, the top of the snapshot. References are relative to the file they stand in. A file
    that is not there (or lies outside of *folder*) is a `requirements-file-missing` problem where it is named.
    """
    found: dict[tuple[str, bool], RequirementsFile] = {}
    first = posixpath.normpath(file)
    pending = [FileReference(file=first, location=Location(first), is_constraint=False)]
    while pending:
        reference = pending.pop(0)
        data = _bytes(folder, reference.file)
        key = (reference.file, reference.is_constraint)
        if data is None:
            _blame(found, reference)
        elif key not in found:
            read = replace(parse(data, file=reference.file), is_constraint=reference.is_constraint)
            found[key] = read
            pending = [*_followed(read), *pending]
    return tuple(found.values())


def _followed(read: RequirementsFile) -> list[FileReference]:
    """Return the references in *read*; what a constraints file includes constrains too."""
    return [
        replace(reference, is_constraint=reference.is_constraint or read.is_constraint)
        for reference in read.references
        if "://" not in reference.file and "${" not in reference.file
    ]


def _blame(found: dict[tuple[str, bool], RequirementsFile], reference: FileReference) -> None:
    """Note in the referring file, or in an empty one for the very first, that the file of *reference* is missing."""
    problem = LineProblem(
        code="requirements-file-missing",
        message=f"{reference.file} is not in the repository",
        location=reference.location,
        remedy=f"commit {reference.file}, or correct the name in {reference.location}",
    )
    at = reference.location.file
    for key, read in found.items():
        if key[0] == at and reference.location.line:
            found[key] = replace(read, problems=(*read.problems, problem))
            return
    found[at, False] = RequirementsFile(
        file=at,
        requirements=(),
        problems=(replace(problem, remedy=f"commit {at}, or name the file that lists the requirements"),),
    )


def _bytes(folder: Path, file: str) -> bytes | None:
    """Return the content of a regular file within *folder*; a link that leads out of it is as good as missing."""
    try:
        path = (folder / file).resolve()
        if not path.is_relative_to(folder.resolve()) or not on_disk.is_file(path):
            return None
        return path.read_bytes()
    except (OSError, ValueError, RuntimeError):
        return None
