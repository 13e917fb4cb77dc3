"""One requirement as pip takes it on the command line or in a file: a specifier, a path or a URL."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name, parse_wheel_filename

LOCAL_PATH: Final = "requirements-local-path"
_MOST_CHARACTERS: Final = 5_000
_URL: Final = re.compile(r"(?:(?:https?|file|ftp|s?ssh)|(?:git|hg|svn|bzr)(?:\+[a-z]+)?):", re.IGNORECASE)
_ARCHIVE: Final = re.compile(r"\.(?:whl|zip|tar|tgz|tbz|txz|tlz|tar\.(?:gz|bz2|xz|lz|lzma))$", re.IGNORECASE)
_EGG: Final = re.compile(r"[#&]egg=(?P<name>[^&\[]*)(?P<extras>\[[^\]]*\])?")
_EXTRAS: Final = re.compile(r"^(?P<path>.+?)(?P<extras>\[[^\]]+\])$")
_JOINED: Final = re.compile(
    r"(?P<first>[A-Za-z][\w.-]*(?:\[[^\]]*\])?\s*[=~<>]=\s*\d+(?:\.\d+)*)"
    r"(?P<second>[A-Za-z][\w.-]*[A-Za-z0-9](?:\[[^\]]*\])?(?:\s*[=~<>]=\s*\d+(?:\.\d+)*)?)",
    re.ASCII,
)
_FOREIGN_PATHS: Final = re.compile(
    r"(?:[A-Za-z]:|/(?:home|Users|root|croot|tmp|private|builds?|work|feedstock_root|opt/conda|opt/homebrew)\b)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one requirement says.

    Shape: `fault` is the reason why pip refuses it, "" for none. `warning` is the code of a problem with one that pip
    does read, with `message` and `remedy`; `is_fatal` belongs to it.
    """

    name: str = ""
    requirement: Requirement | None = None
    target: str = ""
    fault: str = ""
    warning: str = ""
    message: str = ""
    remedy: str = ""
    is_fatal: bool = False


def read(written: str, *, is_editable: bool = False) -> Reading:
    """Return what pip makes of *written*; never raises.

    Source: `parse_req_from_line` in https://github.com/pypa/pip/blob/main/src/pip/_internal/req/constructors.py
    """
    if len(written) > _MOST_CHARACTERS:
        return Reading(fault=f"it is longer than {_MOST_CHARACTERS:,} characters")
    text, marker = _split_marker(written.strip())
    try:
        if marker:
            Marker(marker)
        reading = _read(text, f"{text}; {marker}" if marker else text, is_editable=is_editable)
    except (InvalidRequirement, InvalidMarker, InvalidWheelFilename, InvalidSdistFilename, ValueError) as error:
        return Reading(fault=str(error).partition("\n")[0])
    except RecursionError:
        return Reading(fault="its marker nests too deeply")
    return _with_warning(reading)


def remedy(text: str, *, place: str) -> str:
    """Return what to do about the line *text* at *place* that pip cannot read."""
    single = re.fullmatch(r"(\w[\w.-]*(?:\[[^\]]*\])?)\s*=\s*([\w.*+!-]+)", text)
    conda = re.fullmatch(r"\w[\w.-]*=[\w.*+!-]+=\w+", text)
    if conda or text.startswith(("name:", "channels:", "dependencies:", "_libgcc_mutex")):
        return "run `pip list --format=freeze > requirements.txt`: this line is in the form of conda, not of pip"
    if single:
        return f"write `{single[1]}=={single[2]}` in {place}"
    if re.match(r"(?:python3?\s+-m\s+)?pip3?\s+install\s", text):
        return f"leave only the package's name in {place}, without `pip install`"
    if re.match(r"(?:<{7}|={7}|>{7})", text):
        return f"resolve the merge conflict at {place} and commit the file"
    if re.match(r"Package\s+Version|-{5}", text):
        return "run `pip freeze > requirements.txt`: this is the output of `pip list`"
    if spaced := re.fullmatch(r"(\w[\w.-]*)\s+v?(\d[\w.]*)", text):
        return f"write `{spaced[1]}=={spaced[2]}` in {place}"
    if joined := parted(text):
        return f"put `{joined[0]}` and `{joined[1]}` on lines of their own at {place}: the end of a line was lost"
    if re.match(r"(?:import|from)\s", text):
        return f"name the distribution in {place}, not the import statement"
    return f"write the line at {place} as `name==version`, or remove it"


def parted(text: str) -> tuple[str, str] | None:
    """Return the two requirements that stand on one line because the first one's file ended without a line end."""
    found = _JOINED.fullmatch(text)
    return (found["first"], found["second"]) if found else None


def _split_marker(written: str) -> tuple[str, str]:
    """Return the requirement and its marker; to pip a semicolon with nothing behind it is none."""
    separator = "; " if _is_url(written) else ";"
    text, _, marker = written.partition(separator)
    return text.strip(), marker.strip()


def _is_url(text: str) -> bool:
    return _URL.match(text) is not None


def _is_path(text: str) -> bool:
    """Return whether pip would take *text* for a path, without asking the disk."""
    before_at = text.partition("@")[0]
    if "@" in text and "/" not in before_at and not before_at.startswith("."):
        return False
    bare = _EXTRAS.sub(r"\g<path>", text)
    return bare.startswith(".") or "/" in bare or _ARCHIVE.search(bare) is not None


def _read(text: str, written: str, *, is_editable: bool) -> Reading:
    if _is_url(text):
        return Reading(name=_name_in_url(text), target=text)
    if is_editable or _is_path(text):
        path = _EXTRAS.sub(r"\g<path>", text)
        return Reading(name=_name_in_wheel(path), target=path)
    requirement = Requirement(written)
    return Reading(name=canonicalize_name(requirement.name), requirement=requirement, target=requirement.url or "")


def _name_in_url(url: str) -> str:
    if egg := _EGG.search(url):
        return canonicalize_name(unquote(egg["name"]))
    return _name_in_wheel(unquote(url.partition("#")[0].partition("?")[0]))


def _name_in_wheel(path: str) -> str:
    file = path.rpartition("/")[2]
    return str(parse_wheel_filename(file)[0]) if file.lower().endswith(".whl") else ""


def _with_warning(reading: Reading) -> Reading:
    """Add what only fails elsewhere: files of the machine that wrote the list, and repositories that need a key."""
    target = reading.target
    path = (
        re.sub(r"^file:(?://(?:localhost)?)?/*(?=[A-Za-z]:|/|$)", "", target) if target.startswith("file:") else target
    )
    path = "/" + path.lstrip("/") if target.startswith("file:") and not re.match(r"[A-Za-z]:", path) else path
    path = path.partition("#")[0]
    if _FOREIGN_PATHS.match(path) or target.startswith("file:///"):
        return Reading(
            name=reading.name,
            requirement=reading.requirement,
            target=target,
            warning=f"{LOCAL_PATH}:{reading.name}" if reading.name else LOCAL_PATH,
            message=f"{reading.name or 'the requirement'} is taken from a path of one machine ({path})",
            remedy=f"replace the path by a version, such as `{reading.name or 'name'}==VERSION`; "
            "`pip list --format=freeze` writes all lines so",
            is_fatal=_FOREIGN_PATHS.match(path) is not None,
        )
    if re.match(r"git\+ssh:|git\+git@|ssh:|git@", target):
        return Reading(
            name=reading.name,
            requirement=reading.requirement,
            target=target,
            warning="private-git-requirement",
            message=f"{reading.name or 'the requirement'} is fetched over SSH, and a build has no key of yours",
            remedy="use `git+https://` with a token in a build variable, or publish the package",
        )
    return reading
