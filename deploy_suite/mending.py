"""What a rehearsal found and what it was about → the project as it would be with the faults mended."""

import os
import posixpath
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.knowledge import system_libraries
from deploy_suite.manifests import text_encoding
from deploy_suite.model import on_disk, python_series
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.mend import Mend
from deploy_suite.model.project import CommandText, EntryPoint, Snapshot
from deploy_suite.project import app_finder, module_places
from deploy_suite.project.module_places import ModulePlace

_SERVERS: Final = {
    "waitress-serve": "waitress",
    **{name: name for name in ("gunicorn", "uvicorn", "hypercorn", "daphne")},
}
_NEEDS_SERVER: Final = "gunicorn-not-installed"
_NOT_FOUND: Final = "start-command-not-found"
_MISSING: Final = "missing-requirement"
_FOLDER: Final = "folder-missing"
_SEVERAL: Final = 2
_NOT_THERE: Final = "requirements-not-on-pypi"
_PINNED: Final = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*[=<>~!]=?[^;]*$")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
# `str.splitlines` also ends lines within a Python literal: at a form feed, at U+2028.
_LINE_END: Final = re.compile(r"\r\n?|\n")
_COUNTED: Final = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.WARNING})


def found(results: Sequence[CheckResult], case: Case) -> tuple[Mend, ...]:
    """Return the changes with which the checks could come further, each file's line once."""
    told = [finding for result in results for finding in result.findings if finding.outcome in _COUNTED]
    mends = [*_told(told), *_packages(told, case), *_folders(told, case)]
    return tuple({(one.file, one.line, one.text, one.twin, one.file or one.pythons): one for one in mends}.values())


def _told(findings: Sequence[Finding]) -> Iterator[Mend]:
    yield from (one.mend for one in findings if one.mend is not None)


def _packages(findings: Sequence[Finding], case: Case) -> Iterator[Mend]:
    """Yield a requirement more for each package that is said to be missing, where it would be added to a list."""
    names = list(dict.fromkeys(filter(None, map(_package, findings))))
    target = requirements.read(case).target if names else ""
    if target.endswith(".txt") and on_disk.is_file(case.snapshot.folder / target):
        wholes = {name: system_libraries.complete(name) for name in names}
        yield from (Mend(file=target, text=whole, says=f"{name} is required") for name, whole in wholes.items())


def _folders(findings: Sequence[Finding], case: Case) -> Iterator[Mend]:
    """Yield a file in each folder that is missing, below the one in which the service starts."""
    for finding in findings:
        family, _, name = finding.code.partition(":")
        path = PurePosixPath(name)
        if family == _FOLDER and name and not path.is_absolute() and ".." not in path.parts:
            yield Mend(file=str(case.contract.root / path / ".gitkeep"), says=f"{name} is there")


def _package(finding: Finding) -> str:
    family, _, name = finding.code.partition(":")
    if family == _MISSING and finding.outcome is Outcome.FAILED:
        return name
    if family == _NOT_FOUND:
        return _SERVERS.get(name, "")
    return "gunicorn" if family == _NEEDS_SERVER else ""


def for_python(mends: Sequence[Mend], installed: Sequence[Interpreter], *, asked_for: str = "") -> str:
    """Return the newest Python of this machine with which all is well that *mends* could not mend line by line.

    Shape: "" where one line alone can be changed, and where there is no such Python. Where *asked_for* is too old for
    all of it, the oldest that is not: what else is pinned is of the same age, and the remedies name that one.
    """
    asked = [one for one in mends if one.pythons]
    if len(asked) < _SEVERAL and all(one.file for one in asked):
        return ""
    common = frozenset.intersection(*(frozenset(one.pythons) for one in asked))
    fitting = [one.series for one in installed if one.series in common]
    if asked_for and fitting and python_series.numbers(asked_for) < min(map(python_series.numbers, common)):
        return min(fitting, key=python_series.numbers, default="")
    return max(fitting, key=python_series.numbers, default="")


def invented(mends: Sequence[Mend], results: Sequence[CheckResult]) -> tuple[Mend, ...]:
    """Return those of *mends* that require what the index does not have: told from a module's name, and wrongly."""
    codes = {finding.code for result in results for finding in result.findings}
    return tuple(one for one in mends if not one.line and f"{_NOT_THERE}:{_required(one)}" in codes)


def committed(results: Sequence[CheckResult], wrong: Sequence[Mend]) -> list[CheckResult]:
    """Return *results* where what *wrong* required is said to be a file: the index has no such distribution."""
    names = {_required(one) for one in wrong}
    return [replace(one, findings=tuple(_as_file(finding, names) for finding in one.findings)) for one in results]


def _as_file(finding: Finding, names: set[str]) -> Finding:
    name = _package(finding)
    if canonicalize_name(name) not in names:
        return finding
    return replace(
        finding,
        evidence=(*finding.evidence, f"the package index has no {name}"),
        remedy="commit the file that is imported there (`git add -f` where .gitignore names it), or write the import "
        "as the package is called",
    )


def _required(mend: Mend) -> str:
    match = _NAME.match(mend.text)
    return canonicalize_name(match[0]) if match else ""


def meant(contract: Contract, snapshot: Snapshot) -> Contract:
    """Return *contract* with the application that its start command must mean, where it names one that is not there."""
    entry, start = contract.entry, contract.start
    if entry is None or start is None or entry.file is not None or not entry.attribute:
        return contract
    place = module_places.nearest(snapshot.folder, entry.module)
    if place is not None:
        return _started_in(place, entry, start, contract)
    other = app_finder.meant(snapshot.folder, contract.root, wanted=entry)
    written = next((text for text in (entry.spec, entry.module) if text in start.text), "")
    if other is None or not written:
        return contract
    text = start.text.replace(written, other.spec)
    return replace(
        contract, start=CommandText(text=text, location=start.location), entry=replace(other, location=entry.location)
    )


def _started_in(place: ModulePlace, entry: EntryPoint, start: CommandText, contract: Contract) -> Contract:
    """Return *contract* with its start command run in the folder from which the module that it names imports."""
    folder = shlex.quote(posixpath.relpath(str(place.folder), str(contract.root)))
    found = replace(entry, file=place.file, search_path=(place.folder,), working_folder=place.folder)
    return replace(contract, start=replace(start, text=f"cd {folder} && {start.text}"), entry=found)


def applied(mends: Sequence[Mend], snapshot: Snapshot, top: Path) -> Snapshot:
    """Return a copy of *snapshot* in the folder *top* with *mends*; what they leave alone is shared where it can be."""
    shutil.copytree(snapshot.folder, top, symlinks=True, dirs_exist_ok=True, copy_function=_linked)
    for mend in mends:
        if mend.file:
            _laid(mend, top) if mend.twin else _written(mend, top)
    digest = sha256(repr(mends).encode()).hexdigest()[:16]
    commit = replace(snapshot.commit, tree=f"{snapshot.commit.tree}-{digest}")
    return replace(snapshot, folder=top, commit=commit)


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        return str(shutil.copy2(source, target, follow_symlinks=False))
    return target


def _laid(mend: Mend, top: Path) -> None:
    place, twin = top / mend.file, top / mend.twin
    place.parent.mkdir(parents=True, exist_ok=True)
    if on_disk.is_there(place) or place.is_symlink():
        return
    if on_disk.is_folder(twin):
        place.symlink_to(posixpath.relpath(mend.twin, str(PurePosixPath(mend.file).parent)))
    else:
        shutil.copy2(twin, place)


def _written(mend: Mend, top: Path) -> None:
    path = top / mend.file
    if not on_disk.is_there(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mend.text, encoding="utf-8")
        return
    lines = _LINE_END.split(text_encoding.decode(path.read_bytes()).text)
    lines = lines if lines[-1] else lines[:-1]
    path.unlink()  # the file is shared with the snapshot
    path.write_text("\n".join(_mended(lines, mend)) + "\n", encoding="utf-8")


def _mended(lines: list[str], mend: Mend) -> list[str]:
    if not mend.line:
        return [*lines, mend.text]
    first = at = mend.line - 1
    if mend.is_in_front:
        return [*lines[:first], mend.text + lines[first], *lines[first + 1 :]]
    while at < len(lines) and lines[at].rstrip().endswith("\\"):
        at += 1
    blank = [""] * (at - first)  # for the lines that the requirement went on over: no place behind it moves
    before, after = (
        ["" if _is_of_the_same(line, mend.text) else line for line in part] for part in (lines[:first], lines[at + 1 :])
    )
    return [*before, mend.text, *blank, *after]


def _is_of_the_same(line: str, text: str) -> bool:
    """Whether *line* pins the distribution of which *text* says another version: with both, no set of them fits."""
    pinned, wanted = (_PINNED.match(one) for one in (line, text))
    return bool(pinned and wanted and canonicalize_name(pinned[1]) == canonicalize_name(wanted[1]))
