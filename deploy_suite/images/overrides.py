"""RUN lines that install another version over what a requirements file asks for."""

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from deploy_suite.images.reading import Made
from deploy_suite.images.records import Ran
from deploy_suite.manifests import requirements_file, shell
from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

_OWN: Final = frozenset({"pip", "setuptools", "wheel"})


def problems(made: Made) -> Iterator[Finding]:
    """Yield each pin in a RUN line that contradicts the pin in a requirements file that was installed before it."""
    listed: dict[str, tuple[str, SpecifierSet, Location]] = {}
    for record in made.records:
        if not isinstance(record, Ran):
            continue
        for command in shell.parse(record.source).commands:
            if posixpath.basename(command.program) not in {"pip", "pip3"} or command.words[1:2] != ("install",):
                continue
            place = Location(str(made.file), record.line + command.line - 1)
            yield from _contradictions(command, place, listed)
            listed |= dict(_listed(command, record, made))


def _contradictions(
    command: SimpleCommand, place: Location, listed: dict[str, tuple[str, SpecifierSet, Location]]
) -> Iterator[Finding]:
    for word in command.words[2:]:
        requirement = _requirement(word)
        name = canonicalize_name(requirement.name) if requirement else ""
        pinned = next((one.version for one in requirement.specifier if one.operator == "=="), "") if requirement else ""
        if name in _OWN or name not in listed or not pinned or "*" in pinned:
            continue
        text, specifier, asked = listed[name]
        if not specifier.contains(pinned, prereleases=True):
            yield Finding(
                code=f"requirement-overridden:{name}",
                outcome=Outcome.WARNING,
                message=f"the image gets {word}, and {asked.file} asks for {text}: what is installed last counts",
                location=place,
                evidence=(f"{asked}: {text}", f"{place}: {' '.join(command.text.split())}"),
                remedy=f"write {word} to {asked}, or remove it from {place}",
                certainty="certain that they differ; which of the two the code was written for, its imports tell",
            )


def _listed(
    command: SimpleCommand, record: Ran, made: Made
) -> Iterator[tuple[str, tuple[str, SpecifierSet, Location]]]:
    for option, word in zip(command.words, command.words[1:], strict=False):
        if option not in {"-r", "--requirement"} or "$" in word or not command.folder_is_known:
            continue
        path = PurePosixPath(posixpath.normpath(posixpath.join(record.workdir, command.folder, word)))
        origin = made.layout.origins.get(made.layout.places.get(path, PurePosixPath()))
        for file in requirements_file.load(made.context.top, str(origin)) if origin else ():
            for line in file.requirements:
                if line.requirement is not None and line.requirement.specifier and not file.is_constraint:
                    yield line.name, (line.text, line.requirement.specifier, line.location)


def _requirement(word: str) -> Requirement | None:
    try:
        return Requirement(word)
    except InvalidRequirement:
        return None
