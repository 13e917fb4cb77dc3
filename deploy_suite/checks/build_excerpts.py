"""The log of a failed build → the few lines of it that a reader needs."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge import complaints

_LAST_LINES: Final = 12
_COMPLAINTS: Final = 3
_LINE_CHARACTERS: Final = 300
_COMPLAINT: Final = re.compile(r"error|fail|could not|cannot|no matching|no solution|not found", re.IGNORECASE)
_COMPILER: Final = re.compile(r":\d+:\d+: (?:fatal )?error: ")
# What pip and uv print of their progress and around the words that matter.
_NOISE: Final = re.compile(
    r"WARNING: Location '|Looking in (?:indexes|links):|Collecting |Downloading |Processing /|Using cached "
    r"|Requirement already satisfied:|Preparing metadata|Installing build dependencies|Getting requirements to build"
    r"|\[end of output\]|note: This error originates from a subprocess|note: This is an issue with the package"
    r"|Using Python \S+ environment at|(?:Resolved|Prepared|Installed|Uninstalled|Audited) \d+ packages? in "
    r"|Downloaded \S+$"
    r"|[+~-] [\w.-]+==\S+$|\[notice\] |╰─> |│ exit code: |[━╸╺ ]+ \d"
)
_FRAME: Final = re.compile(r'(?P<indent>\s*)File "(?P<file>[^"]+)", line (?P<line>\d+), in ')
_FOREIGN: Final = re.compile(r"^(?:/|<)|site-packages/")
_EXCEPTION: Final = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|DoesNotExist|Configured): \S")
_NEAR_END: Final = 4
_SHOWN: Final = 160
_SPACE: Final = re.compile(r"\s+")
# What pip and uv call what they build; an old pip names it only when it begins with it.
_BUILT: Final = re.compile(
    r"(?:Failed to (?:download and )?build [`'](?P<told>[\w.-]+?)(?:==[^`']*)?[`']|^\s*Collecting (?P<begun>[\w.-]+))",
    re.MULTILINE,
)
_BUILD_ENDED: Final = re.compile(
    r"(?:Getting requirements to build (?:wheel|editable)|Preparing (?:editable )?metadata \([^)]*\)"
    r"|Building wheel for \S+ \([^)]*\)|python setup\.py \w+) did not run successfully"
)
_OF_SHELL: Final = re.compile(r"^(?P<script>\S+): line (?P<line>\d+): [^\n]*: command not found(?:\n|\Z)", re.MULTILINE)
_ALL_VERSIONS: Final = re.compile(r" \(from versions: [^)]{40,}\)?")


def lines(text: str) -> list[str]:
    """Return the lines of *text* that are not empty, each without what makes it long and says little."""
    return [_ALL_VERSIONS.sub("", line).rstrip()[:_LINE_CHARACTERS] for line in text.splitlines() if line.strip()]


def tail(log: str) -> tuple[str, ...]:
    """Return the last lines without progress and frames of foreign code; all of them where there is nothing else.

    What a program prints to a pipe may come after what it complained of: the last complaints stand before such lines.
    """
    told = [line for line in _without_foreign_frames(lines(log)) if not _NOISE.match(line.strip())]
    told = told or lines(log)
    last = told[-_LAST_LINES:]
    if not any(map(complaints.complains, last)):
        last = [*[line for line in told[:-_LAST_LINES] if complaints.complains(line)][-_COMPLAINTS:], *last]
    return tuple(last)


def _without_foreign_frames(told: list[str]) -> Iterator[str]:
    """Leave out the frames of tracebacks that are not in the project's own files, whose paths are relative."""
    depth: int | None = None
    for line in told:
        frame = _FRAME.match(line)
        if frame:
            depth = len(frame["indent"]) if _FOREIGN.search(frame["file"]) else None
        elif depth is not None and len(line) - len(line.lstrip()) <= depth:
            depth = None
        if depth is None:
            yield line


def own_frame(log: str) -> tuple[str, int] | None:
    """Return file and line of the innermost frame of the last traceback that is in a file of the project.

    `manage.py` only hands over, and is none.
    """
    frames = [match for line in lines(log) if (match := _FRAME.match(line))]
    own = [frame for frame in frames if not _FOREIGN.search(frame["file"]) and not frame["file"].endswith("manage.py")]
    return (own[-1]["file"], int(own[-1]["line"])) if own else None


def exception(log: str) -> str:
    """Return the exception of which the end of *log* tells, "" where it ends on something else."""
    last = [line for line in lines(log)[-_NEAR_END:] if _EXCEPTION.match(line)]
    found = _SPACE.sub(" ", last[-1]) if last and "Traceback (most recent call last)" in log else ""
    return shortened(found)


def shortened(text: str) -> str:
    """Return *text*, cut where it is too long for one line of a report."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def of_package(name: str, log: str) -> tuple[str, ...]:
    """Return the complaints that name the distribution, and the first error of a compiler."""
    variants = "[-_.]".join(map(re.escape, name.split("-")))
    written = re.compile(rf"(?<![\w.-]){variants}(?![\w-])", re.IGNORECASE)
    named = [line for line in lines(log) if written.search(line) and _COMPLAINT.search(line)]
    compiled = [line for line in lines(log) if _COMPILER.search(line)]
    return tuple(dict.fromkeys((*compiled[:1], *named[-3:]))) if named else ()


def being_built(log: str) -> str:
    """Return the distribution over whose own build an installer ended, "" where it was none."""
    ended = _BUILD_ENDED.search(log)
    named = [match for match in _BUILT.finditer(log) if match["told"] or (ended and match.start() < ended.start())]
    told = [match["told"] for match in named if match["told"]]
    return (told or [match["begun"] for match in named] or [""])[-1] if ended or told else ""


def without_passed(log: str, *, script: str, line: int) -> str:
    """Return *log*, of a script that ended on *line*, without its complaints of missing programs on other lines."""
    name = script.rpartition("/")[2]

    def kept(match: re.Match[str]) -> str:
        is_passed = match["script"].rpartition("/")[2] == name and int(match["line"]) != line
        return "" if is_passed else match[0]

    return _OF_SHELL.sub(kept, log)
