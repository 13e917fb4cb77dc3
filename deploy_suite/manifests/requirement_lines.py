"""The text of one requirements file into its entries, line by line as pip reads it."""

import functools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.manifests import requirement_options, requirement_text, text_encoding
from deploy_suite.manifests.requirement_entries import FileReference, LineProblem, RequirementLine, RequirementsFile
from deploy_suite.model.location import Location

_COMMENT: Final = re.compile(r"(?:^|\s+)#.*$")
_VARIABLE: Final = re.compile(r"\$\{[A-Z0-9_]+\}")
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")
_URL: Final = re.compile(r"[A-Za-z][\w+.-]*://")


@functools.lru_cache(maxsize=64)  # several checks read the same few files
def parse(data: bytes, *, file: str) -> RequirementsFile:
    """Return what pip would read in *data*; *file* is the repository-relative path that locations carry.

    Continuation lines, comments, environment markers, hashes, `-e`, paths, URLs, `-r`, `-c` and `${VAR}` are read as
    pip reads them. Bytes that are UTF-16 or start with a byte order mark are a `requirements-encoding` problem.
    Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    decoded = text_encoding.decode(data)
    found = _Found(file)
    if decoded.problem:
        found.problem(
            "requirements-encoding",
            decoded.problem,
            line=decoded.line,
            remedy=f"save {file} as UTF-8 without byte order mark",
            is_fatal=decoded.is_fatal,
            instead=(decoded.text.splitlines()[decoded.line - 1],) if decoded.line else (),
        )
    for line, text in _logical_lines(decoded.text):
        found.read(text, line)
    return RequirementsFile(
        file=file,
        requirements=tuple(found.requirements),
        references=tuple(found.references),
        options=tuple(found.options),
        problems=tuple(found.problems),
    )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their number, joined and stripped of comments as pip does it (pip/_internal/req/req_file.py)."""
    first, parts = 0, list[str]()
    physical = text.splitlines()
    for number, written in enumerate(physical, start=1):
        first = first or number
        is_comment = _COMMENT.match(written) is not None
        if written.endswith("\\") and not is_comment:
            parts.append(written.strip("\\"))
            if number < len(physical):
                continue
        else:
            parts.append(" " + written if is_comment else written)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        if joined:
            yield first, joined
        first, parts = 0, []


@dataclass(slots=True)
class _Found:
    """What has been read of one file so far."""

    file: str
    requirements: list[RequirementLine] = field(default_factory=list)
    references: list[FileReference] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)

    def problem(
        self, code: str, message: str, *, line: int, remedy: str, is_fatal: bool = True, instead: tuple[str, ...] = ()
    ) -> None:
        place = Location(self.file, line)
        self.problems.append(
            LineProblem(code=code, message=message, location=place, remedy=remedy, is_fatal=is_fatal, instead=instead)
        )

    def read(self, text: str, line: int) -> None:
        """Read one logical line."""
        operand, written = requirement_options.split(text)
        try:
            options = tuple(requirement_options.options(written))
        except ValueError as error:
            self.invalid(text, line, str(error))
            return
        values: dict[str, str] = {}
        for name, value in options:
            values.setdefault(name, value)
        if requirement_options.IGNORED in values:
            self.ignored(values[requirement_options.IGNORED], line)
        if operand:
            self.requirement(operand, line, text=text)
        elif "--editable" in values:
            self.requirement(values["--editable"], line, text=text, is_editable=True)
        elif "--requirement" in values:
            self.reference(values["--requirement"], line, is_constraint=False)
        elif "--constraint" in values:
            self.reference(values["--constraint"], line, is_constraint=True)
        else:
            self.options.append(text)

    def reference(self, value: str, line: int, *, is_constraint: bool) -> None:
        joined = value if _URL.match(value) else posixpath.join(posixpath.dirname(self.file), value)
        self.references.append(
            FileReference(
                file=joined if _URL.match(joined) else posixpath.normpath(joined),
                location=Location(self.file, line),
                is_constraint=is_constraint,
            ),
        )

    def requirement(self, written: str, line: int, *, text: str, is_editable: bool = False) -> None:
        read = requirement_text.read(written, is_editable=is_editable)
        if read.fault and not _VARIABLE.search(written):
            self.invalid(text, line, read.fault)
            return
        if read.warning:
            self.problem(read.warning, read.message, line=line, remedy=read.remedy, is_fatal=read.is_fatal)
        self.requirements.append(
            RequirementLine(
                name=read.name,
                requirement=read.requirement,
                text=text,
                location=Location(self.file, line),
                target=read.target,
                is_editable=is_editable,
            ),
        )

    def ignored(self, word: str, line: int) -> None:
        self.problem(
            "requirements-ignored-word",
            f"pip reads over {_shown(word)!r}, which stands after an option",
            line=line,
            remedy=f"write it on a line of its own in {self.file}, before any option",
            is_fatal=False,
        )

    def invalid(self, text: str, line: int, fault: str) -> None:
        self.problem(
            "requirements-syntax",
            f"pip cannot read the line {_shown(text)!r}: {fault}",
            line=line,
            remedy=requirement_text.remedy(text, place=str(Location(self.file, line))),
            instead=requirement_text.parted(text) or (),
        )


def _shown(text: str) -> str:
    """Return *text* fit for a message: short, and without the credentials of a URL."""
    longest = 100
    text = _CREDENTIALS.sub("://***@", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
