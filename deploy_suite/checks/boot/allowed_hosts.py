"""A Django project into the line of its settings that says which hosts it answers to."""

import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.environments import django_settings
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

_SET: Final = re.compile(r"^[ \t]*ALLOWED_HOSTS\s*(?::[^=\n]+)?\+?=", re.MULTILINE)


def setting(stage: Stage) -> Location | None:
    """Return where the settings that the service starts with set ALLOWED_HOSTS, None where that cannot be told."""
    case = stage.built.case
    given = stage.values.get(django_settings.VARIABLE)
    folder = case.snapshot.folder / case.contract.root
    module = given.revealed() if given else django_settings.of_deployment(folder, example="")
    if not module:
        return None
    stem = case.contract.root / PurePosixPath(*module.split("."))
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        text = snapshot_files.text(case.snapshot.folder, file)
        if found := _SET.search(text or ""):
            return Location(str(file), (text or "").count("\n", 0, found.start()) + 1)
    return None
