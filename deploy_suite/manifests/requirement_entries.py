"""What a requirements file consists of: requirements, references to files, options, and lines that pip refuses."""

from dataclasses import dataclass

from packaging.requirements import Requirement

from deploy_suite.model.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine:
    """One requirement.

    Shape: `name` is canonical (PEP 503), "" for a path or URL without a name; `requirement` is None for those too.
    `target` is the path or URL of one that is not on an index, as written: pip takes paths relative to the folder that
    it runs in, not to the file. `text` is the line without comment and continuation.
    """

    name: str
    requirement: Requirement | None
    text: str
    location: Location
    target: str = ""
    is_editable: bool = False

    @property
    def shown(self) -> str:
        """The line without its hashes, for a reader."""
        return self.text.partition("--hash=")[0].rstrip(" \\")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """`-r FILE` or `-c FILE`; `file` is relative to the repository, or a URL."""

    file: str
    location: Location
    is_constraint: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """A line that the tool it is for (pip, Alembic, …) would refuse, or read otherwise than meant.

    Shape: `is_fatal` says that the tool ends with an error because of it, wherever it runs. `instead` are the lines
    that were meant, () where nobody can tell.
    """

    code: str
    message: str
    location: Location
    remedy: str
    is_fatal: bool = True
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile:
    """A requirements file.

    Shape: `options` are the other option lines (`--index-url …`), as written. What a file with `is_constraint` lists
    is not installed, only held to these versions.
    """

    file: str
    requirements: tuple[RequirementLine, ...]
    references: tuple[FileReference, ...] = ()
    options: tuple[str, ...] = ()
    problems: tuple[LineProblem, ...] = ()
    is_constraint: bool = False
