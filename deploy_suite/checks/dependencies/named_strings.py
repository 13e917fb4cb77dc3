"""A dotted name in a string, by which a framework imports, that nothing has: of the project's own, or two in one."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.dependencies import evidence, own_modules
from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.model import syntax_tree
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.project import module_files, snapshot_files

# What Django's import_string raises: https://docs.djangoproject.com/en/stable/ref/utils/
_LACKING: Final = re.compile(r'Module "(?P<module>[\w.]+)" does not define a "(?P<name>\w+)" attribute/class')


def run_together(fault: Fault) -> Finding | None:
    """Return where a comma lacks between two strings, so that an absent module's name is made of both; else None."""
    absent = fault.outer.missing
    for file in fault.traced.files if absent else ():
        text = snapshot_files.text(fault.built.case.snapshot.folder, PurePosixPath(file)) or ""
        for line, first in _first_of_several(text, absent):
            return failed(
                fault,
                code="strings-run-together",
                message=f"no comma stands behind {first!r}, so it and the string in the next line are one name, "
                f"which is imported {fault.when}",
                remedy=f"put a comma behind {first!r} in {file}:{line}",
                location=Location(str(file), line),
            )
    return None


def _first_of_several(text: str, absent: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of the first of several strings that together, and not alone, name *absent*."""
    try:
        tree = syntax_tree.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        whole = syntax_tree.text_of(node)
        if whole and f"{whole}.".startswith(f"{absent}.") and isinstance(node, ast.Constant):
            first = _first_string(ast.get_source_segment(text, node) or "")
            if len(first) < len(absent):
                yield node.lineno, first


def _first_string(source: str) -> str:
    """Return the text of the first of the strings that *source* writes one behind the other."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({source})").readline)
    first = next((token.string for token in tokens if token.type == tokenize.STRING), "''")
    return str(ast.literal_eval(first))


def finding(fault: Fault) -> Finding | None:
    """Return which line names what a module of the project's own lacks; None where it is another's or another fault."""
    match = _LACKING.search(fault.outer.message)
    if match is None:
        return None
    folder, module, name = fault.built.case.snapshot.folder, match["module"], match["name"]
    file = module_files.find(folder, fault.entry.search_path, module=module)
    if file is None:
        return None
    return failed(
        fault,
        code=own_modules.NAME_MISSING,
        message=f"the project's own {file} has no {name!r}, which a string names and Django imports {fault.when}",
        remedy=f"define {name} in {file}, or name what it has; where it is there at the desk, commit and push {file}",
        location=_place(fault, f"{module}.{name}") or evidence.place(fault.outer),
    )


def _place(fault: Fault, dotted: str) -> Location | None:
    """Return the line in which *dotted* stands as a string, of the files that starting reads; no comment."""
    written = re.compile(rf"^[^#\n]*[\"']{re.escape(dotted)}[\"']", re.MULTILINE)
    for file in fault.traced.files:
        text = snapshot_files.text(fault.built.case.snapshot.folder, PurePosixPath(file)) or ""
        if match := written.search(text):
            return Location(str(file), text.count("\n", 0, match.start()) + 1)
    return None
