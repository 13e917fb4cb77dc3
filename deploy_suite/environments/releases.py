"""What the package index holds of the requirements of a failed build: the facts behind "no matching distribution"."""

import functools
import json
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging import tags
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from deploy_suite.environments.base import QUICK_S, Workshop
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.environment import Refusal, RefusalKind

_PYPI: Final = "https://pypi.org/simple"
_SERIES: Final = tuple(f"3.{minor}" for minor in range(7, 16))
# A program of its own, and not imported here: what it needs, a start of the suite does not.
QUERY: Final = Path(__file__).with_name("index_query.py")
_FOUND: Final = 200
_KNOWN: Final = frozenset({_FOUND, 404})
_MOST_NAMES: Final = 200
_SOON_S: Final = 15.0  # what is good to know, and not worth waiting for
_PATCH_TO_TRY: Final = "99"
_OF_LINUX: Final = re.compile(r"^(?:any$|(?:many|musl)?linux)")


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a release. Shape: `tags` is empty for a source archive."""

    version: Version
    requires: SpecifierSet
    tags: frozenset[tags.Tag]

    def fits(self, series: str, glibc: tuple[int, ...] = ()) -> bool:
        """Return whether a Python of *series* can use it, building it where it is a source archive.

        Shape: *glibc* is that of a Linux on x86-64 that is meant, () for this machine.
        """
        if not self.requires.contains(f"{series}.{_PATCH_TO_TRY}", prereleases=True):
            return False
        return not self.tags or bool(self.tags & _tags(series, glibc))

    @property
    def is_of_another_system(self) -> bool:
        """Whether it is for Windows or macOS, and no Python of a Linux takes it."""
        return bool(self.tags) and not any(_OF_LINUX.search(tag.platform) for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the indexes list. Shape: names that could not be asked for are in `unknown`."""

    files: Mapping[str, tuple[_File, ...]]
    unknown: frozenset[str]


def listing(names: Iterable[str], workshop: Workshop) -> Listing:
    """Return what the indexes list of *names* (canonical)."""
    wanted = sorted(set(names))[:_MOST_NAMES]
    answers = _asked({"indexes": indexes(workshop), "names": wanted}, workshop)
    return Listing(
        files={name: tuple(_files(answer["files"])) for name, answer in answers.items() if answer["status"] in _KNOWN},
        unknown=frozenset(name for name in wanted if name not in answers or answers[name]["status"] not in _KNOWN),
    )


def offered(names: Iterable[str], workshop: Workshop) -> Mapping[str, Mapping[str, str]]:
    """Return for each of *names* (canonical) that the indexes know its versions, and why they were withdrawn, or "".

    Shape: versions as file names spell them. Names that could not be asked for are left out.
    """
    wanted = sorted(set(names))[:_MOST_NAMES]
    answers = _asked({"indexes": indexes(workshop), "names": wanted, "releases": True}, workshop, timeout_s=_SOON_S)
    return {name: answer["releases"] for name, answer in answers.items() if answer["status"] == _FOUND}


def _asked(question: Mapping[str, object], workshop: Workshop, *, timeout_s: float = QUICK_S) -> dict[str, Any]:
    workshop.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
        file = Path(folder) / "answers.json"
        asked = json.dumps({**question, "to": str(file)})
        done = workshop.run((sys.executable, "-I", "-S", str(QUERY)), stdin=asked, timeout_s=timeout_s)
        try:
            answers: dict[str, Any] = json.loads(file.read_bytes()) if done.ok else {}
        except (OSError, ValueError, RecursionError):
            return {}
    return answers


def indexes(workshop: Workshop) -> list[str]:
    """Return the URLs of the package indexes, the default one first."""
    settings = {name: value.revealed() for name, value in workshop.settings.items()}
    default = settings.get("UV_DEFAULT_INDEX") or settings.get("UV_INDEX_URL") or _PYPI
    others = (settings.get("UV_INDEX", "") + " " + settings.get("UV_EXTRA_INDEX_URL", "")).split()
    return [default, *(other.partition("=")[2] if "=" in other.partition("://")[0] else other for other in others)]


def refusals(
    lines: Sequence[RequirementLine], found: Listing, *, series: str, glibc: tuple[int, ...] = ()
) -> Iterator[Refusal]:
    """Yield what is wrong with each of *lines* alone, for a Python of *series*; *glibc* as in `_File.fits`."""
    for line in lines:
        if line.requirement is None or line.target or line.name in found.unknown or line.name not in found.files:
            continue
        kind, pythons = _judged(line.requirement, found.files[line.name], series=series, glibc=glibc)
        if kind:
            yield Refusal(
                name=line.name,
                requirement=str(line.requirement),
                kind=kind,
                location=line.location,
                pythons=pythons,
                fitting=_fitting(line.requirement, kind, found.files[line.name], series=series, glibc=glibc),
            )


def _judged(
    requirement: Requirement, files: Sequence[_File], *, series: str, glibc: tuple[int, ...]
) -> tuple[RefusalKind | None, tuple[str, ...]]:
    if requirement.marker and not _applies(requirement, series):
        return None, ()
    if not files:
        return RefusalKind.UNKNOWN_NAME, ()
    matching = [file for file in files if requirement.specifier.contains(file.version, prereleases=True)]
    if not matching:
        return RefusalKind.UNKNOWN_VERSION, ()
    wheels = [file for file in matching if file.tags]
    if any(file.fits(series, glibc) for file in wheels):
        return None, ()
    with_wheels = tuple(other for other in _SERIES if any(file.fits(other, glibc) for file in wheels))
    if any(file.fits(series, glibc) for file in matching):
        return RefusalKind.NO_WHEEL, with_wheels
    if all(file.is_of_another_system for file in matching):
        return RefusalKind.OTHER_SYSTEM, ()
    return RefusalKind.OTHER_PYTHON, tuple(o for o in _SERIES if any(file.fits(o, glibc) for file in matching))


def _fitting(
    requirement: Requirement, kind: RefusalKind, files: Sequence[_File], *, series: str, glibc: tuple[int, ...]
) -> str:
    """Return the newest version with a wheel; of a pin that never was, the next one that is."""
    wheels = (file for file in files if file.tags and not file.version.is_prerelease)
    fitting = [file.version for file in wheels if file.fits(series, glibc)]
    pins = [one.version for one in requirement.specifier if one.operator == "=="]
    asked = _version(pins[0]) if kind is RefusalKind.UNKNOWN_VERSION and len(pins) == 1 else None
    above = [version for version in fitting if asked and version > asked]
    return str(min(above, default="") or max(fitting, default=""))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:  # "2.*"
        return None


def _applies(requirement: Requirement, series: str) -> bool:
    marker = requirement.marker
    environment = {"python_version": series, "python_full_version": f"{series}.{_PATCH_TO_TRY}", "extra": ""}
    return marker is None or marker.evaluate(environment)


def _files(listed: Iterable[Sequence[object]]) -> Iterator[_File]:
    for filename, requires, *_ in listed:
        try:
            specifiers = SpecifierSet(str(requires))
        except InvalidSpecifier:
            specifiers = SpecifierSet()
        try:
            if str(filename).endswith(".whl"):
                _, version, _, file_tags = parse_wheel_filename(str(filename))
                yield _File(version, specifiers, file_tags)
            else:
                yield _File(parse_sdist_filename(str(filename))[1], specifiers, frozenset())
        except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
            continue


@functools.cache
def _tags(series: str, glibc: tuple[int, ...]) -> frozenset[tags.Tag]:
    """Return the tags of wheels that a CPython of *series* takes on this machine, or on a Linux with *glibc*."""
    version = tuple(int(part) for part in series.split("."))
    platforms = tuple(_manylinux(glibc) if glibc else tags.platform_tags())
    interpreter = f"cp{version[0]}{version[1]}"
    return frozenset(tags.cpython_tags(version, platforms=platforms)) | frozenset(
        tags.compatible_tags(version, interpreter, platforms)
    )


def _manylinux(glibc: tuple[int, ...]) -> Iterator[str]:
    """Yield the platforms of wheels that a Linux on x86-64 with *glibc* takes. Source: PEP 600."""
    yield from (f"manylinux_{glibc[0]}_{minor}_x86_64" for minor in range(glibc[1], 4, -1))
    yield from (f"manylinux{name}_x86_64" for name in ("2014", "2010", "1"))
    yield "linux_x86_64"


def machine() -> str:
    """Return what makes wheels fit or not, beside the interpreter."""
    return f"{sys.platform}-{platform.machine()}-{platform.libc_ver()[0]}"
