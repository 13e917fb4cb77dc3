"""A name that Django's settings lack → which module is taken for them, and which one has the name."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.project import module_files, snapshot_files
from deploy_suite.tracing import django_settings

CODE: Final = "django-settings-module-wrong"
_LACKING: Final = re.compile(r"'(?:Lazy)?Settings' object has no attribute '(?P<name>[A-Z][A-Z0-9_]+)'")
_OBJECT: Final = "django/conf/__init__.py"
_STAR: Final = re.compile(r"^from\s+\.+(?P<module>\w*)\s+import\s+\*", re.MULTILINE)


def finding(fault: Fault) -> Finding | None:
    """Return what an AttributeError of Django's settings means; None for any other exception."""
    match = _LACKING.search(fault.outer.message)
    module = fault.traced.settings_module
    file = _file(fault, module) if module else None
    if match is None or file is None or not _is_of_django(fault):
        return None
    hidden = file.parent.with_suffix(".py")
    is_hidden = file.name == "__init__.py" and on_disk.is_file(fault.built.case.snapshot.folder / hidden)
    others = sorted(_having(fault, file, module, match["name"]))
    place = choice(fault)
    return failed(
        fault,
        code=CODE,
        message=f"the settings are {module}, which is {file}"
        + (f" and hides {hidden}" if is_hidden else "")
        + f": it has no {match['name']}, which {_asking(fault)} asks for {fault.when}",
        remedy=f"name {' or '.join(others)} as DJANGO_SETTINGS_MODULE" + (f" at {place}" if place else "")
        if others
        else f"define {match['name']} in {file}, or name another module as DJANGO_SETTINGS_MODULE",
        location=place or Location(str(file)),
    )


def _is_of_django(fault: Fault) -> bool:
    """Whether Django's own object raised it: projects have classes of that name too."""
    return bool(fault.outer.frames) and fault.outer.frames[-1].file.endswith(_OBJECT)


def _asking(fault: Fault) -> str:
    """Return who wants the name, for a sentence."""
    frame = next((one for one in reversed(fault.outer.frames) if not one.file.endswith(_OBJECT)), None)
    if frame is None or (not frame.is_own and "django" in frame.file.split("/")):
        return "Django"
    return str(frame.location) if frame.is_own else "a package"


def _file(fault: Fault, module: str) -> PurePosixPath | None:
    return module_files.find(fault.built.case.snapshot.folder, fault.entry.search_path, module=module)


def _having(fault: Fault, file: PurePosixPath, module: str, name: str) -> Iterator[str]:
    """Yield the modules of the settings' own package that define *name*, or take over one that does."""
    top = fault.built.case.snapshot.folder
    if file.name != "__init__.py":
        return
    for path in on_disk.matching(top / file.parent, "*.py"):
        if path.stem != "__init__" and _defines(path, name):
            yield f"{module}.{path.stem}"


def _defines(path: Path, name: str) -> bool:
    text = snapshot_files.text(path.parent, PurePosixPath(path.name)) or ""
    taken = [path.with_name(f"{match['module']}.py") for match in _STAR.finditer(text) if match["module"]]
    given = re.compile(rf"^{name}\s*=", re.MULTILINE)
    return any(given.search(snapshot_files.text(one.parent, PurePosixPath(one.name)) or "") for one in (path, *taken))


def choice(fault: Fault) -> Location | None:
    """Return the line of the project that chooses the settings."""
    for file in fault.traced.files:
        data = snapshot_files.data(fault.built.case.snapshot.folder, PurePosixPath(file)) or b""
        module, line = django_settings.named_in(data)
        if module == fault.traced.settings_module:
            return Location(file, line)
    return None
