"""What in a Dockerfile keeps the image from being built, or its container from starting, whatever the code does."""

import difflib
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images.context import Matched
from deploy_suite.images.reading import Made
from deploy_suite.images.records import Copied, Ran
from deploy_suite.manifests import requirements_file, shell
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

_FILE_OPTIONS: Final = frozenset({"-r", "--requirement", "-c", "--constraint"})
_PROJECT_FILES: Final = ("pyproject.toml", "setup.py")
_SCRIPT: Final = re.compile(r"(?:\./)?[\w./-]+\.(?:py|sh)|\./[\w./-]+")


def problems(made: Made, *, is_sure: bool) -> Iterator[Finding]:
    """Yield the faults of the file itself; *is_sure* says that the build context is certain."""
    found = (*_faults(made), *_copies(made), *_installs(made), *_start(made))
    for finding in found:
        is_uncertain = finding.outcome is Outcome.FAILED and not is_sure
        yield replace(finding, outcome=Outcome.WARNING, certainty=_UNSURE) if is_uncertain else finding


_UNSURE: Final = "uncertain: the build context is assumed, for no manifest states it"


def _faults(made: Made) -> Iterator[Finding]:
    for fault in made.dockerfile.faults:
        yield Finding(
            code="dockerfile-invalid",
            outcome=Outcome.WARNING,
            message=f"{made.file} has a line that Docker refuses: {fault.message}",
            location=Location(str(made.file), fault.line),
            remedy=f"correct {made.file}:{fault.line}",
            certainty="likely: Docker's own parser was not asked",
        )


# --- COPY ---------------------------------------------------------------------------------------------------------


def _copies(made: Made) -> Iterator[Finding]:
    for record in made.records:
        if isinstance(record, Copied):
            for match in record.matches:
                if not match.is_there:
                    yield _missing(match, record.line, made)


def _missing(match: Matched, line: int, made: Made) -> Finding:
    context = str(made.context.root) if made.context.root.parts else "the top of the repository"
    rule = match.ignored_by
    near = _near(match.source, made)
    if rule is not None:
        reason = f"{made.context.ignore_file}:{rule.line} leaves it out ({rule.text})"
        remedy = f"take `{rule.text}` out of {made.context.ignore_file}, or add `!{match.source}` after it"
    elif near:
        reason = f"the build context is {context}, and it has {near}"
        remedy = f"write `{near}` in {made.file}:{line}"
    else:
        reason = f"the build context is {context}, which has no such path in the commit"
        remedy = f"commit it, or correct {made.file}:{line}"
    return Finding(
        code="docker-copy-missing-file",
        outcome=Outcome.FAILED,
        message=f"COPY cannot find {match.source}: {reason}",
        location=Location(str(made.file), line),
        evidence=(f'"/{match.source.lstrip("./")}": not found',),
        remedy=remedy,
        reproduce=f"docker build -f {made.file} {made.context.root}",
    )


def _near(source: str, made: Made) -> str:
    """Return a path of the context that may be meant: the same name elsewhere, or nearly the same."""
    names = [str(path) for path, rule in made.context.files().items() if rule is None]
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents if parent.parts}
    wanted = posixpath.normpath(source.lstrip("/"))
    last = posixpath.basename(wanted)
    same = sorted(name for name in (*names, *folders) if posixpath.basename(name) == last)
    if same:
        return min(same, key=len)
    close = difflib.get_close_matches(wanted, [*names, *folders], n=1, cutoff=0.8)
    return close[0] if close else ""


# --- files that are not there in time -----------------------------------------------------------------------------


def _installs(made: Made) -> Iterator[Finding]:
    """Yield requirement files that a RUN line installs and no line before it has copied."""
    if any(not match.is_there for record in made.records if isinstance(record, Copied) for match in record.matches):
        return
    if made.is_open:
        return
    there: dict[PurePosixPath, PurePosixPath] = {}
    for record in made.records:
        if isinstance(record, Copied):
            there |= dict(record.files)
        elif isinstance(record, Ran):
            yield from _of_run(record, {**there, **dict(record.mounted)}, made)


def _of_run(record: Ran, there: Mapping[PurePosixPath, PurePosixPath], made: Made) -> Iterator[Finding]:
    script = shell.parse(record.source)
    for command in script.commands:
        if (
            posixpath.basename(command.program) not in {"pip", "pip3"}
            or not script.is_certain
            or command.is_conditional
        ):
            continue
        for option, word in zip(command.words, command.words[1:], strict=False):
            if option not in _FILE_OPTIONS or "$" in word or "://" in word or not command.folder_is_known:
                continue
            folder = PurePosixPath(posixpath.join(record.workdir, command.folder))
            path = _joined(folder, word)
            place = Location(str(made.file), record.line + command.line - 1)
            if path in there:
                for line, files in _own_packages(there[path], folder, made):
                    if not any(one in there or _is_made(one, record, made) for one in files):
                        yield _installed_too_early(line, files, place)
            elif not _is_made(path, record, made) and not made.may_be_brought(path):
                yield _too_early(path, word, place, made)


def _joined(folder: PurePosixPath, word: str) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath(folder / word))


def _own_packages(
    origin: PurePosixPath, folder: PurePosixPath, made: Made
) -> Iterator[tuple[RequirementLine, tuple[PurePosixPath, ...]]]:
    """Yield the lines of the requirement file *origin* that install the project's own, with what pip looks for then.

    pip takes their paths relative to the *folder* that it runs in, not to that of the file.
    """
    for read in requirements_file.load(made.context.top, str(origin)):
        for line in read.requirements:
            if line.requirement is not None or not line.target or ":" in line.target or line.target.startswith("/"):
                continue
            if any(made.context.has(origin.parent / line.target / name) for name in _PROJECT_FILES):
                yield line, tuple(_joined(folder / line.target, name) for name in _PROJECT_FILES)


def _installed_too_early(line: RequirementLine, files: tuple[PurePosixPath, ...], place: Location) -> Finding:
    return Finding(
        code="docker-file-not-copied:project",
        outcome=Outcome.FAILED,
        message=f"{line.text} installs the project's own folder, and at {place} the image has neither its "
        "pyproject.toml nor its setup.py: they are copied later, if at all",
        location=line.location,
        evidence=(f"looked for: {', '.join(map(str, files))}",),
        remedy=f"take {line.text} out of {line.location}, or copy the project above {place}",
    )


def _is_made(path: PurePosixPath, record: Ran, made: Made) -> bool:
    """Whether a RUN line up to *record* may write the file."""
    earlier = [one.source for one in made.records if isinstance(one, Ran) and one.line <= record.line]
    text = "\n".join(earlier)
    return bool(
        re.search(rf"(?:>|-o|--output(?:-file)?|cp|mv|curl|wget|ln|git clone|export)[^\n]*{re.escape(path.name)}", text)
    )


def _too_early(path: PurePosixPath, word: str, location: Location, made: Made) -> Finding:
    later = [
        record.line
        for record in made.records
        if isinstance(record, Copied) and any(copied == path for copied, _ in record.files)
    ]
    known = sorted(str(name) for name in made.context.files() if name.name == path.name)
    reason = f"it is copied only in line {later[0]}" if later else "no line copies it into the image"
    return Finding(
        code=f"docker-file-not-copied:{path.name}",
        outcome=Outcome.FAILED,
        message=f"pip is given {word}, which the image does not have at that point: {reason}",
        location=location,
        evidence=(f"looked for: {path}", *((f"in the build context: {', '.join(known)}",) if known else ())),
        remedy=f"write `COPY {known[0] if known else word} {word}` above {location}",
    )


def _start(made: Made) -> Iterator[Finding]:
    """Yield a file that the start command names, that the repository has, and that the image has not."""
    if made.start is None or made.is_open:
        return
    try:
        words = shlex.split(made.start.text)
    except ValueError:
        return
    for word in words:
        if not _SCRIPT.fullmatch(word):
            continue
        place = PurePosixPath(posixpath.normpath(made.layout.root / word))
        if place in made.layout.origins or place in made.layout.written or not made.context.has(place):
            continue
        if not place.is_relative_to(made.context.root) or made.may_be_brought(made.state.workdir / word):
            continue
        inside = place.relative_to(made.context.root)
        rule = made.context.files().get(inside)
        reason = f"{made.context.ignore_file}:{rule.line} leaves it out ({rule.text})" if rule else "no COPY takes it"
        yield Finding(
            code=f"docker-file-not-copied:{place.name}",
            outcome=Outcome.FAILED,
            message=f"the container is started with {word}, which does not get into the image: {reason}",
            location=Location(str(made.file), made.start.line),
            evidence=(f"start: {made.start.text}",),
            remedy=f"take `{rule.text}` out of {made.context.ignore_file}"
            if rule
            else f"add `COPY {inside} {word}` to {made.file}",
        )
