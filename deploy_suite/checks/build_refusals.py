"""What the package index says of single requirements of a failed build → findings that name their lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import build_excerpts
from deploy_suite.checks.base import Case
from deploy_suite.checks.build_excerpts import of_package, tail
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.manifests import requirements_file
from deploy_suite.model import python_series
from deploy_suite.model.environment import BuildFailure, Refusal, RefusalKind
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend

_ACCOUNT_LINES: Final = 6
_COMPLAINT: Final = re.compile(r"^[\w.]*(?:Error|Exception)\b|\b(?i:missing)\b|(?i:cannot (?:be )?import)")
_MOST_REFUSALS: Final = 20
_MOST_NAMED: Final = 6
# What no other system can install or build, whatever an index holds.
_FOR_WINDOWS: Final = frozenset({"pywin32", "pypiwin32", "pywinpty", "windows-curses", "winsdk", "winshell"})
# Programs of the front end, which fail for reasons of their own.
_FOREIGN: Final = frozenset({"npm", "npx", "yarn", "pnpm", "bun", "node"})
_INDEX_CANNOT: Final = frozenset(
    {RefusalKind.UNKNOWN_NAME, RefusalKind.UNKNOWN_VERSION, RefusalKind.OTHER_PYTHON, RefusalKind.OTHER_SYSTEM}
)
_NOT_OF_PYTHON: Final = frozenset({RefusalKind.UNKNOWN_NAME, RefusalKind.UNKNOWN_VERSION})


def refused(failure: BuildFailure, case: Case) -> Iterator[Finding]:
    """Yield what the index says of single requirements. It says nothing of a build whose installers all succeeded."""
    refusals = failure.resolution.refusals if failure.resolution and failure.command else ()
    of_python = tuple(one for one in refusals if _is_of_python(one))
    uncompiled = tuple(one for one in of_python if one.kind is RefusalKind.NO_WHEEL)
    for refusal in refusals[:_MOST_REFUSALS]:
        if refusal.kind not in _INDEX_CANNOT and refusal.kind is not RefusalKind.CANNOT_BUILD:
            continue
        told = _finding(refusal, failure, case)
        if refusal in of_python and len(of_python) > 1:
            told = _with_one_python(told, refusal, of_python, failure, case)
        if refusal.kind is RefusalKind.CANNOT_BUILD and refusal.pythons and uncompiled:
            told = _of_several(told, refusal, uncompiled)
        yield told


def _is_of_python(refusal: Refusal) -> bool:
    """Whether another Python would help."""
    return refusal.name not in _FOR_WINDOWS and refusal.kind not in _NOT_OF_PYTHON and bool(refusal.pythons)


def _with_one_python(
    finding: Finding, refusal: Refusal, refusals: tuple[Refusal, ...], failure: BuildFailure, case: Case
) -> Finding:
    """Return *finding* with the one Python that has wheels of all *refusals*, else of all that certainly fail."""
    for group in (refusals, tuple(one for one in refusals if one.kind is not RefusalKind.NO_WHEEL)):
        pythons, is_of_all = python_series.common(refusal.pythons, [one.pythons for one in group])
        if is_of_all and len(group) > 1:
            best = _nearest(pythons, _python(failure, case))
            remedy = f"{python_series.pinning(best)}, for which all of these have wheels"
            return replace(finding, remedy=f"{remedy}; or {_line_alone(refusal)}", python=best)
    return finding


def _of_several(finding: Finding, refusal: Refusal, others: tuple[Refusal, ...]) -> Finding:
    """Return *finding* with those that nobody has seen fail, but have no wheel either: another Python mends it then."""
    named = ", ".join(one.requirement for one in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    pythons, is_of_all = python_series.common(refusal.pythons, [one.pythons for one in others])
    mend = finding.mend
    if mend and is_of_all:
        mend = replace(mend, pythons=pythons, file="", line=0, text="", says="")
    return replace(
        finding,
        evidence=(*finding.evidence, f"have to be compiled for it too, which may fail likewise: {named}{more}"),
        mend=mend,
    )


def compiled_in_vain(failure: BuildFailure, case: Case) -> Iterator[Finding]:
    """Yield packages that could be compiled, but whose modules the failure is about."""
    refusals = failure.resolution.refusals if failure.resolution else ()
    for refusal in refusals:
        about = _about(refusal, failure) if refusal.kind is RefusalKind.NO_WHEEL else ()
        if about:
            yield replace(_finding(refusal, failure, case), evidence=(*_quoted(refusal.location, case), *about))


def _about(refusal: Refusal, failure: BuildFailure) -> tuple[str, ...]:
    """Return the errors in the log that speak of its modules; that an installer names it says nothing."""
    modules = re.compile("|".join(rf"\b{re.escape(module)}\b" for module in refusal.modules) or r"(?!)")
    told = (line for line in build_excerpts.lines(failure.log) if modules.search(line) and _COMPLAINT.search(line))
    return tuple(dict.fromkeys(told))


def _finding(refusal: Refusal, failure: BuildFailure, case: Case) -> Finding:
    python = _python(failure, case)
    code, message = _words(refusal, python)
    line, pin = _line_alone(refusal), _nearest(refusal.pythons, python) if _is_of_python(refusal) else ""
    is_certain = _fails_elsewhere_too(refusal, failure)
    return Finding(
        code=code,
        outcome=Outcome.FAILED if is_certain else Outcome.SKIPPED,
        message=message if is_certain else f"{message} on this machine; the target may have what it needs",
        location=refusal.location if refusal.location and refusal.location.file else place(case),
        evidence=(*_quoted(refusal.location, case), *_shown(refusal, failure)),
        remedy=f"{line}, or {python_series.pinning(pin)}" if pin else line,
        python=pin,
        reproduce=command(failure, case),
        mend=_mend(refusal),
    )


def _mend(refusal: Refusal) -> Mend | None:
    """Return the line as it could stand there: another version, or without what the index does not have at all.

    What another requirement brings has no line of its own; another Python may have a wheel of it.
    """
    place, pythons = refusal.location, refusal.pythons
    if place is None or not place.line or not place.file.endswith(".txt") or refusal.required_by:
        return Mend(file="", says="", pythons=pythons, is_faithful=False) if pythons else None
    text = f"{refusal.name}=={refusal.fitting}" if refusal.fitting else ""
    says = f"{refusal.name} is {f'{refusal.fitting}' if refusal.fitting else 'left out'} in {place}"
    return Mend(file=place.file, line=place.line, text=text, says=says, is_faithful=False, pythons=pythons)


def _shown(refusal: Refusal, failure: BuildFailure) -> tuple[str, ...]:
    """Return what the log says of the package, what building it alone printed, or the log's end."""
    account = of_package(refusal.name, refusal.account) or tail(refusal.account)[-_ACCOUNT_LINES:]
    end = () if is_of_another_kind(failure) else tail(failure.log)
    return of_package(refusal.name, failure.log) or account or end


def is_of_another_kind(failure: BuildFailure) -> bool:
    """Whether the call that failed installs nothing of Python: what the index says did not end this build."""
    return failure.command.partition(" ")[0] in _FOREIGN


def _fails_elsewhere_too(refusal: Refusal, failure: BuildFailure) -> bool:
    """Return whether the target fails likewise.

    What has no wheel for any Python is compiled by everyone, and needs headers and libraries that this machine may lack
    and the target may have; unless the log shows that it is this Python that it does not compile with.
    """
    if refusal.kind is not RefusalKind.CANNOT_BUILD or refusal.pythons or refusal.name in _FOR_WINDOWS:
        return True
    cause = diagnose(refusal.account or failure.log).root
    return cause is not None and cause.family in {"python-version-unsupported", "stdlib-removed"}


def _words(refusal: Refusal, python: str) -> tuple[str, str]:
    """Return the code, and what is wrong."""
    wanted = refusal.requirement + (f" (required by {', '.join(refusal.required_by)})" if refusal.required_by else "")
    name = refusal.name
    for_others = f" (it has for Python {python_series.spanned(refusal.pythons)})" if refusal.pythons else ""
    if name in _FOR_WINDOWS:
        return f"build-failure:{name}", f"{wanted} is for Windows alone, and the target runs Linux"
    match refusal.kind:
        case RefusalKind.UNKNOWN_NAME:
            return f"requirements-not-on-pypi:{name}", f"the package index has no {name}"
        case RefusalKind.UNKNOWN_VERSION:
            return (
                f"dependency-resolution-impossible:{name}",
                f"the package index has no version that fits {refusal.requirement}",
            )
        case RefusalKind.OTHER_PYTHON:
            return (
                f"python-version-unsupported:{python_series.direction(python, refusal.pythons)}",
                f"{wanted} has no release for Python {python}{for_others}",
            )
        case RefusalKind.OTHER_SYSTEM:
            return f"build-failure:{name}", f"{wanted} has no release for Linux, which the target runs"
        case RefusalKind.CANNOT_BUILD:
            return (
                f"build-failure:{name}",
                f"{wanted} has no wheel for Python {python}{for_others} and cannot be compiled",
            )
        case RefusalKind.NO_WHEEL:
            return (
                f"build-failure:{name}",
                f"{wanted} has no wheel for Python {python}{for_others}; compiled, it does not work",
            )


def _line_alone(refusal: Refusal) -> str:
    """Return what to do about the line that asks for it, whatever the Python."""
    name, at = refusal.name, f" in {refusal.location}" if refusal.location and refusal.location.file else ""
    if name in _FOR_WINDOWS:
        return f"write `; sys_platform == 'win32'` behind {refusal.requirement}{at}, or take it out"
    if refusal.kind is RefusalKind.OTHER_SYSTEM and not (refusal.fitting or refusal.required_by):
        return f"write `; sys_platform != 'linux'` behind {refusal.requirement}{at}, or take it out"
    if refusal.kind is RefusalKind.UNKNOWN_NAME:
        return f"correct or remove {refusal.requirement!r}{at}; modules of Python or of the project are not listed"
    if refusal.required_by:
        return f"raise {refusal.required_by[0]}{at} to a release that takes a newer {name}"
    return f"{_way(refusal)} {name}{at} to {refusal.fitting}" if refusal.fitting else f"replace {name}{at}"


def _nearest(pythons: Sequence[str], python: str) -> str:
    """Return the one of *pythons*, which are ascending, that is nearest to *python*."""
    return pythons[-1 if python_series.direction(python, pythons) == "too-new" else 0]


def _way(refusal: Refusal) -> str:
    """Return "lower" where the version that fits is older than the one that is pinned."""
    pinned = re.search(r"===?\s*(?P<version>[\w.!+]+)", refusal.requirement)
    try:
        is_older = bool(pinned) and Version(refusal.fitting) < Version(pinned["version"] if pinned else "")
    except InvalidVersion:
        is_older = False
    return "lower" if is_older else "raise"


def _python(failure: BuildFailure, case: Case) -> str:
    version = failure.resolution.python if failure.resolution else case.python
    return python_series.of(version)


def _quoted(location: Location | None, case: Case) -> tuple[str, ...]:
    if location is None or not location.line:
        return ()
    path = case.snapshot.folder / location.file
    read = requirements_file.load(case.snapshot.folder, location.file) if path.suffix == ".txt" else ()
    texts = [line.shown for file in read for line in file.requirements if line.location == location]
    return tuple(f"{location}: {text}" for text in texts[:1])


def place(case: Case) -> Location | None:
    """Return where the build command stands."""
    build = case.contract.build
    return build.location if build and build.location else case.contract.location


def command(failure: BuildFailure, case: Case) -> str:
    """Return the call that failed, else the whole command."""
    return failure.command or (case.contract.build.text if case.contract.build else "")
