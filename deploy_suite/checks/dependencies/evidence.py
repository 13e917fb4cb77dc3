"""What a rehearsed import left behind, in the words of reports: chains, quoted lines, the command to reproduce."""

import ast
import re

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised, Rehearsed
from deploy_suite.model import syntax_tree
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.ports.networks import Reach
from deploy_suite.tracing.values import Chain, Hop, Trace

_QUOTED = 300
_FRAMES_SHOWN = 4
# Where this run keeps the file that a name was not found in: of no use to a reader.
_OWN_PATH = re.compile(r" \(/[^()]*\.py\)$")


def chain(raised: Raised, traced: Trace, *, module: str) -> Chain:
    """Return the imports from the entry point to the failing line.

    Shape: the places are those of the traceback; the words of the last one are the static trace's where it knows it.
    What a string of the settings names is imported by Django, and no line of the traceback is the string's.
    """
    hops = tuple(Hop(frame.file, frame.line, _statement(frame)) for frame in raised.own_frames)
    found = [one.chain for one in traced.imports if module in {one.name, one.module} and one.chain.hops]
    static = next(iter(found), Chain())
    if not hops:
        return static
    named = next((one for one in found if f'"{module}' in one.last.statement), None)
    if named and module not in hops[-1].statement:
        return named
    if static.hops and (static.last.file, static.last.line) == (hops[-1].file, hops[-1].line):
        return Chain((*hops[:-1], static.last))
    return Chain(hops)


def _statement(frame: Frame) -> str:
    """Return the import without its aliases, any other line as written."""
    try:
        node = syntax_tree.parse(frame.text).body[0]
    except (SyntaxError, IndexError, ValueError, RecursionError, MemoryError):
        return frame.text
    if isinstance(node, ast.Import):
        return "import " + ", ".join(alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        names = ", ".join(alias.name for alias in node.names)
        return f"from {'.' * node.level}{node.module or ''} import {names}"
    return frame.text


def place(raised: Raised) -> Location | None:
    """Return the last line of the project's own code before the exception."""
    if raised.syntax and raised.syntax.is_own:
        return raised.syntax.location
    return raised.own_frames[-1].location if raised.own_frames else None


def quoted(raised: Raised, *, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the exception and the lines of the project's own code that led to it."""
    frames = raised.own_frames[-_FRAMES_SHOWN:]
    lines = tuple(f"{frame.location}: {frame.text}" for frame in frames)
    return (*more, _OWN_PATH.sub("", " ".join(raised.shown.split()))[:_QUOTED], *lines)


def attempts(rehearsed: Rehearsed) -> tuple[str, ...]:
    """Return the hosts outside this machine that the import wanted to reach, with the line that wanted it."""
    told = [
        str(Reach(attempt.host, attempt.port)) + (f" from {attempt.location}" if attempt.location else "")
        for attempt in rehearsed.attempts
        if not _is_loopback(attempt.host)
    ]
    hosts = {attempt.host for attempt in rehearsed.attempts}
    told += [str(reach) for reach in rehearsed.reached if reach.host not in hosts]
    return tuple(dict.fromkeys(told))


def _is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    return host in {"", "localhost", "::1", "0.0.0.0"} or host.startswith("127.")  # noqa: S104  compared, not bound


def reproduce(built: Built, entry: EntryPoint) -> str:
    """Return the command that shows the same without the suite."""
    root = built.case.contract.root
    folder = entry.working_folder or root
    paths = ":".join("." if path == folder else str(path) for path in entry.search_path)
    statement = f"import {entry.module}" if entry.attribute or entry.file is None else ""
    command = f"PYTHONPATH={paths} python -c '{statement}'" if statement else f"python {entry.file}"
    return f"cd {folder} && {command}" if str(folder) != "." else command
