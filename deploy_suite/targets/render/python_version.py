"""PYTHON_VERSION, .python-version and Render's defaults into the Python that a service gets."""

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.model import python_series
from deploy_suite.model.contract import Literal, PythonRequest, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

VARIABLE: Final = "PYTHON_VERSION"
_FULL: Final = re.compile(r"\d+\.\d+\.\d+")
_PARTIAL: Final = re.compile(r"\d+\.\d+(\.\d+)?")
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+){1,2}")
_RUNTIME_TXT: Final = PurePosixPath("runtime.txt")
_VERSION_FILE: Final = PurePosixPath(".python-version")
_DOCS: Final = "https://render.com/docs/python-version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The Python of a service and what is wrong with the way it is chosen."""

    request: PythonRequest
    findings: tuple[Finding, ...] = ()


def choose(folder: Path, root: PurePosixPath, *, variable: Variable | None, written: str) -> Choice:
    """Return the Python for the service in *root*, by Render's precedence.

    Shape: *variable* is the service's PYTHON_VERSION, *written* its source text, from which YAML may have taken a zero.
    Source: https://render.com/docs/python-version
    """
    if variable is not None and isinstance(variable.source, Literal):
        return _by_variable(variable.source.value.revealed().strip(), variable.location, written)
    by_file = _by_file(folder, root)
    choice = by_file or Choice(request=default())
    unread = _runtime_txt(folder, root, choice.request)
    return Choice(request=unread.request, findings=(*choice.findings, *unread.findings))


def default() -> PythonRequest:
    """Return the newest default, with the older ones as alternatives: a repository does not tell a service's age."""
    newest, *older = facts().python_defaults
    return PythonRequest(
        version=newest.version,
        origin=f"Render's default for services created since {newest.since}; the project names none",
        is_pinned=False,
        alternatives=tuple(row.version for row in older),
    )


def _by_variable(version: str, location: Location | None, written: str) -> Choice:
    origin = f"variable {VARIABLE}"
    if not _FULL.fullmatch(version):
        return _refused(version, location, written)
    request = PythonRequest(version=version, origin=origin, location=location)
    if _parts(version) < _parts(facts().python_minimum):
        return Choice(request=request, findings=(_too_old(version, location),))
    return Choice(request=request)


def _refused(version: str, location: Location | None, written: str) -> Choice:
    known = _NUMBERS.search(version)
    near = _nearest(known[0]) if known else default().version
    lost = written and written != version
    reason = f"YAML reads the number {written} as {version}; " if lost else ""
    wanted = _nearest(written) if lost else near
    return Choice(
        request=PythonRequest(
            version=python_series.of(wanted),
            origin=f"variable {VARIABLE}, which Render refuses as it stands",
            location=location,
        ),
        findings=(
            Finding(
                code="python-runtime-unavailable",
                outcome=Outcome.FAILED,
                message=(
                    f"{reason}Render fails the build: {VARIABLE} must provide major, minor and patch version, "
                    f"and {version or 'an empty value'} does not"
                ),
                location=location,
                evidence=(f"{VARIABLE}: {written or version}", _DOCS),
                remedy=(
                    f'write `value: "{wanted}"` for {VARIABLE}'
                    f"{f' in {location.file}' if location else ''}, three numbers in quotes"
                ),
            ),
        ),
    )


def _nearest(version: str) -> str:
    """Return a full version of the same series that Render has had as a default, else one with patch 0."""
    series = python_series.of(version)
    known = [row.version for row in facts().python_defaults if row.version.startswith(f"{series}.")]
    return known[0] if known else f"{series}.0"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _too_old(version: str, location: Location | None) -> Finding:
    return Finding(
        code="python-runtime-unavailable",
        outcome=Outcome.FAILED,
        message=f"Render offers no Python older than {facts().python_minimum}, and {version} is asked for",
        location=location,
        evidence=(f"{VARIABLE}: {version}", _DOCS),
        remedy=f"set {VARIABLE} to {default().version} or another version since {facts().python_minimum}",
    )


def _by_file(folder: Path, root: PurePosixPath) -> Choice | None:
    top = _first_version(folder, _VERSION_FILE)
    own = _first_version(folder, root / _VERSION_FILE) if root.parts else None
    if top is not None:
        return _from_file(_VERSION_FILE, top)
    if own is None:
        return None
    is_of_uv = snapshot_files.find(folder, root / "uv.lock") is not None
    choice = _from_file(root / _VERSION_FILE, own)
    location = Location(str(root / _VERSION_FILE), own[0])
    return Choice(
        request=choice.request,
        findings=(
            *choice.findings,
            Finding(
                code="python-version-file-place",
                # What lies outside of rootDir may not be there for the service, so Render can hardly look elsewhere.
                # Source: https://render.com/docs/monorepo-support
                outcome=Outcome.NOTE,
                message=f"{location.file} may not be read: Render documents .python-version at the repository's top",
                location=location,
                evidence=(own[1],),
                remedy=f"set {VARIABLE} in render.yaml, or move {location.file} to the top of the repository",
                certainty="uncertain: Render's documentation does not say whether it looks in rootDir too"
                + ("; uv reads it there" if is_of_uv else ""),
            ),
        ),
    )


def _first_version(folder: Path, path: PurePosixPath) -> tuple[int, str] | None:
    """Return the first line with content and its number."""
    text = snapshot_files.text(folder, path)
    lines = enumerate((text or "").splitlines(), start=1)
    return next(((number, line.strip()) for number, line in lines if line.strip() and line.strip()[0] != "#"), None)


def _from_file(path: PurePosixPath, line: tuple[int, str]) -> Choice:
    number, written = line
    location = Location(str(path), number)
    version = written.removeprefix("cpython-").removeprefix("python-").removeprefix("Python ").strip()
    if _PARTIAL.fullmatch(version):
        return Choice(request=PythonRequest(version=version, origin=f"file {path}", location=location))
    known = _NUMBERS.search(version)
    request = PythonRequest(version=known[0], origin=f"file {path}", location=location) if known else default()
    return Choice(
        request=request,
        findings=(
            Finding(
                code="python-runtime-unavailable",
                outcome=Outcome.WARNING,
                message=f"{path} holds no version that Render documents",
                location=location,
                evidence=(written[:80],),
                remedy=f"write two or three numbers in {path}, for example {default().series}",
                certainty="likely: Render documents X.Y and X.Y.Z only",
            ),
        ),
    )


def _runtime_txt(folder: Path, root: PurePosixPath, request: PythonRequest) -> Choice:
    """Return *request*, with a warning where runtime.txt asks for a Python that Render will not take from it."""
    for path in dict.fromkeys((root / _RUNTIME_TXT, _RUNTIME_TXT)):
        line = _first_version(folder, path)
        asked = _NUMBERS.search(line[1]) if line else None
        if line and asked and not _agrees(asked[0], request):
            location = Location(str(path), line[0])
            finding = Finding(
                code="python-version-ignored",
                outcome=Outcome.WARNING,
                message=f"Render does not read {path}: the service gets Python {request.version}, not {asked[0]}",
                location=location,
                evidence=(line[1][:80],),
                remedy=(
                    f'set {VARIABLE} to "{_full(asked[0])}" in render.yaml, '
                    f"or write {asked[0]} to .python-version at the top of the repository"
                ),
                certainty="likely: Render documents no such file, and most reports say it is ignored",
            )
            return Choice(request=replace(request, unread=asked[0], unread_at=location), findings=(finding,))
    return Choice(request=request)


def _agrees(asked: str, request: PythonRequest) -> bool:
    return request.is_pinned and request.series == python_series.of(asked)


def _full(version: str) -> str:
    return version if _FULL.fullmatch(version) else _nearest(version)
