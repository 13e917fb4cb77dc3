"""A recipe's requirements into the versions that the package index has for them now."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from deploy_suite.environments import blamed_locks, locked_answers, releases
from deploy_suite.environments.base import Answer, Installer, Question, Workshop
from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.environment import Refusal, Resolution
from deploy_suite.model.location import Location


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is known of a recipe's requirements.

    Shape: `is_whole` says that the answer covers all that is installed, `is_answered` that each question was put.
    """

    resolution: Resolution
    is_whole: bool
    is_answered: bool = True


def resolve(
    recipe: Recipe, top: Path, *, installer: Installer, workshop: Workshop, platform: str = "", python: str = ""
) -> Resolved:
    """Ask the index for all that lock files do not answer.

    Shape: *platform* and *python* are others than this machine's and its interpreter's, "" for those.
    """
    open_installs = [install for install in recipe.installs if _is_open(install)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(
            pool.map(
                lambda install: _answer(_question(install, top, platform, python), installer, workshop), open_installs
            )
        )
    unlocked = [install for install in recipe.installs if install.tool in _WITH_LOCK and not install.is_locked]
    unread = [install for install in recipe.installs if install.tool not in _WITH_LOCK and not _is_read(install)]
    resolution = Resolution(
        python=python or workshop.interpreter.version,
        versions={name: version for answer in answers for name, version in answer.versions.items()},
        from_source=frozenset(name for answer in answers for name in answer.from_source),
        conflict="\n".join(answer.conflict for answer in answers if answer.conflict),
    )
    is_answered = all(answer.is_answer for answer in answers)
    is_whole = is_answered and not unlocked and not unread and not resolution.conflict
    return Resolved(resolution, is_whole, is_answered)


_WITH_LOCK = frozenset({"uv sync", "poetry", "pipenv"})


def _is_read(install: Install) -> bool:
    return bool(install.requirements or install.editables or install.files or not install.is_local)


def _is_open(install: Install) -> bool:
    asks = install.requirements or install.editables or install.files
    return install.tool not in _WITH_LOCK and not install.is_seed and bool(asks)


def _answer(question: Question, installer: Installer, workshop: Workshop) -> Answer:
    return locked_answers.answered(question, installer=installer, workshop=workshop)


def _question(install: Install, top: Path, platform: str = "", python: str = "") -> Question:
    return Question(
        folder=top / install.folder,
        requirements=install.requirements,
        editables=install.editables,
        files=tuple(str(top / file) for file in install.files),
        constraints=tuple(str(top / file) for file in install.constraints),
        options=tuple(
            option for option in install.options if option not in {"--upgrade", "--reinstall", "--require-hashes"}
        ),
        platform=platform,
        python=python,
    )


def with_refusals(
    resolution: Resolution,
    recipe: Recipe,
    top: Path,
    *,
    installed: Mapping[str, str],
    log: str,
    installer: Installer,
    workshop: Workshop,
) -> Resolution:
    """Return *resolution* with what is wrong with single requirements; asked only after a failure.

    Shape: *installed* maps the names of what was compiled here onto versions; *log* is that of the failure.
    """
    own = (*own_lines(recipe), *blamed_locks.lines(recipe, top, log))
    brought = _brought(resolution, recipe, installed)
    lines = (*own, *brought)
    found = releases.listing((line.name for line in lines if line.name), workshop)
    refusals = tuple(releases.refusals(lines, found, series=workshop.interpreter.series))
    if {refusal.name for refusal in refusals} & {line.name for line in brought}:
        refusals = traced(refusals, own, recipe, top, installer=installer, workshop=workshop)
    return replace(resolution, refusals=refusals)


def own_lines(recipe: Recipe) -> tuple[RequirementLine, ...]:
    """Return the requirements that the project itself names, in files and in commands."""
    return (*recipe.lines, *_words(recipe))


def traced(
    refusals: Sequence[Refusal],
    own: Sequence[RequirementLine],
    recipe: Recipe,
    top: Path,
    *,
    installer: Installer,
    workshop: Workshop,
    python: str = "",
) -> tuple[Refusal, ...]:
    """Return *refusals* with the lines among *own* that lead to them; *python* as in `resolve`."""
    demands: dict[str, tuple[str, ...]] = {}
    for install in filter(_is_open, recipe.installs):
        demands |= installer.demands(_question(install, top, python=python), workshop)
    return tuple(_traced(refusal, demands, own) for refusal in refusals)


def _traced(refusal: Refusal, demands: Mapping[str, tuple[str, ...]], own: Sequence[RequirementLine]) -> Refusal:
    """Return *refusal* with the line of the project that leads to it, by the shortest way."""
    places = {line.name: line.location for line in own if line.name}
    if refusal.name in places:
        return refusal
    pending: list[tuple[str, tuple[str, ...]]] = [(refusal.name, ())]
    seen = {refusal.name}
    while pending:
        name, way = pending.pop(0)
        if name in places:
            return replace(refusal, location=places[name], required_by=tuple(reversed(way)))
        for other in demands.get(name, ()):
            if other not in seen:
                seen.add(other)
                pending.append((other, (*way, other)))
    return refusal


def _words(recipe: Recipe) -> list[RequirementLine]:
    """Return the requirements that stand in commands."""
    return [
        line
        for install in recipe.installs
        for word in install.requirements
        if (line := _line(word, install.location or recipe.location))
    ]


def _brought(resolution: Resolution, recipe: Recipe, installed: Mapping[str, str]) -> list[RequirementLine]:
    """Return what other packages or lock files bring and must be built from source."""
    named = {line.name for line in recipe.lines}
    locks = [install.locks[-1] for install in recipe.installs if install.is_locked]
    place = Location(locks[0]) if locks else recipe.location
    versions = {name: resolution.versions[name] for name in resolution.from_source} | dict(installed)
    texts = [f"{name}=={version}" for name, version in sorted(versions.items()) if name not in named]
    return [line for text in texts if (line := _line(text, place))]


def _line(text: str, location: Location | None) -> RequirementLine | None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return RequirementLine(
        name=canonicalize_name(requirement.name),
        requirement=requirement,
        text=text,
        location=location or Location(""),
        target=requirement.url or "",
    )
