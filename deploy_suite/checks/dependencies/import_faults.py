"""A rehearsed import that failed into the finding that names its cause."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks import unready_apps
from deploy_suite.checks.dependencies import (
    absent_modules,
    empty_settings,
    evidence,
    given_up,
    meant_imports,
    own_modules,
    static,
    surroundings,
)
from deploy_suite.checks.dependencies.fault import OF_SURROUNDINGS, Fault, as_diagnosed, failed, needs_real_values
from deploy_suite.knowledge import clashes, diagnosis
from deploy_suite.knowledge.clashes import PYTHON, Clash
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.project import module_files
from deploy_suite.tracing.layout import Layout

_NO_NAME: Final = re.compile(
    r"cannot import name '(?P<name>\w+)' from (?P<partly>partially initialized module )?'(?P<module>[\w.]+)'"
)
_SYNTAX_ERROR: Final = "app-syntax-error"
_REMOVED: Final = "stdlib-removed:"
_NAME_ERROR: Final = "app-name-error"
_UNDEFINED: Final = re.compile(r"name '(?P<name>\w+)' is not defined")
_CONFLICT: Final = "dep-conflict"
_LACKS: Final = re.compile(r"^'(?P<kind>\w+)' object has no attribute '(?P<name>\w+)'")
_PARTLY: Final = re.compile(r"partially initialized module '(?P<module>[\w.]+)' has no attribute")
_OPTIONAL: Final = (
    re.compile(r"requires [\"'`](?P<name>[\w.-]+)[\"'`] to be installed"),
    re.compile(r"(?P<name>[\w.-]+) is not installed, run `?pip install"),
    re.compile(r"[Pp]lease install (?:the )?[\"'`]?(?P<name>[a-z][\w.-]+)[\"'`]?(?: package)?"),
    re.compile(r"requires (?:the )?[\"'`](?P<name>[\w.-]+)[\"'`] (?:package|library)"),
)


def finding(fault: Fault) -> Finding:
    """Return what the failure means, the most specific reading first.

    A module that Python dropped is asked for by a package that is too old: that one is to be moved.
    """
    found = next(filter(None, (reading(fault) for reading in _READINGS)))
    if not found.code.startswith(_REMOVED) or fault.outer.frames[-1:] == fault.outer.own_frames[-1:]:
        return found
    clash = clashes.shown_in(fault.rehearsed.text or fault.rehearsed.errors, found.code, _versions(fault))
    return _of_clash(found, clash, fault) if clash else found


def _optional_package(fault: Fault) -> Finding | None:
    """A package that another one asks for only when a feature of it is used, and names in its message."""
    message = fault.outer.message
    match = next(filter(None, (pattern.search(message) for pattern in _OPTIONAL)), None)
    if match is None or fault.outer.type not in {
        "ImportError",
        "RuntimeError",
        "ModuleNotFoundError",
        "ImproperlyConfigured",
    }:
        return None
    name = match["name"].strip(".")
    if canonicalize_name(name) in fault.built.environment.packages:
        return None
    place = evidence.place(fault.outer)
    return Finding(
        code=f"missing-requirement:{slug_name(name)}",
        outcome=Outcome.FAILED,
        message=f"a package needs {name} for what the code asks of it, and {name} is not installed",
        location=place,
        evidence=evidence.quoted(fault.outer),
        remedy=fault.declared.add(name),
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )


def _shadow_or_circle(fault: Fault) -> Finding | None:
    match = _NO_NAME.search(fault.outer.message) or _PARTLY.search(fault.outer.message)
    if match is None:
        return None
    module = match["module"]
    layout = Layout(fault.built.case.snapshot.folder)
    bases = tuple("" if str(path) == "." else str(path) for path in fault.entry.search_path)
    own = layout.find(bases, part=module.partition(".")[0], prefix="")
    if own is None:
        return None
    shadow = next((found for found in fault.traced.shadows if found.name == module), None)
    if shadow:
        told = own_modules.shadow(shadow)
        return failed(fault, code=told.code, message=told.message, remedy=told.remedy, location=told.location)
    if "partially initialized" in fault.outer.message:
        return failed(
            fault,
            code=f"circular-import:{module}",
            message=f"{module} is imported again while it is being imported",
            remedy="import the module instead of the name, or move the import into the function that needs it",
            location=evidence.place(fault.outer),
        )
    name = match.groupdict().get("name", "the name")
    file = module_files.find(fault.built.case.snapshot.folder, fault.entry.search_path, module=module) or module
    return failed(
        fault,
        code=own_modules.NAME_MISSING,
        message=f"the project's own {file} has no {name!r}, which is imported from it {fault.when}",
        remedy=own_modules.define(name, str(file)),
        location=evidence.place(fault.outer),
    )


def _attribute_of_entry(fault: Fault) -> Finding | None:
    if fault.outer.type != "AttributeError" or fault.outer.frames:
        return None
    name = static.server(fault.built.case)
    return failed(
        fault,
        code=_code(fault, server=name),
        message=f"the start command names {fault.entry.spec}, and the module has no {fault.entry.attribute!r}",
        remedy=static.in_place(fault.built.case, fault.entry)
        or "name the application as the module does, outside of functions and of `if __name__ == ...`",
        location=fault.entry.location,
    )


def _code(fault: Fault, *, server: str) -> str:
    """Return the word for the fault; a folder without __init__.py can be imported, and is no module all the same."""
    if not server:
        return "start-command-wrong-module"
    return f"{server}-module-path" if fault.entry.file is None else f"{server}-attribute-missing"


def _unset_variable(fault: Fault) -> Finding | None:
    names = surroundings.unset_variables(fault.rehearsed.raised, fault.built)
    names = names or surroundings.handed_on(fault.outer, fault.traced.files, fault.built)
    names = names or given_up.variables(fault.outer, fault.traced.files, fault.built)
    if not names:
        return None
    contract = fault.built.case.contract
    manifest = contract.location.file if contract.location else ""
    is_told = manifest.endswith("render.yaml") and any(variable.location is not None for variable in contract.variables)
    listed = ", ".join(names)
    has_not = f"{manifest} does not set it" if is_told else "no manifest says whether it is"
    return Finding(
        code=f"missing-env-var:{names[0]}",
        outcome=Outcome.FAILED if is_told else Outcome.SKIPPED,
        message=f"{listed} must be set {fault.when}, and {has_not}",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer),
        remedy=(
            f"add `- key: {names[0]}` with a value or `sync: false` to the service's envVars in "
            f"{manifest if is_told else 'render.yaml'}; a value for the preflight alone goes into .env.preflight"
        ),
        certainty="" if is_told else "the variables may be set in the target's own settings, which no manifest states",
    )


def _made_up_value(fault: Fault) -> Finding | None:
    names = surroundings.made_up(fault.rehearsed.raised, fault.built)
    if not names or fault.outer.missing:
        return None
    return needs_real_values(fault, names, "the import fails on values that only the target has")


def _unreachable(fault: Fault) -> Finding | None:
    if not surroundings.is_connection(fault.rehearsed.raised):
        return None
    host = surroundings.unreachable(fault.rehearsed)
    return Finding(
        code="needs-network",
        outcome=Outcome.SKIPPED,
        message=f"importing the application connects to {host or 'another service'}, which is not to be had here",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer, more=evidence.attempts(fault.rehearsed)),
        remedy=f"{_way_to(host)}, or connect when a request needs it, not at import",
    )


def _way_to(host: str) -> str:
    """Return what would let the import reach *host*; no way out leads to a bare name, as containers have them."""
    if host and "." not in host:
        return "give the variable that holds this address its value, on the target and, for this run, in .env.preflight"
    return "run again with --network if that does no harm"


def _diagnosed(fault: Fault) -> Finding | None:
    text = fault.rehearsed.text or fault.rehearsed.errors
    root = diagnosis.diagnose(text).root
    if root is None or root.family in OF_SURROUNDINGS:
        return None
    found, clash = as_diagnosed(fault, root), clashes.shown_in(text, root.slug, _versions(fault))
    if root.family == _NAME_ERROR:
        return _with_import(found, fault)
    if clash:
        return _of_clash(found, clash, fault)
    if root.slug == _CONFLICT and (asked := _asked_in_vain(fault)):
        return asked
    return unready_apps.told(found, (frame.location for frame in fault.outer.own_frames), title=root.title)


def _asked_in_vain(fault: Fault) -> Finding | None:
    """Return what the project's own line asks of an object that has no such thing: no package asks another there."""
    match, frames = _LACKS.search(fault.outer.message), fault.outer.frames
    if match is None or not frames or not frames[-1].is_own:
        return None
    place = frames[-1].location
    return failed(
        fault,
        code=f"import-failed:{fault.outer.type}",
        message=f"importing the application fails {fault.when}: {place} asks {match['kind']} for {match['name']}, "
        "which it does not have in the release that is installed",
        remedy=f"mend {place}; where it has worked, pin the release that had it (`pip freeze` at the desk shows which)",
        location=place,
    )


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
        message=f"{clash.shown(versions)} are installed, and do not fit together: the import fails {fault.when}",
        location=listed.location if listed and not _is_met(clash, fault) else found.location,
        evidence=found.evidence if any(map(clash.is_said_by, found.evidence)) else (clash.error, *found.evidence),
        remedy=clash.remedy,
        python=clash.pin,
        certainty=clash.why,
        mend=found.mend or clashing.mend(clash, versions, fault.declared),
    )


def _is_met(clash: Clash, fault: Fault) -> bool:
    """Whether the project's own code meets *clash* where the traceback leaves it: by an import or by a use.

    Else a framework does so on its behalf, as Django imports the driver of its database for `get_wsgi_application()`,
    or a package does for itself, which asks for a module that Python dropped.
    """
    frames = fault.outer.own_frames
    if clash.slug.startswith(_REMOVED):
        return False
    return bool(frames) and (bool(clash.uses) or frames[-1].text.startswith(("import ", "from ")))


def _syntax(fault: Fault) -> Finding | None:
    syntax = fault.outer.syntax
    if syntax is None:
        return None
    known = None if syntax.is_own else _diagnosed(fault)
    if known and known.code != _SYNTAX_ERROR:
        return known
    series = fault.built.environment.interpreter.series
    file = syntax.file.rpartition("/site-packages/")[2]
    return failed(
        fault,
        code=_SYNTAX_ERROR,
        message=f"{file} is no valid Python {series}: {fault.outer.message.partition(' (')[0]}",
        remedy=f"mend {syntax.file}:{syntax.line}" if syntax.is_own else "install a release made for this Python",
        location=syntax.location if syntax.is_own else evidence.place(fault.outer),
    )


def _otherwise(fault: Fault) -> Finding:
    place = evidence.place(fault.outer)
    return failed(
        fault,
        code=f"import-failed:{fault.outer.type}",
        message=f"importing the application fails {fault.when}: {fault.outer.shown.splitlines()[0]}",
        remedy=f"mend {place}" if place else "see the traceback",
        location=place,
    )


_READINGS: Final[tuple[Callable[[Fault], Finding | None], ...]] = (
    _syntax,
    absent_modules.finding,
    _attribute_of_entry,
    _shadow_or_circle,
    _unset_variable,
    _optional_package,
    _unreachable,
    empty_settings.finding,
    _diagnosed,
    _made_up_value,
    _otherwise,
)
