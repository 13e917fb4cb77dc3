"""Django's settings that the commit does not have → the line that names them, and those that it has."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.dependencies import empty_settings
from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.manifests import own_files
from deploy_suite.model.finding import Finding
from deploy_suite.project import snapshot_files

_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"
_OF_SETTINGS: Final = re.compile(r"^(?:INSTALLED_APPS|ROOT_URLCONF)\b[^=\n]*=", re.MULTILINE)


def finding(fault: Fault, module: str) -> Finding | None:
    """Return what it means that the settings are in *module*, which nothing has; None where they are elsewhere."""
    named = fault.traced.settings_module
    if not named or not f"{named}.".startswith(f"{module}."):
        return None
    stated = fault.built.case.contract.variable(_VARIABLE)
    place = (stated.location if stated else None) or empty_settings.choice(fault)
    others = sorted(_of_commit(fault))
    return failed(
        fault,
        code=empty_settings.CODE,
        message=f"{_VARIABLE} names {named}, and neither the commit nor an installed package has {module}",
        remedy=f"name {' or '.join(others)} in place of {named}"
        if others
        else f"commit {module}, or name other settings",
        location=place,
    )


def _of_commit(fault: Fault) -> Iterator[str]:
    """Yield the modules of the commit that are settings by their names and by what they set."""
    top, root = fault.built.case.snapshot.folder, fault.built.case.contract.root
    for file in own_files.settings(top, root):
        if _OF_SETTINGS.search(snapshot_files.text(top, file) or ""):
            parts = file.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
