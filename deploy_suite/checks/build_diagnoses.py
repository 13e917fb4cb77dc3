"""What the log of a failed build shows to be the cause, as a finding at the project's own line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks import (
    build_excerpts,
    build_patches,
    build_refusals,
    drivers,
    line_ends,
    migration_files,
    secret_keys,
    settings_lines,
)
from deploy_suite.checks.base import Case
from deploy_suite.checks.build_excerpts import tail
from deploy_suite.environments.recipe import Recipe
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.environment import BuildFailure
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.values import Chain

_OTHER_PYTHON: Final = "python-version-unsupported"
_OF_BUILD_TOOLS: Final = frozenset({"stdlib-removed"})


def finding(cause: DiagnosedCause, failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    """Return what *cause*, read from the log of *failure*, says in the project's own terms."""
    return _seen_in_files(cause, failure, recipe, case) or _read_from_log(cause, failure, recipe, case)


def _seen_in_files(cause: DiagnosedCause, failure: BuildFailure, recipe: Recipe, case: Case) -> Finding | None:
    """Return the finding that another reader of the project's files makes of *cause*, None where none does."""
    if cause.slug == secret_keys.CODE and (unset := secret_keys.unset(case.snapshot.folder, case.contract)):
        command = build_refusals.command(failure, case)
        return secret_keys.finding(unset, command, evidence=[one.text for one in cause.evidence])
    if cause.slug == line_ends.CODE and (place := line_ends.first(case.snapshot.folder, _scripts(recipe))):
        return _of_line_ends(place, failure, case)
    if other := build_patches.of_this_machine(cause, case):
        return other
    from deploy_suite.checks.dependencies import diagnosed  # noqa: PLC0415  a build that goes well needs none of it

    missing = diagnosed.own_module(cause, case)
    if missing is None:
        return None
    return replace(
        missing,
        outcome=Outcome.FAILED,
        certainty="",
        location=missing.location or in_own_code(failure, case),
        reproduce=build_refusals.command(failure, case),
    )


def _read_from_log(cause: DiagnosedCause, failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    """Return what the log says, at the line that requires the package it is about, or that leads to it."""
    from deploy_suite.checks.dependencies import diagnosed  # noqa: PLC0415  a build that goes well needs none of it

    _, _, parameter = cause.slug.partition(":")
    refused = cause.values.get("package", "") if cause.family == _OTHER_PYTHON else ""
    built = build_excerpts.being_built(failure.log) if cause.family in _OF_BUILD_TOOLS else ""
    names = {canonicalize_name(name) for name in (parameter, refused, built) if name}
    line = next((line for line in recipe.lines if line.name in names), None)
    chain = way_to(cause.values.get("module", ""), case) if cause.family == "missing-requirement" else Chain()
    told = [one.text for one in cause.evidence]
    if chain.hops:
        own: Location | None = chain.last.location
        evidence = [*told, chain.shown()]
    else:
        own = settings_lines.of_cause(cause.slug, case) or in_own_code(failure, case)
        evidence = [*told, *(text for text in tail(failure.log) if text not in told)]
    return Finding(
        code=cause.slug,
        outcome=Outcome.FAILED,
        message=f"the build {f'of {built} ' if built else ''}failed: {cause.title}",
        location=line.location if line else own or failure.ended_at or recipe.location or build_refusals.place(case),
        evidence=tuple(evidence),
        remedy=_of_old_sources(built, line) if built else diagnosed.remedy(cause, case),
        python=cause.python,
        reproduce=build_refusals.command(failure, case),
    )


def _of_old_sources(name: str, line: RequirementLine | None) -> str:
    """Return what helps where the sources of *name* want what an environment for builds no longer has."""
    at = f" in {line.location}" if line else ""
    return (
        f"require a newer {name}{at}, one that has a wheel or builds with today's setuptools; a setuptools in the "
        "requirements does not help, for pip builds in an environment of its own"
    )


def _scripts(recipe: Recipe) -> Iterator[str]:
    return (name for name, _ in recipe.texts if name)


def _of_line_ends(place: Location, failure: BuildFailure, case: Case) -> Finding:
    return Finding(
        code=line_ends.CODE,
        outcome=Outcome.FAILED,
        message=line_ends.message(place.file),
        location=place,
        evidence=tail(failure.log),
        remedy=line_ends.remedy(place.file),
        reproduce=build_refusals.command(failure, case),
    )


def in_own_code(failure: BuildFailure, case: Case) -> Location | None:
    """Return the innermost line of the project's own that the last traceback of the build went through.

    Where it went through none, the migration of the project's that Django could not take.
    """
    frame = build_excerpts.own_frame(failure.log)
    path = PurePosixPath(frame[0]) if frame else None
    if frame is None or path is None or snapshot_files.find(case.snapshot.folder, path) is None:
        return migration_files.place(failure.log, case)
    return Location(str(path), frame[1])


def way_to(module: str, case: Case) -> Chain:
    """Return how starting the application comes to import *module*, which a command of the build met first."""
    from deploy_suite.checks.dependencies import diagnosed  # noqa: PLC0415  likewise

    traced = diagnosed.trace(case) if module else None
    if traced and (asked := drivers.of_settings(module, traced)).hops:
        return asked
    found = traced.strongest(module.partition(".")[0]) if traced else None
    return found.chain if found else Chain()
