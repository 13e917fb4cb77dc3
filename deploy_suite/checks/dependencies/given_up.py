"""An exception that the project raises itself → the variables over whose absence it gives up, in whatever language."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import surroundings
from deploy_suite.checks.dependencies.rehearsed_import import Raised
from deploy_suite.manifests import own_files
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import sources

_READ: Final = re.compile(environment_reads.CALL + r"|environ\[\s*['\"](?P<key>\w+)['\"]")
_BLANK: Final = re.compile(r"(?:str\()?" + environment_reads.WITHOUT_VALUE)
_RAISES: Final = re.compile(r"(?:raise|assert)\b|(?:sys\.)?exit\(")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def variables(one: Raised, files: Sequence[str], built: Built) -> tuple[str, ...]:
    """Return the variables that have no value here and that the exception speaks of or its condition looks at.

    Shape: *files* are the project's own that a start executes.
    """
    last = one.own_frames[-1] if one.own_frames else None
    if last is None or one.frames[-1] != last or not _RAISES.match(last.text.strip()):
        return ()
    folder = built.case.snapshot.folder
    text = snapshot_files.text(folder, PurePosixPath(last.file)) or ""
    texts = [text, *(snapshot_files.text(folder, PurePosixPath(file)) or "" for file in files)]
    return surroundings.without_value(_spoken_of(one.message, texts) or _looked_at(text, last.line), built)


def at(place: Location, message: str, built: Built) -> tuple[str, ...]:
    """Return them of an exception of which no more than *place*, the line that raises it, and *message* are known."""
    top = built.case.snapshot.folder
    text = snapshot_files.text(top, PurePosixPath(place.file)) or ""
    lines = text.splitlines()
    if not 0 < place.line <= len(lines) or not _RAISES.match(lines[place.line - 1].strip()):
        return ()
    files = own_files.python(top, built.case.contract.root)
    texts = (snapshot_files.text(top, file) or "" for file in files)
    return surroundings.without_value(_spoken_of(message, texts) or _looked_at(text, place.line), built)


def _spoken_of(message: str, texts: Iterable[str]) -> list[str]:
    """Return the words of *message* that are variables which one of *texts* reads."""
    read = {match["name"] or match["key"] for text in texts for match in _READ.finditer(text)}
    return [word for word in _WORD.findall(message) if word in read]


def _looked_at(text: str, line: int) -> Iterator[str]:
    """Yield the variables whose values the condition around *line* looks at."""
    test = _condition(text, line)
    if test is None:
        return
    shown = {ast.unparse(part) for part in ast.walk(test) if isinstance(part, ast.expr)}
    given = environment_reads.behind(shown, [text])
    yield from (read["name"] for one in given if (read := _BLANK.match(one.value)))
    for part in shown:
        yield from (match["name"] for match in _READ.finditer(part) if match["name"])


def _condition(text: str, line: int) -> ast.expr | None:
    """Return the test of the innermost statement whose body holds *line*, of the line itself where it asserts."""
    tree = sources.own_syntax(text)
    around = [
        (node.lineno, node.test)
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.If | ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda one: one[0])[1] if around else None
