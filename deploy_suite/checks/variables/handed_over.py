"""A value that a package refuses → the variable whose absence the failing call handed over as None."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.sources import own_syntax

_CODES: Final = frozenset({"start-exited", "import-failed"})
_REFUSED: Final = re.compile(
    r"^(?:\w+\.)*(?:ValueError|Validation\w*|\w*(?:Config|Argument|Parameter)\w*Error): ", re.MULTILINE
)
_BLANK: Final = re.compile(environment_reads.WITHOUT_DEFAULT)


def variables(finding: Finding, folder: Path) -> tuple[str, ...]:
    """Return the variables, read without a default in the same file, that the failing call of *finding* is given.

    Only what complains of a value counts, and of no cause that is known: what source code brings about, no value mends.
    """
    place = finding.location
    is_met = finding.outcome is Outcome.FAILED and finding.code.partition(":")[0] in _CODES
    if place is None or not is_met or not _REFUSED.search("\n".join(finding.evidence)):
        return ()
    text = snapshot_files.text(folder, PurePosixPath(place.file)) or ""
    tree = own_syntax(text)
    if tree is None:
        return ()
    given = set(_given(tree, place.line))
    reads = (_BLANK.fullmatch(one.value) for one in environment_reads.behind(given, [text]))
    return tuple(dict.fromkeys(read["name"].upper() for read in reads if read))


def _given(tree: ast.Module, line: int) -> Iterator[str]:
    """Yield the names that the calls of the statement at *line* are given as they are."""
    for node in ast.walk(tree):
        is_there = isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
        if isinstance(node, ast.Call) and is_there:
            values = (*node.args, *(one.value for one in node.keywords))
            yield from (one.id for one in values if isinstance(one, ast.Name))
