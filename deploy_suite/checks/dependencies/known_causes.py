"""The log of an import that failed into the finding of the cause or the clash that is known to end so."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from deploy_suite.checks import unready_apps
from deploy_suite.checks.dependencies import meant_imports, vain_asking
from deploy_suite.checks.dependencies.fault import OF_SURROUNDINGS, Fault, as_diagnosed
from deploy_suite.knowledge import clashes, diagnosis, import_names
from deploy_suite.knowledge.clashes import PYTHON, Clash
from deploy_suite.model.finding import Finding

_NAME_ERROR: Final = "app-name-error"
_UNDEFINED: Final = re.compile(r"name '(?P<name>\w+)' is not defined")
_CONFLICT: Final = "dep-conflict"
_REMOVED: Final = "stdlib-removed:"
_MISSING: Final = "missing-requirement:"


def finding(fault: Fault) -> Finding | None:
    """Return what the log says as the causes tell it, None where it says nothing or only of the surroundings."""
    text = _log(fault)
    root = diagnosis.diagnose(text).root
    if root is None or root.family in OF_SURROUNDINGS:
        return None
    found, clash = as_diagnosed(fault, root), clashes.shown_in(text, root.slug, _versions(fault))
    if root.family == _NAME_ERROR:
        return _with_import(found, fault)
    if clash:
        return _of_clash(found, clash, fault)
    if root.family == _CONFLICT and (asked := vain_asking.finding(fault)):
        return replace(found, message=asked.message, location=asked.location) if ":" in root.slug else asked
    return unready_apps.told(found, (frame.location for frame in fault.outer.own_frames))


def of_package(found: Finding, fault: Fault) -> Finding:
    """Return *found*; where a package asks for what is not there, with that package where its release is known to.

    Such a module is one that Python dropped, or one that another release does not want.
    """
    if not found.code.startswith((_REMOVED, _MISSING)) or fault.outer.frames[-1:] == fault.outer.own_frames[-1:]:
        return found
    clash = clashes.shown_in(_log(fault), found.code, _versions(fault))
    if clash:
        return _of_clash(found, clash, fault)
    return _of_asking(found, fault) if found.code.startswith(_REMOVED) else found


def _of_asking(found: Finding, fault: Fault) -> Finding:
    """Return *found*, a module that Python dropped, with the installed package whose file asks for it."""
    environment = fault.built.environment
    top = fault.outer.frames[-1].file.rpartition("site-packages/")[2].partition("/")[0].removesuffix(".py")
    names = import_names.canonical((*import_names.distributions(top), top)) & environment.packages.keys()
    if not names:
        return found
    name = min(names)
    listed = fault.declared.listed(frozenset({name}))
    return replace(
        found,
        message=f"{found.message}: {name} {environment.packages[name]} asks for it",
        location=listed.location if listed else found.location,
        remedy=f"move {name} to a release that runs on Python {environment.interpreter.series}, or else {found.remedy}",
    )


def _log(fault: Fault) -> str:
    return fault.rehearsed.text or fault.rehearsed.errors


def _with_import(found: Finding, fault: Fault) -> Finding:
    """Return *found*, a name that nothing defines, with the import that other files of the project have for it."""
    name, place = _UNDEFINED.search(fault.outer.message), found.location
    folder = fault.built.case.snapshot.folder
    meant = meant_imports.find(name["name"], place.file, fault.traced.files, folder) if name and place else None
    if meant is None or place is None:
        return found
    mend = meant_imports.mend((meant,), place.file, folder)
    return replace(found, remedy=meant_imports.remedy((meant,), place.file), mend=mend)


def _versions(fault: Fault) -> Mapping[str, str]:
    environment = fault.built.environment
    return {**environment.packages, PYTHON: environment.interpreter.version}


def _of_clash(found: Finding, clash: Clash, fault: Fault) -> Finding:
    """Return *found* with the versions that do not fit, and the line that asks for them where no code meets them."""
    from deploy_suite.checks import clashing  # noqa: PLC0415  it imports this package; few imports end here

    listed = next(filter(None, (fault.declared.listed(frozenset({name})) for name in clash.distributions)), None)
    versions = _versions(fault)
    return replace(
        found,
        message=f"{clash.told(versions)}: the import fails {fault.when}",
        location=listed.location if listed and not is_met(clash, fault) else found.location,
        evidence=found.evidence if any(map(clash.is_said_by, found.evidence)) else (clash.error, *found.evidence),
        remedy=clash.remedy,
        python=clash.pin,
        certainty=clash.why,
        mend=found.mend or clashing.mend(clash, versions, fault.declared),
    )


def is_met(clash: Clash, fault: Fault) -> bool:
    """Whether the project's own code meets *clash* where the traceback leaves it: by an import or by a use.

    Else a framework does so on its behalf, as Django imports the driver of its database for `get_wsgi_application()`,
    or a package does for itself, which asks for a module that Python dropped.
    """
    frames = fault.outer.own_frames
    if clash.slug.startswith(_REMOVED):
        return False
    return bool(frames) and (bool(clash.uses) or frames[-1].text.startswith(("import ", "from ")))
