"""A build that failed into findings that name the line to change."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks import (
    build_conflicts,
    build_diagnoses,
    build_excerpts,
    build_refusals,
    clashing,
    generated_values,
)
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.build_excerpts import tail
from deploy_suite.checks.variables import stated
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments.recipe import Recipe
from deploy_suite.knowledge.clashes import PYTHON
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.manifests import requirement_text
from deploy_suite.manifests.requirements_file import LineProblem
from deploy_suite.model import python_series
from deploy_suite.model.contract import Prompted
from deploy_suite.model.environment import BuildFailure
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Masker
from deploy_suite.project import snapshot_files

_ACCOUNT_LINES: Final = 8
_MOST_COMPILED: Final = 6
_OVER_DATABASE: Final = frozenset({"db-connection-refused", "db-host-unresolvable"})
_ENCODING: Final = "requirements-encoding"
_SYNTAX: Final = "requirements-syntax"
_NO_PATH: Final = re.compile(r"(?:No such file or directory: '|Distribution not found at: file:/*)/?(?P<path>[^'\s]+)")
_OF_THE_CALL: Final = frozenset({"pip-option-unknown", "poetry-option-unknown"})  # it ended before it asked the index
_OF_OWN_PACKAGE: Final = "pip install ."
_KEEPS_RUNNING: Final = (
    "a command that keeps running (a server, a watcher, a question) belongs into the start command or needs an option "
    "that makes it end"
)
_NOT_THERE: Final = frozenset({126, 127})  # what a shell ends with over a command that it cannot run or find


def findings(failure: BuildFailure, case: Case) -> Findings:
    """Return why the build failed, and what would fail next with the versions that the index has."""
    failure = _without_passed(failure)
    versions = failure.resolution.versions if failure.resolution else {}
    python = failure.resolution.python if failure.resolution else ""
    clashes = clashing.findings(versions, case, python=python)
    # A build of a package has an environment of its own: what the project gets beside it says nothing of its end.
    built = canonicalize_name(build_excerpts.being_built(failure.log))
    beside = {name: version for name, version in versions.items() if name == built} if built else versions
    known = {**beside, PYTHON: python} if python else beside
    read = (generated_values.explained(one, case.contract) for one in _reasons(failure, case))
    met = tuple(clashing.closer_of(one, failure.log, known, case=case) for one in read)
    reasons = tuple(_unless_guessed(one, case) for one in met if not _is_told_by(clashes, one, case))
    return (*reasons, *clashes)


def _without_passed(failure: BuildFailure) -> BuildFailure:
    """Return *failure* without what its script complained of and went past: the build ended on another line."""
    ended = failure.ended_at
    if ended is None or not ended.line or failure.code in _NOT_THERE:
        return failure
    return replace(failure, log=build_excerpts.without_passed(failure.log, script=ended.file, line=ended.line))


def of_log(log: str, case: Case) -> Finding | None:
    """Return what *log*, of a command that failed, says of the cause; None where it says nothing that is known."""
    cause = diagnose(log).root
    failure = BuildFailure(code=1, log=log, command="", seconds=0)
    return build_diagnoses.finding(cause, failure, recipes.read(case.contract, case.snapshot), case) if cause else None


def _is_told_by(clashes: Findings, finding: Finding, case: Case) -> bool:
    """Whether a known clash says the same with the versions and their line, and *finding* only that it is so."""
    closer = {one.code for one in clashes if one.outcome is Outcome.FAILED}
    return finding.code in closer and finding.location == build_refusals.place(case)


def _unless_guessed(finding: Finding, case: Case) -> Finding:
    """Return *finding* as SKIPPED where only a guess fails.

    That the project itself is to be installed, or where its database is, which variables of the target may say.
    """
    build = case.contract.build
    if finding.code.partition(":")[0] in _OVER_DATABASE and not stated.files(case.contract):
        return replace(
            finding,
            outcome=Outcome.SKIPPED,
            message=f"not checked: {finding.message}; on the target its variables may name another, and no file says",
            remedy="put a value for the variable of the address into .env.preflight, or state it in render.yaml",
        )
    is_guess = build is not None and build.location is None and build.text == _OF_OWN_PACKAGE
    if not is_guess or finding.location is not None or not finding.code.startswith("build-failure"):
        return finding
    return replace(
        finding,
        outcome=Outcome.SKIPPED,
        message=f"not checked: `{_OF_OWN_PACKAGE}`, which was assumed, fails: {finding.message}",
        remedy="say how the service is built: buildCommand in render.yaml",
    )


def _reasons(failure: BuildFailure, case: Case) -> Findings:
    """Return what the index and the files say first, what the log says after that."""
    recipe = recipes.read(case.contract, case.snapshot)
    if failure.timed_out:
        return (_took_too_long(failure, recipe, case),)
    if failure.command and (unread := tuple(_unread_lines(recipe, failure, case))):
        return unread
    found = (*_missing_files(recipe, failure), *build_refusals.refused(failure, case))
    found = found or tuple(build_refusals.compiled_in_vain(failure, case))
    cause = diagnose(failure.log).root
    return (_beside_log(found, cause, failure, recipe, case) if found else ()) or _of_log(cause, failure, recipe, case)


def _beside_log(
    found: Findings, cause: DiagnosedCause | None, failure: BuildFailure, recipe: Recipe, case: Case
) -> Findings:
    """Return *found* with what the log says of another kind; nothing where the log alone says more."""
    if cause and cause.family in _OF_THE_CALL:
        return (build_diagnoses.finding(cause, failure, recipe, case), *found)
    if build_refusals.is_of_another_kind(failure):
        return (*found, _told(cause, failure, recipe, case))
    return () if cause and _outweighs(cause, found) else found


def _of_log(cause: DiagnosedCause | None, failure: BuildFailure, recipe: Recipe, case: Case) -> Findings:
    """Return what the log's *cause* or the resolver's account of a conflict says, else what can be told without."""
    account = failure.resolution.conflict if failure.resolution else ""
    if account and not build_conflicts.is_of_versions(account):
        cause = cause or diagnose(account).root
    elif account and build_conflicts.may_be_cause(cause):
        return (build_conflicts.finding(failure, recipe, case),)
    if cause is None and failure.code in _NOT_THERE and (lacking := _lacking(case)):
        return lacking
    if cause is None and not failure.command and (names := _made_up(failure, case)):
        return (_needs_real_values(names, failure, case),)
    return (_told(cause, failure, recipe, case),)


def _told(cause: DiagnosedCause | None, failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    return build_diagnoses.finding(cause, failure, recipe, case) if cause else _unknown(failure, recipe, case)


def _made_up(failure: BuildFailure, case: Case) -> tuple[str, ...]:
    """Return the variables with made-up values that the last traceback of the log speaks of."""
    asked = {one.name for one in case.contract.variables if isinstance(one.source, Prompted)}
    answered = binding.answers_in(case.repository / case.contract.root) if case.repository else {}
    words = set(re.findall(r"\w+", failure.log.rpartition("Traceback (most recent call last)")[2]))
    return tuple(sorted((asked - answered.keys()) & words))


def _needs_real_values(names: tuple[str, ...], failure: BuildFailure, case: Case) -> Finding:
    listed = ", ".join(names)
    return Finding(
        code="needs-real-values",
        outcome=Outcome.SKIPPED,
        message=f"the build fails on values that only the target has; here they are made up: {listed}",
        location=build_diagnoses.in_own_code(failure, case) or build_refusals.place(case),
        evidence=tail(failure.log),
        remedy=f"put working values for {listed} into .env.preflight (never commit it), and run again",
        reproduce=build_refusals.command(failure, case),
    )


def _lacking(case: Case) -> Findings:
    """Return what the build names and the commit lacks, in the words of the check that reads the commands."""
    from deploy_suite.checks.config import named_files, subject  # noqa: PLC0415  few builds end on it

    of_build = replace(case, contract=replace(case.contract, pre_deploy=None, start=None))
    found = named_files.problems(subject.of(of_build))
    return tuple(dict.fromkeys(one for one in found if one.outcome is Outcome.FAILED))


def _outweighs(cause: DiagnosedCause, found: Findings) -> bool:
    """Return whether the log tells more than *found*, none of which is sure: what it says is not of a compiler."""
    is_sure = any(finding.outcome is Outcome.FAILED for finding in found)
    return not is_sure and cause.slug == "build-failure:package-metadata"


def _took_too_long(failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    limits = case.contract.limits
    compiled = tuple(_to_be_compiled(failure, recipe))
    wheels = "take releases that have a wheel for the service's Python, or a Python that they have one for; "
    look = "look at the last lines for what it waits for"
    if limits.is_build_shortened:
        outcome = Outcome.SKIPPED
        message = f"not checked: the build did not end within {limits.build_s:g} s, the caller's limit, and was stopped"
        remedy = f"{wheels if compiled else f'{look}, '}or raise --build-timeout"
    else:
        outcome = Outcome.FAILED
        message = f"the build command did not end within {limits.build_s:.0f} s, the target's limit, and was stopped"
        remedy = f"{wheels if compiled else ''}{look}; {_KEEPS_RUNNING}"
    return Finding(
        code="build-timeout",
        outcome=outcome,
        message=message,
        location=build_refusals.place(case),
        evidence=(*compiled[:_MOST_COMPILED], *tail(failure.log)),
        remedy=remedy,
        reproduce=build_refusals.command(failure, case),
    )


def _to_be_compiled(failure: BuildFailure, recipe: Recipe) -> Iterator[str]:
    """Yield what the build made from source, for the index has no wheel of it: mostly what such a build waits for."""
    found = failure.resolution
    places = {line.name: line.location for line in recipe.lines}
    for name in sorted(found.from_source) if found else ():
        series = python_series.of(found.python) if found else ""
        at = f"{places[name]}: " if name in places else ""
        yield f"{at}{name} {found.versions[name] if found else ''} has no wheel for Python {series}: built from source"


def _missing_files(recipe: Recipe, failure: BuildFailure) -> Iterator[Finding]:
    for missing in recipe.missing:
        yield Finding(
            code="requirements-file-missing",
            outcome=Outcome.FAILED,
            message=f"the build installs from {missing.file}, which is not in the repository",
            location=recipe.location,
            evidence=tail(failure.log),
            remedy=f"commit {missing.file}, or correct the path in the build command",
        )


def _unread_lines(recipe: Recipe, failure: BuildFailure, case: Case) -> Iterator[Finding]:
    """Yield the lines at which an installer gives up before it asks the index for anything."""
    absent = frozenset(found["path"] for found in _NO_PATH.finditer(failure.log))
    unread = [one for file in recipe.files for one in file.problems if one.code == _ENCODING and one.is_fatal]
    ending = [one for file in recipe.files for one in file.problems if _ends_installer(one, absent)]
    for problem in unread or ending:  # the lines of a text that was read wrongly are none
        yield Finding(
            code=problem.code,
            outcome=Outcome.FAILED,
            message=problem.message,
            location=problem.location,
            evidence=tail(failure.log),
            remedy=problem.remedy,
            reproduce=build_refusals.command(failure, case),
        )


def _ends_installer(problem: LineProblem, absent: frozenset[str]) -> bool:
    """Whether an installer cannot read the line of *problem*, or ended over its path, one of those *absent*."""
    is_path = problem.is_fatal and problem.code.partition(":")[0] == requirement_text.LOCAL_PATH
    return problem.code == _SYNTAX or (is_path and any(problem.message.endswith(f"{path})") for path in absent))


def _unknown(failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    part = f"; `{failure.command}` failed" if failure.command else ""
    raised = build_excerpts.exception(failure.log)
    account = build_excerpts.lines(failure.resolution.conflict)[:_ACCOUNT_LINES] if failure.resolution else []
    return Finding(
        code="build-failure",
        outcome=Outcome.FAILED,
        message=f"the build command ended with exit code {failure.code}{part}{f': {raised}' if raised else ''}",
        location=build_diagnoses.in_own_code(failure, case)
        or failure.ended_at
        or recipe.location
        or build_refusals.place(case),
        evidence=tuple(dict.fromkeys((*_line_of(failure.ended_at, case), *account, *tail(failure.log)))),
        remedy="mend what the last lines of the build's output say",
        reproduce=build_refusals.command(failure, case),
    )


def _line_of(place: Location | None, case: Case) -> Iterator[str]:
    """Yield the line of the script at *place*, passwords in addresses masked."""
    text = snapshot_files.text(case.snapshot.folder, PurePosixPath(place.file)) if place else None
    lines = (text or "").splitlines()
    if place and place.line and place.line <= len(lines):
        yield f"{place}: {build_excerpts.shortened(Masker().masked(lines[place.line - 1].strip()))}"
