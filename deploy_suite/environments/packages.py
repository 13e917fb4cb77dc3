"""What is installed in an environment, read from its files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.environment import Interpreter

_OWN_TAG: Final = re.compile(r"^Tag: .*-linux_\w+$", re.MULTILINE)
_TAG: Final = re.compile(r"^Tag: (?P<python>[\w.]+)-(?P<abi>[\w.]+)-", re.MULTILINE)
_FOLDER: Final = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+?)\.(?:dist|egg)-info|(?P<egg>[^-]+-[^-]+)-py[\d.]+\.egg-info"
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What is known of an installed distribution. Shape: `info` is its `.dist-info` or `.egg-info`.

    Not the class of importlib.metadata: that ends with an exception where a file is no UTF-8, as those of older
    packages, or a list has an empty line; and it takes 8 ms to import.
    """

    info: Path

    def text(self, name: str) -> str | None:
        """Return the text of a file of the metadata, None where there is none."""
        try:
            return (self.info / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    @property
    def requires(self) -> Iterator[str]:
        """What it demands where its headers do not say so: in the older form, what an extra demands left out."""
        condition: str | None = ""
        for line in map(str.strip, (self.text("requires.txt") or "").splitlines()):
            if line.startswith("["):
                extra, _, marker = line.strip("[]").partition(":")
                condition = None if extra else marker
            elif line and condition is not None:
                yield f"{line} ; {condition}" if condition else line

    @property
    def files(self) -> Iterator[PurePosixPath]:
        """What it brought, relative to the folder of the packages, as far as a list of it is there.

        Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
        """
        record = self.text("RECORD")
        if record is not None:
            yield from (PurePosixPath(line.partition(",")[0].strip('"')) for line in record.splitlines())
        elif (listed := self.text("installed-files.txt")) is not None:
            yield from (PurePosixPath(line.removeprefix("../")) for line in listed.splitlines())
        else:
            yield from map(PurePosixPath, (self.text("SOURCES.txt") or "").splitlines())


def site_packages(venv: Path) -> Path:
    """Return the folder of the installed packages."""
    found = sorted((venv / "lib").glob("python3*/site-packages"))
    return found[0] if found else venv / "lib" / "site-packages"


def installed(venv: Path) -> Mapping[str, str]:
    """Return canonical names and versions."""
    return dict(sorted(installed_in(site_packages(venv))))


def installed_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the canonical name and the version of each distribution whose metadata lies in *folder*."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return
    for name in names:
        if not name.endswith((".dist-info", ".egg-info")):
            continue
        match = _FOLDER.fullmatch(name)
        if match and match["name"]:
            yield canonicalize_name(match["name"]), match["version"]
        elif read := _named_inside(folder / name):
            yield read


def _named_inside(path: Path) -> tuple[str, str] | None:
    for file in (path / "METADATA", path / "PKG-INFO", path):
        try:
            headers = _headers(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if headers["Name"] and headers["Version"]:
            return canonicalize_name(headers["Name"]), headers["Version"]
    return None


def modules(venv: Path, name: str) -> tuple[str, ...]:
    """Return the top-level modules that the distribution *name* (canonical) brought, () when it is not installed."""
    for distribution in distributions(venv):
        if canonicalize_name(metadata(distribution)["Name"] or "") == name:
            tops = {file.parts[0] for file in distribution.files if file.parts and file.suffix in {".py", ".so"}}
            return tuple(sorted(top.partition(".")[0] for top in tops if not top.endswith((".libs", "..", "-info"))))
    return ()


def compiled_here(venv: Path) -> frozenset[str]:
    """Return the canonical names of what was compiled on this machine (on Linux, where wheels show it).

    Indexes refuse wheels with the plain tag "linux_x86_64", which those have that are made for one machine.
    Source: https://packaging.python.org/specifications/platform-compatibility-tags/#basic-platform-tags
    """
    found = ((metadata(one)["Name"] or "", one.text("WHEEL") or "") for one in distributions(venv))
    return frozenset(canonicalize_name(name) for name, wheel in found if name and _OWN_TAG.search(wheel))


def is_of_one_series(distribution: Distribution) -> bool:
    """Whether the wheel that *distribution* came in is for one series of Python alone, as its tags tell.

    Source: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#abi-tag
    """
    found = list(_TAG.finditer(distribution.text("WHEEL") or ""))
    return bool(found) and all(match["abi"].startswith("cp") for match in found)


def distributions(venv: Path) -> Iterator[Distribution]:
    """Yield the installed distributions with their metadata, read anew: a folder may change twice in one clock tick."""
    try:
        names = sorted(path.name for path in site_packages(venv).iterdir())
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield Distribution(site_packages(venv) / name)


def metadata(distribution: Distribution) -> Message:
    """Return the headers of the distribution's metadata.

    Without the description, which is nearly all of it (40 distributions: 0.1 s of CPU).
    """
    text = distribution.text("METADATA") or distribution.text("PKG-INFO") or distribution.text("") or ""
    return _headers(text.partition("\n\n")[0])


def _headers(text: str) -> Message:
    from email.parser import Parser  # noqa: PLC0415  a run in which nothing changed does without it

    return Parser().parsestr(text, headersonly=True)


def absent(lines: Iterable[RequirementLine], installed: Mapping[str, str], python: Interpreter) -> tuple[str, ...]:
    """Return the distributions that *lines* ask for on this system and that are not *installed*, each once."""
    markers = {"python_version": python.series, "python_full_version": python.version, "extra": ""}
    wanted = (
        line.name
        for line in lines
        if line.requirement is None or line.requirement.marker is None or line.requirement.marker.evaluate(markers)
    )
    return tuple(dict.fromkeys(name for name in wanted if name and name not in installed))
