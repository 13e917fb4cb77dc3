"""Django's settings that the commit does not have → the line that names them, and those that it has."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import empty_settings
from deploy_suite.checks.dependencies.fault import Fault, failed
from deploy_suite.manifests import own_files
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.values import MissingModule

_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"
_CHOSEN: Final = re.compile(rf'{_VARIABLE} "(?P<settings>[\w.]+)"')  # as tracing writes it
_OF_SETTINGS: Final = re.compile(r"^(?:INSTALLED_APPS|ROOT_URLCONF)\b[^=\n]*=", re.MULTILINE)


def finding(fault: Fault, module: str) -> Finding | None:
    """Return what it means that the settings are in *module*, which nothing has; None where they are elsewhere."""
    named = fault.traced.settings_module
    if not named or not f"{named}.".startswith(f"{module}."):
        return None
    case = fault.built.case
    place = _stated(case) or empty_settings.choice(fault)
    message = f"{_VARIABLE} names {named}, and neither the commit nor an installed package has {module}"
    remedy = _remedy(case, named, module, bases=fault.entry.search_path)
    return failed(fault, code=empty_settings.CODE, message=message, remedy=remedy, location=place)


def traced(case: Case, lack: MissingModule, *, outcome: Outcome, certainty: str) -> Finding | None:
    """Return what it means that the sources lack the settings, None where *lack* is of what a source imports itself."""
    match = _CHOSEN.match(lack.chain.last.statement) if lack.chain.hops and lack.expected else None
    if match is None:
        return None
    named, module = match["settings"], lack.module
    base = PurePosixPath(*PurePosixPath(lack.expected[0]).parts[: -1 - module.count(".")])
    return Finding(
        code=empty_settings.CODE,
        outcome=outcome,
        message=f"{_VARIABLE} names {named}, and the commit has no {module}",
        location=_stated(case) or lack.chain.last.location,
        evidence=(lack.chain.shown(), f"looked for: {', '.join(lack.expected)}"),
        remedy=_remedy(case, named, module, bases=(base,)),
        certainty=certainty,
    )


def _stated(case: Case) -> Location | None:
    """Return where a manifest chooses the settings."""
    variable = case.contract.variable(_VARIABLE)
    return variable.location if variable else None


def _remedy(case: Case, named: str, module: str, *, bases: Sequence[PurePosixPath]) -> str:
    others = sorted(set(_of_commit(case, bases)) - {named})
    if not others:
        return f"commit {module}, or name other settings"
    return f"name {' or '.join(others)} in place of {named}"


def _of_commit(case: Case, bases: Sequence[PurePosixPath]) -> Iterator[str]:
    """Yield the modules of the commit that are settings by their names and by what they set, as *bases* have them."""
    top, root = case.snapshot.folder, case.contract.root
    for file in own_files.settings(top, root):
        if _OF_SETTINGS.search(snapshot_files.text(top, file) or ""):
            base = max((one for one in (*bases, root) if file.is_relative_to(one)), key=lambda one: len(one.parts))
            parts = file.relative_to(base).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
