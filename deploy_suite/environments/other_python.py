"""What the target's own Python would get where this machine rehearses with another: asked of the index, never run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from deploy_suite.environments import packages, releases, resolution
from deploy_suite.environments.locked_answers import is_pin
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.releases import Listing
from deploy_suite.environments.resolution import Resolved
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model import python_series
from deploy_suite.model.environment import Refusal, RefusalKind
from deploy_suite.model.location import Location

_UNFIT: Final = frozenset({RefusalKind.OTHER_PYTHON, RefusalKind.OTHER_SYSTEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What the index says for another Python.

    Shape: `python` is its version; `versions` are what would be installed, as far as the index tells it, else what is
    installed here; `refusals` are the releases that it cannot take as they are; `unknown` the names that could not be
    asked for.
    """

    python: str
    resolved: Resolved
    versions: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    unknown: frozenset[str]

    @property
    def series(self) -> str:
        """The first two parts: "3.14"."""
        return python_series.of(self.python)


def foreseen(plan: Plan, *, venv: Path | None, installed: Mapping[str, str], glibc: tuple[int, ...]) -> Foreseen:
    """Return what the Python that the target would use gets in place of what is *installed* in *venv*.

    Shape: *venv* is None where nothing was built; *glibc* is that of the target where this machine is another system.
    """
    python = plan.other_python
    platform = f"x86_64-manylinux_{glibc[0]}_{glibc[1]}" if glibc else ""
    resolved = resolution.resolve(
        plan.recipe,
        plan.snapshot.folder,
        installer=plan.installer,
        workshop=plan.workshop,
        platform=platform,
        python=python,
    )
    suspects = {**_to_be_compiled(plan, resolved), **(_bound_to_another(venv, python, resolved) if venv else {})}
    versions = {**installed, **resolved.resolution.versions} if resolved.is_whole else installed
    refusals, unknown = _refused(plan, resolved, suspects, python=python, glibc=glibc)
    return Foreseen(python=python, resolved=resolved, versions=versions, refusals=refusals, unknown=unknown)


def _to_be_compiled(plan: Plan, resolved: Resolved) -> Mapping[str, str]:
    """Return what has no wheel there, but for what has none here either: how that compiles is known."""
    here, there = plan.resolved.resolution, resolved.resolution
    of_here = {name for name in here.from_source if here.versions.get(name) == there.versions[name]}
    is_same = here.python == there.python
    return {name: there.versions[name] for name in there.from_source if is_same or name not in of_here}


def _bound_to_another(venv: Path, python: str, resolved: Resolved) -> Mapping[str, str]:
    """Return what is installed in *venv* and would be there too, by files that are not for *python*.

    A resolver does not heed the upper end of `Requires-Python`, at which pip refuses; and of what lock files name
    nothing was asked.
    """
    found: dict[str, str] = {}
    answered = resolved.resolution.versions
    for distribution in packages.distributions(venv):
        headers = packages.metadata(distribution)
        name, version = canonicalize_name(headers["Name"] or ""), headers["Version"] or ""
        if not name or answered.get(name, version) != version:
            continue
        excluded = not _admits(headers["Requires-Python"] or "", python)
        if excluded or (name not in answered and packages.is_of_one_series(distribution)):
            found[name] = version
    return found


def _admits(requires: str, python: str) -> bool:
    version = python if python.count(".") > 1 else f"{python}.99"
    try:
        return SpecifierSet(requires).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _refused(
    plan: Plan, resolved: Resolved, suspects: Mapping[str, str], *, python: str, glibc: tuple[int, ...]
) -> tuple[tuple[Refusal, ...], frozenset[str]]:
    """Return what is wrong with *suspects*, and where no versions fit with the project's own lines."""
    own = resolution.own_lines(plan.recipe)
    at_odds = own if resolved.resolution.conflict else ()
    names = {*suspects, *(line.name for line in at_odds if line.name)}
    if not names:
        return (), frozenset()
    listed = releases.listing(names, plan.workshop)
    by_name = {line.name: line for line in own if line.name and line.requirement is not None}
    found: list[Refusal] = []
    for name, version in sorted(suspects.items()):
        found += _of_release(
            name, version, by_name.get(name), listed, plan=plan, series=python_series.of(python), glibc=glibc
        )
    known = {refusal.name for refusal in found}
    lines = [line for line in at_odds if line.name not in known]
    told = releases.refusals(lines, listed, series=python_series.of(python), glibc=glibc)
    # What has no wheel for any Python is compiled here too.
    found += (one for one in told if one.kind is not RefusalKind.NO_WHEEL or one.pythons)
    brought = [refusal for refusal in found if refusal.name not in by_name]
    if brought:
        found = [
            *(refusal for refusal in found if refusal.name in by_name),
            *resolution.traced(
                brought,
                own,
                plan.recipe,
                plan.snapshot.folder,
                installer=plan.installer,
                workshop=plan.workshop,
                python=python,
            ),
        ]
    return tuple(found), listed.unknown


def _of_release(
    name: str,
    version: str,
    line: RequirementLine | None,
    listed: Listing,
    *,
    plan: Plan,
    series: str,
    glibc: tuple[int, ...],
) -> Iterator[Refusal]:
    """Yield what is wrong with one release; *line* is the project's own that names it, which may admit another."""
    if " " in version:
        return
    exact = RequirementLine(
        name=name,
        requirement=Requirement(f"{name}=={version}"),
        text=f"{name}=={version}",
        location=line.location if line else _place(plan),
    )
    for refusal in releases.refusals([exact], listed, series=series, glibc=glibc):
        if refusal.kind is RefusalKind.NO_WHEEL and refusal.pythons:
            yield refusal if line is None or not is_pin(line) else replace(refusal, requirement=str(line.requirement))
        elif refusal.kind in _UNFIT:
            yield from [refusal] if line is None else _allowed(line, listed, series=series, glibc=glibc)


def _allowed(line: RequirementLine, listed: Listing, *, series: str, glibc: tuple[int, ...]) -> Sequence[Refusal]:
    """Return what is wrong with *line*, where pip finds no other release that it admits."""
    found = releases.refusals([line], listed, series=series, glibc=glibc)
    return [refusal for refusal in found if refusal.kind in _UNFIT]


def _place(plan: Plan) -> Location:
    """Return where what no line names comes from: a lock file, else the build command."""
    locks = [install.locks[-1] for install in plan.recipe.installs if install.is_locked and install.locks]
    return Location(locks[0]) if locks else plan.recipe.location or Location("")
