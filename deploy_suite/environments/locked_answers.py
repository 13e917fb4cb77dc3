"""Answers of the index that cannot change: those to files that pin all that they lead to, and any within one run.

`pip freeze`, `pip-compile` and `uv pip compile` write such files. That one pins everything shows only in an answer, so
the first is asked for and kept; one that names a distribution the files do not pin is asked for again in each run.
There several services, and rounds with made-up values, ask the same.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from deploy_suite.environments import releases
from deploy_suite.environments.base import Answer, Installer, Question, Workshop
from deploy_suite.manifests import requirements_file
from deploy_suite.manifests.requirements_file import RequirementLine, RequirementsFile
from deploy_suite.model import on_disk

_FOLDER: Final = "answers"


def answered(question: Question, *, installer: Installer, workshop: Workshop) -> Answer:
    """Return the answer to *question*, kept where it cannot change, else the index's of now."""
    read = _read_files(question)
    pinned = _pinned(question, read)
    if not pinned and not _is_of_index(question, read):
        return installer.resolve(question, workshop)
    place, name = workshop.ports.workplace, f"{_name(question, read, workshop)}.json"
    lasting, passing = place.cache / _FOLDER / name, place.run_folder / _FOLDER / name
    kept = (_read(lasting) if pinned else None) or _read(passing)
    if kept:
        return kept
    answer = installer.resolve(question, workshop)
    if answer.is_answer:
        is_lasting = bool(pinned) and not answer.conflict and set(answer.versions) <= pinned
        _write(lasting if is_lasting else passing, answer)
    return answer


def _read_files(question: Question) -> tuple[RequirementsFile, ...]:
    """Return the files of *question* with all that they refer to; paths are relative to the root."""
    paths = [(question.folder / file).resolve().as_posix().lstrip("/") for file in question.files]
    return tuple(each for path in paths for each in requirements_file.load(Path("/"), path))


def _pinned(question: Question, read: tuple[RequirementsFile, ...]) -> frozenset[str]:
    """Return the distributions that *question* pins, none where it asks for anything else."""
    lines = [line for each in read if not each.is_constraint for line in each.requirements]
    asks_for_more = question.requirements or question.editables or not all(map(is_pin, lines))
    return frozenset() if asks_for_more else frozenset(line.name for line in lines)


def _is_of_index(question: Question, read: tuple[RequirementsFile, ...]) -> bool:
    """Return whether *question* names distributions alone: what a path or a repository holds its texts do not say."""
    texts = (line for each in read for line in each.requirements)
    are_named = all(line.requirement is not None and not line.target for line in texts)
    return are_named and not question.editables and all(map(_is_distribution, question.requirements))


def _is_distribution(word: str) -> bool:
    try:
        return Requirement(word).url is None
    except InvalidRequirement:
        return False


def is_pin(line: RequirementLine) -> bool:
    """Whether *line* leaves no choice of the version."""
    specifiers = tuple(line.requirement.specifier) if line.requirement and not line.target else ()
    return len(specifiers) == 1 and specifiers[0].operator == "==" and not specifiers[0].version.endswith(".*")


def _name(question: Question, read: tuple[RequirementsFile, ...], workshop: Workshop) -> str:
    """Return a digest of all that the answer depends on, the index's settings included."""
    files = (*(Path("/", each.file) for each in read), *(question.folder / file for file in question.constraints))
    contents = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if on_disk.is_file(file)]
    settings = sorted((name, value.revealed()) for name, value in workshop.settings.items())
    python = [str(workshop.interpreter.path), workshop.interpreter.version, releases.machine()]
    parts = [
        contents,
        question.requirements,
        question.options,
        python,
        settings,
        *filter(None, [question.platform, question.python]),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _read(file: Path) -> Answer | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Answer(
            is_answer=True,
            versions=dict(kept["versions"]),
            from_source=frozenset(kept["from_source"]),
            conflict=str(kept["conflict"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write(file: Path, answer: Answer) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fields = {"versions": dict(answer.versions), "from_source": sorted(answer.from_source), "conflict": answer.conflict}
    text = json.dumps(fields)
    scratch = file.with_suffix(f".{hashlib.sha256(text.encode()).hexdigest()[:8]}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(file)
