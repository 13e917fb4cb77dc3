"""requirements.txt text into requirements with their lines."""

from dataclasses import dataclass

from packaging.requirements import Requirement

from deploy_suite.model.finding import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine:
    """One requirement.

    Shape: `name` is canonical (PEP 503), "" for a path or URL without a name; `requirement` is None for those too.
    `target` is the path or URL of one that is not on an index.
    """

    name: str
    requirement: Requirement | None
    text: str
    location: Location
    target: str = ""
    is_editable: bool = False
    has_hashes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """`-r FILE` or `-c FILE`; `file` is relative to the repository."""

    file: str
    location: Location
    is_constraint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """A line that pip would refuse, or read otherwise than meant."""

    code: str
    message: str
    location: Location
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile:
    """A requirements file. `options` are the other option lines (`--index-url …`), as written."""

    file: str
    requirements: tuple[RequirementLine, ...]
    references: tuple[FileReference, ...] = ()
    options: tuple[str, ...] = ()
    problems: tuple[LineProblem, ...] = ()


def parse(data: bytes, *, file: str) -> RequirementsFile:
    """Return what pip would read in *data*; *file* is the repository-relative path that locations carry.

    Continuation lines, comments, environment markers, hashes, `-e`, paths, URLs, `-r`, `-c` and `${VAR}` are read as
    pip reads them. Bytes that are UTF-16 or start with a byte order mark are a `requirements-encoding` problem.
    Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    raise NotImplementedError
