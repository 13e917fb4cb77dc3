"""alembic.ini, or [tool.alembic] of pyproject.toml, into what Alembic makes of it."""

import configparser
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.requirements_file import LineProblem
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Masker

_HERE: Final = "/<here>"
_SEPARATORS: Final[Mapping[str, str]] = {"space": " ", "newline": "\n", "os": ":", ":": ":", ";": ";"}
_URL: Final = "sqlalchemy.url"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlembicFile:
    """The settings of Alembic.

    Shape: `script_location` as written; `script_folder`, `version_folders` and `import_folders` (`prepend_sys_path`)
    are relative to the repository: `%(here)s` is the file's folder, and other relative paths are taken from there too,
    though Alembic takes them from the folder that it runs in. `url` has its password masked, "" where the file sets
    none.
    """

    file: str
    script_location: str = ""
    script_folder: str = ""
    location: Location
    url: str = ""
    url_location: Location | None = None
    import_folders: tuple[str, ...] = ()
    version_folders: tuple[str, ...] = ()
    problems: tuple[LineProblem, ...] = ()


def parse(text: str, *, file: str, section: str = "alembic") -> AlembicFile:
    """Return what the section *section* (`alembic -n NAME`) of an ini file says.

    Values that cannot be interpolated, as with a lone `%` in a password, are problems. A file without the section or
    without `script_location` is no fault in itself: Flask-Migrate sets it from outside.
    Raises: ManifestError for text that configparser refuses.
    Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
    """
    source = text.removeprefix("\ufeff")
    lines = _OptionLines(source, section, file)
    options, problems = _options(_read(source, file), section, lines)
    return _built(
        file=file,
        options=options,
        split=_splitter(options),
        where=lines.location,
        problems=problems,
    )


def parse_pyproject(text: str, *, file: str) -> AlembicFile | None:
    """Return what `[tool.alembic]` says (Alembic 1.16 and later), None where there is no such table.

    Raises: ManifestError for text that is no TOML.
    Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#using-pyproject-toml-for-configuration
    """
    document = toml_document.parse(text, file=file)
    table = document.table("tool", "alembic")
    if not table:
        return None
    options = {key: _interpolated(value) for key, value in table.items() if isinstance(value, str)}
    lists = {
        key: tuple(_interpolated(item) for item in value if isinstance(item, str))
        for key, value in table.items()
        if isinstance(value, list)
    }
    return _built(
        file=file,
        options=options,
        split=lambda key: lists.get(key, ()),
        where=lambda key: document.location("tool", "alembic", *((key,) if key else ())),
        problems=(),
    )


def _interpolated(value: str) -> str:
    return value.replace("%(here)s", _HERE).replace("%%", "%")


def _built(
    *,
    file: str,
    options: Mapping[str, str],
    split: Callable[[str], Sequence[str]],
    where: Callable[[str], Location],
    problems: tuple[LineProblem, ...],
) -> AlembicFile:
    written = options.get("script_location", "")
    url = options.get(_URL, "")
    return AlembicFile(
        file=file,
        script_location=written.replace(_HERE, "%(here)s"),
        script_folder=_folder(written, file) if written else "",
        location=where("script_location" if written else ""),
        url=Masker().masked(url),
        url_location=where(_URL) if url else None,
        import_folders=tuple(_folder(path, file) for path in split("prepend_sys_path")),
        version_folders=tuple(_folder(path, file) for path in split("version_locations")),
        problems=problems,
    )


def _folder(path: str, file: str) -> str:
    """Return *path* relative to the repository; "package:folder" names a folder within an importable package."""
    here = posixpath.dirname(file)
    if path.startswith(_HERE):
        path = path.removeprefix(_HERE).lstrip("/")
    elif re.fullmatch(r"[A-Za-z_][\w.]*:[^:]+", path):
        package, _, inner = path.partition(":")
        path = posixpath.join(package.replace(".", "/"), inner)
    joined = posixpath.normpath(posixpath.join(here, path))
    return "" if joined == "." else joined


def _read(source: str, file: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser({"here": _HERE})
    try:
        parser.read_string(source, source=file)
    except configparser.Error as error:
        line = _line_of(error)
        raise ManifestError(
            f"Alembic cannot read the file: {_reason(error)}",
            Location(file, line),
            remedy=f"mend line {line} of {file}" if line else f"mend {file}",
        ) from error
    return parser


def _line_of(error: configparser.Error) -> int:
    faults = getattr(error, "errors", ())
    return int(faults[0][0] if faults else getattr(error, "lineno", 0) or 0)


def _reason(error: configparser.Error) -> str:
    match error:
        case configparser.MissingSectionHeaderError():
            return "a line stands before the first [section]"
        case configparser.DuplicateOptionError():
            return f"the option {error.option!r} stands twice in [{error.section}]"
        case configparser.DuplicateSectionError():
            return f"the section [{error.section}] stands twice"
        case _:
            return "a line is neither 'name = value' nor [section]"


def _options(
    parser: configparser.ConfigParser, section: str, lines: "_OptionLines"
) -> tuple[Mapping[str, str], tuple[LineProblem, ...]]:
    found: dict[str, str] = {}
    problems: list[LineProblem] = []
    names = parser.options(section) if parser.has_section(section) else []
    for name in names:
        try:
            found[name] = parser.get(section, name)
        except configparser.InterpolationError as error:
            found[name] = parser.get(section, name, raw=True)
            problems.append(_interpolation(name, error, lines.location(name)))
    return found, tuple(problems)


def _interpolation(name: str, error: configparser.InterpolationError, location: Location) -> LineProblem:
    reference = getattr(error, "reference", "")
    if reference:
        reason = f"%({reference})s is not set in the file; Alembic does not read the environment there"
        remedy = f"set {name} in env.py from os.environ, and remove it at {location}"
    else:
        reason = "a lone '%' stands in it"
        remedy = f"write '%%' for each '%' of the value at {location}"
    return LineProblem(
        code="alembic-interpolation",
        message=f"Alembic fails when {name} is read: {reason}",
        location=location,
        remedy=remedy,
        is_fatal=False,
    )


def _splitter(options: Mapping[str, str]) -> Callable[[str], Sequence[str]]:
    """Return how Alembic splits its lists: by `path_separator`, else in a way of its own for each."""

    def split(key: str) -> Sequence[str]:
        names = ("path_separator", "version_path_separator") if key == "version_locations" else ("path_separator",)
        written = next((options[name] for name in names if name in options), None)
        separator = _SEPARATORS.get(written.strip()) if written is not None else None
        value = options.get(key, "")
        if separator is not None:
            return [part.strip() for part in value.split(separator) if part.strip()]
        pattern = r", *|(?: +)" if key == "version_locations" else r", *|(?: +)|:"
        return [part.strip() for part in re.split(pattern, value) if part.strip()]

    return split


class _OptionLines:
    """The lines of the options of one section, which configparser does not tell."""

    _SECTION: Final = re.compile(r"\[(?P<name>.+)\]")
    _OPTION: Final = re.compile(r"(?P<name>[^\s:=#;][^:=]*?)\s*(?:[:=].*)?")

    def __init__(self, source: str, section: str, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        current = ""
        for number, line in enumerate(source.split("\n"), start=1):
            if match := self._SECTION.match(line):
                current = match["name"]
                if current == section:
                    self.lines.setdefault("", number)
            elif current in {section, "DEFAULT"} and (option := self._OPTION.fullmatch(line.rstrip())):
                name = option["name"].lower()
                if current == section or name not in self.lines:
                    self.lines[name] = number

    def location(self, name: str) -> Location:
        return Location(self.file, self.lines.get(name, self.lines.get("", 0)))
