"""A build that failed into findings that name the line to change; one that passed into what was verified."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import build_excerpts, clashing
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.build_excerpts import of_package, tail
from deploy_suite.environments import execute_bits
from deploy_suite.environments import recipe as recipes
from deploy_suite.environments.recipe import Recipe
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.manifests import requirements_file
from deploy_suite.model.environment import BuildFailure, Environment, Refusal, RefusalKind
from deploy_suite.model.finding import Finding, Location, Outcome
from deploy_suite.project import snapshot_files

_ACCOUNT_LINES: Final = 6
_CONFLICT_LINES: Final = 8
_MOST_REFUSALS: Final = 20
_INDEX_CANNOT: Final = frozenset({RefusalKind.UNKNOWN_NAME, RefusalKind.UNKNOWN_VERSION, RefusalKind.OTHER_PYTHON})


def findings(failure: BuildFailure, case: Case) -> Findings:
    """Return why the build failed, and what would fail next with the versions that the index has."""
    versions = failure.resolution.versions if failure.resolution else {}
    python = failure.resolution.python if failure.resolution else ""
    return (*lent(case), *_reasons(failure, case), *clashing.findings(versions, case, python=python))


def _reasons(failure: BuildFailure, case: Case) -> Findings:
    """Return what the index and the files say first, what the log says after that."""
    recipe = recipes.read(case.contract, case.snapshot)
    if failure.timed_out:
        return (_took_too_long(failure, case),)
    found = (*_missing_files(recipe, failure), *_refused(failure, case))
    found = found or tuple(_compiled_in_vain(failure, case))
    cause = diagnose(failure.log).root
    if found and not (cause and _outweighs(cause, found)):
        return found
    if failure.resolution and failure.resolution.conflict and _is_about_versions(cause):
        return (_conflict(failure, recipe, case),)
    return (_diagnosed(cause, failure, recipe, case) if cause else _unknown(failure, recipe, case),)


def _outweighs(cause: DiagnosedCause, found: Findings) -> bool:
    """Return whether the log tells more than *found*, none of which is sure: what it says is not of a compiler."""
    is_sure = any(finding.outcome is Outcome.FAILED for finding in found)
    return not is_sure and cause.slug == "build-failure:package-metadata"


def passed(environment: Environment) -> Findings:
    """Return what was verified."""
    how = "is kept from an earlier run" if environment.is_reused else f"was built in {environment.seconds:.1f} s"
    count = len(environment.packages)
    text = f"the environment {how}: Python {environment.interpreter.version}, {count} packages"
    verified = Finding(
        code="build", outcome=Outcome.PASSED, message="; ".join((text, *environment.notes)), evidence=environment.notes
    )
    return (verified,)


def lent(case: Case) -> Iterator[Finding]:
    """Yield the scripts that were run although the commit gives them no execute bit: the target ends there.

    A command that was assumed proves nothing of that.
    """
    build = case.contract.build
    for path in execute_bits.missing(case.contract, case.snapshot.folder) if build and build.location else ():
        yield Finding(
            code="entrypoint-not-executable",
            outcome=Outcome.FAILED,
            message=f"{path} has no execute bit in the commit: Permission denied",
            location=_place(case),
            remedy=f"git update-index --chmod=+x {path} && git commit, or call it with `bash`",
        )


def _took_too_long(failure: BuildFailure, case: Case) -> Finding:
    limit_s = case.contract.limits.build_s
    if case.contract.limits.is_build_shortened:
        return Finding(
            code="build-timeout",
            outcome=Outcome.SKIPPED,
            message=f"not checked: the build did not end within {limit_s:g} s, the caller's limit, and was stopped",
            location=_place(case),
            evidence=tail(failure.log),
            remedy="look at the last lines for what it waits for, or raise --build-timeout",
            reproduce=_command(failure, case),
        )
    return Finding(
        code="build-timeout",
        outcome=Outcome.FAILED,
        message=f"the build command did not end within {limit_s:.0f} s, the target's limit, and was stopped",
        location=_place(case),
        evidence=tail(failure.log),
        remedy="look at the last lines for what it waits for; a command that keeps running (a server, a watcher, "
        "a question) belongs into the start command or needs an option that makes it end",
        reproduce=_command(failure, case),
    )


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


def _refused(failure: BuildFailure, case: Case) -> Iterator[Finding]:
    """Yield what the index says of single requirements. It says nothing of a build whose installers all succeeded."""
    refusals = failure.resolution.refusals if failure.resolution and failure.command else ()
    for refusal in refusals[:_MOST_REFUSALS]:
        if refusal.kind in _INDEX_CANNOT or refusal.kind is RefusalKind.CANNOT_BUILD:
            yield _finding(refusal, failure, case)


def _compiled_in_vain(failure: BuildFailure, case: Case) -> Iterator[Finding]:
    """Yield packages that could be compiled, but whose modules the failure is about."""
    refusals = failure.resolution.refusals if failure.resolution else ()
    text = "\n".join(failure.log.splitlines()[-200:])
    for refusal in refusals:
        named = [module for module in refusal.modules if re.search(rf"\b{re.escape(module)}\b", text)]
        if refusal.kind is RefusalKind.NO_WHEEL and named:
            yield replace(_finding(refusal, failure, case), evidence=_about(refusal, failure, case))


def _about(refusal: Refusal, failure: BuildFailure, case: Case) -> tuple[str, ...]:
    """Return the requirement and the errors in the log that speak of its modules, else the log's end."""
    modules = re.compile("|".join(rf"\b{re.escape(module)}\b" for module in refusal.modules))
    told = [
        line
        for line in build_excerpts.lines(failure.log)
        if modules.search(line) and re.match(r"[\w.]*(?:Error|Exception)\b", line)
    ]
    return (*_quoted(refusal.location, case), *(dict.fromkeys(told) or tail(failure.log)))


def _finding(refusal: Refusal, failure: BuildFailure, case: Case) -> Finding:
    code, message, remedy = _words(refusal, _python(failure, case))
    is_certain = _fails_elsewhere_too(refusal, failure)
    return Finding(
        code=code,
        outcome=Outcome.FAILED if is_certain else Outcome.SKIPPED,
        message=message if is_certain else f"{message} on this machine; the target may have what it needs",
        location=refusal.location if refusal.location and refusal.location.file else _place(case),
        evidence=(*_quoted(refusal.location, case), *_shown(refusal, failure)),
        remedy=remedy,
        reproduce=_command(failure, case),
    )


def _shown(refusal: Refusal, failure: BuildFailure) -> tuple[str, ...]:
    """Return what the log says of the package, what building it alone printed, or the log's end."""
    account = of_package(refusal.name, refusal.account) or tail(refusal.account)[-_ACCOUNT_LINES:]
    return of_package(refusal.name, failure.log) or account or tail(failure.log)


def _fails_elsewhere_too(refusal: Refusal, failure: BuildFailure) -> bool:
    """Return whether the target fails likewise.

    What has no wheel for any Python is compiled by everyone, and needs headers and libraries that this machine may lack
    and the target may have; unless the log shows that it is this Python that it does not compile with.
    """
    if refusal.kind is not RefusalKind.CANNOT_BUILD or refusal.pythons:
        return True
    cause = diagnose(refusal.account or failure.log).root
    return cause is not None and cause.family in {"python-version-unsupported", "stdlib-removed"}


def _words(refusal: Refusal, python: str) -> tuple[str, str, str]:
    """Return the code, what is wrong, and what to do."""
    wanted = refusal.requirement + (f" (required by {', '.join(refusal.required_by)})" if refusal.required_by else "")
    name, at = refusal.name, f" in {refusal.location}" if refusal.location and refusal.location.file else ""
    fitting = f"{_way(refusal)} {name}{at} to {refusal.fitting}" if refusal.fitting else f"replace {name}{at}"
    if refusal.required_by:
        fitting = f"raise {refusal.required_by[0]}{at} to a release that takes a newer {name}"
    nearest = refusal.pythons[-1 if _direction(refusal.pythons, python) == "too-new" else 0] if refusal.pythons else ""
    other = f", or pin Python {nearest} for the service" if nearest else ""
    for_others = f" (it has for Python {_range(refusal.pythons)})" if refusal.pythons else ""
    match refusal.kind:
        case RefusalKind.UNKNOWN_NAME:
            return (
                f"requirements-not-on-pypi:{name}",
                f"the package index has no {name}",
                f"correct or remove {refusal.requirement!r}{at}; modules of Python or of the project are not listed",
            )
        case RefusalKind.UNKNOWN_VERSION:
            return (
                f"dependency-resolution-impossible:{name}",
                f"the package index has no version that fits {refusal.requirement}",
                fitting,
            )
        case RefusalKind.OTHER_PYTHON:
            return (
                f"python-version-unsupported:{_direction(refusal.pythons, python)}",
                f"{wanted} has no release for Python {python}{for_others}",
                fitting + other,
            )
        case RefusalKind.CANNOT_BUILD:
            return (
                f"build-failure:{name}",
                f"{wanted} has no wheel for Python {python}{for_others} and cannot be compiled",
                fitting + other,
            )
        case RefusalKind.NO_WHEEL:
            return (
                f"build-failure:{name}",
                f"{wanted} has no wheel for Python {python}{for_others}; compiled, it does not work",
                fitting + other,
            )


def _way(refusal: Refusal) -> str:
    """Return "lower" where the version that fits is older than the one that is pinned."""
    pinned = re.search(r"===?\s*(?P<version>[\w.!+]+)", refusal.requirement)
    try:
        is_older = bool(pinned) and Version(refusal.fitting) < Version(pinned["version"] if pinned else "")
    except InvalidVersion:
        is_older = False
    return "lower" if is_older else "raise"


def _direction(pythons: tuple[str, ...], python: str) -> str:
    newest = max((_numbers(series) for series in pythons), default=(0, 0))
    return "too-new" if _numbers(python) > newest else "too-old"


def _numbers(series: str) -> tuple[int, ...]:
    return tuple(int(part) for part in series.split("."))


def _range(pythons: tuple[str, ...]) -> str:
    return pythons[0] if len(pythons) == 1 else f"{pythons[0]} to {pythons[-1]}"


def _is_about_versions(cause: DiagnosedCause | None) -> bool:
    return cause is None or cause.family in {"dependency-resolution-impossible", "dep-conflict"}


def _conflict(failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    """Return the resolver's own account with the lines that it speaks of."""
    account = failure.resolution.conflict if failure.resolution else ""
    words = {*re.findall(r"[\w.-]+", account.lower()), *_pinned_twice(recipe)}
    lines = [line for line in recipe.lines if line.name in words]
    return Finding(
        code="dependency-resolution-impossible",
        outcome=Outcome.FAILED,
        message=f"no set of versions fits all requirements{_among([line.name for line in lines])}",
        location=lines[0].location if lines else recipe.location or _place(case),
        evidence=(
            *(f"{line.location}: {line.text}" for line in lines[:_CONFLICT_LINES]),
            *build_excerpts.lines(account)[:_CONFLICT_LINES],
        ),
        remedy="loosen or change the versions that are quoted, so that one of them admits what the other demands",
        reproduce=_command(failure, case),
    )


def _pinned_twice(recipe: Recipe) -> Iterator[str]:
    """Yield the names that are pinned to different versions: a resolver tells only the first of them."""
    pins: dict[tuple[str, str], set[str]] = {}
    for line in recipe.lines:
        if line.requirement and str(line.requirement.specifier).startswith("=="):
            about = (line.name, str(line.requirement.marker or ""))
            pins.setdefault(about, set()).add(str(line.requirement.specifier))
    yield from (name for (name, _), versions in pins.items() if len(versions) > 1)


def _among(names: list[str]) -> str:
    return f": {', '.join(dict.fromkeys(names))}" if names else ""


def _diagnosed(cause: DiagnosedCause, failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    _, _, parameter = cause.slug.partition(":")
    line = next((line for line in recipe.lines if parameter and line.name == parameter.lower()), None)
    quoted = tuple(one.text for one in cause.evidence)
    return Finding(
        code=cause.slug,
        outcome=Outcome.FAILED,
        message=f"the build failed: {cause.title}",
        location=line.location if line else _in_own_code(failure, case) or recipe.location or _place(case),
        evidence=(*quoted, *(text for text in tail(failure.log) if text not in quoted)),
        remedy=cause.fix,
        reproduce=_command(failure, case),
    )


def _in_own_code(failure: BuildFailure, case: Case) -> Location | None:
    """Return the innermost line of the project's own that the last traceback of the build went through."""
    frame = build_excerpts.own_frame(failure.log)
    path = PurePosixPath(frame[0]) if frame else None
    if frame is None or path is None or snapshot_files.find(case.snapshot.folder, path) is None:
        return None
    return Location(str(path), frame[1])


def _unknown(failure: BuildFailure, recipe: Recipe, case: Case) -> Finding:
    part = f"; `{failure.command}` failed" if failure.command else ""
    return Finding(
        code="build-failure",
        outcome=Outcome.FAILED,
        message=f"the build command ended with exit code {failure.code}{part}",
        location=_in_own_code(failure, case) or recipe.location or _place(case),
        evidence=tail(failure.log),
        remedy="mend what the last lines of the build's output say",
        reproduce=_command(failure, case),
    )


def _place(case: Case) -> Location | None:
    build = case.contract.build
    return build.location if build and build.location else case.contract.location


def _python(failure: BuildFailure, case: Case) -> str:
    version = failure.resolution.python if failure.resolution else case.contract.python.version
    return ".".join(version.split(".")[:2])


def _command(failure: BuildFailure, case: Case) -> str:
    return failure.command or (case.contract.build.text if case.contract.build else "")


def _quoted(location: Location | None, case: Case) -> tuple[str, ...]:
    if location is None or not location.line:
        return ()
    path = case.snapshot.folder / location.file
    read = requirements_file.load(case.snapshot.folder, location.file) if path.suffix == ".txt" else ()
    texts = [line.text for file in read for line in file.requirements if line.location == location]
    return tuple(f"{location}: {text}" for text in texts[:1])
