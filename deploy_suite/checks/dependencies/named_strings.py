"""A dotted name in a string, by which Django imports, that the project's own module does not have."""

import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.dependencies import evidence, own_modules
from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.project import module_files, snapshot_files

# What Django's import_string raises: https://docs.djangoproject.com/en/stable/ref/utils/
_LACKING: Final = re.compile(r'Module "(?P<module>[\w.]+)" does not define a "(?P<name>\w+)" attribute/class')


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
