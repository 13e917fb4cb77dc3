"""Lines of a log → the Python exception they end in, and the last frame of the project's own code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.log_text import LogLine

_FRAME: Final = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_ANY_FRAME: Final = re.compile(r'File "(?P<file>[^"\n]{1,300})", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
_PYTEST_FRAME: Final = re.compile(r"^(?P<file>[^\s:]+\.py):(?P<line>\d+): in (?P<function>.+)$")
EXCEPTION: Final = re.compile(
    r"^\s*(?:E\s+)?(?P<type>(?:[A-Za-z_]\w*\.)*_?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Refused|NotFound|DoesNotExist"
    r"|Configured|NotReady|Timeout|Failure|Invalid|Conflict|Unavailable|Violation|Table|Column|Object|Function|Schema)"
    r"|(?:\w+\.)*(?:errors?|exceptions?|exc)\.[A-Z]\w*)"
    r"(?::(?: (?P<message>.*))?)?$"
)
_FOREIGN: Final = re.compile(
    r"site-packages|dist-packages|[/\\]lib(?:64)?[/\\]python\d|[/\\]python[\d.]+[/\\]lib[/\\]|^<|[/\\]bin[/\\][\w.-]+$"
    r"|Python\d+[/\\]Lib[/\\]|[/\\]\.heroku[/\\]|[/\\]pypoetry[/\\]|[/\\]uv[/\\]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a traceback."""

    file: str
    line: int
    function: str

    @property
    def is_own(self) -> bool:
        """Whether the file belongs to the project rather than to Python or a package."""
        return not _FOREIGN.search(self.file)

    def __str__(self) -> str:
        """Return "file:line in function"."""
        return f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception as it was printed. Shape: `frames` outermost first; `line` is where the exception itself stands."""

    exception: str
    line: int
    frames: tuple[Frame, ...] = ()

    @property
    def is_exception(self) -> bool:
        """Whether it is a Python exception rather than some other line that speaks of a failure."""
        return bool(self.frames or EXCEPTION.match(self.exception))

    @property
    def is_whole(self) -> bool:
        """Whether the exception itself is there, and not only frames of one."""
        return bool(EXCEPTION.match(self.exception))

    @property
    def own_frame(self) -> Frame | None:
        """The innermost frame of the project's own code."""
        return next((frame for frame in reversed(self.frames) if frame.is_own), None)


def frame(text: str) -> Frame | None:
    """Return the frame that the line *text* states."""
    match = _FRAME.match(text) or _PYTEST_FRAME.match(text)
    return Frame(match["file"], int(match["line"]), match["function"] or "") if match else None


def frames_within(text: str) -> Iterator[Frame]:
    """Yield the frames in a line, of which there are several where a log lost its line ends."""
    for match in _ANY_FRAME.finditer(text):
        yield Frame(match["file"], int(match["line"]), match["function"] or "")


def raised_after(after: Sequence[LogLine]) -> Raised | None:
    """Return what the traceback whose header stands before *after* ends in, if the log still holds its end."""
    frames: list[Frame] = []
    for line in after:
        if found := frame(line.text):
            frames.append(found)
        elif match := EXCEPTION.match(line.text):
            return Raised(exception=match[0], line=line.number, frames=tuple(frames))
        elif line.text.startswith("Traceback (most recent"):
            return None
        elif frames and line.text and not line.text[0].isspace() and re.match(r"[\w.]+(?::|$)", line.text):
            return Raised(exception=line.text, line=line.number, frames=tuple(frames))
    return None


def cut_off(header: LogLine, after: Sequence[LogLine]) -> Raised | None:
    """Return what is left of a traceback that the log does not hold to its end."""
    if any(line.text.startswith("Traceback (most recent") for line in after):
        return None
    frames = tuple(filter(None, (frame(line.text) for line in after)))
    return Raised(exception=f"{header.text.strip()} … cut off before the exception", line=header.number, frames=frames)


def frames_before(before: Sequence[LogLine]) -> tuple[Frame, ...]:
    """Return the frames right before a line, outermost first, back to the header of their traceback."""
    frames: list[Frame] = []
    for line in reversed(before):
        if "Traceback (most recent" in line.text:
            break
        if found := frame(line.text):
            frames.append(found)
    return tuple(reversed(frames))
