"""A rehearsed import that failed into the finding that names its cause."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks.dependencies import (
    absent_modules,
    absent_packages,
    blank_credentials,
    empty_settings,
    evidence,
    given_up,
    known_causes,
    named_strings,
    own_modules,
    pages,
    static,
    surroundings,
)
from deploy_suite.checks.dependencies.fault import Fault, failed, needs_real_values
from deploy_suite.checks.variables import written_out
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.project import module_files
from deploy_suite.tracing.layout import Layout

_NO_NAME: Final = re.compile(
    r"cannot import name '(?P<name>\w+)' from (?P<partly>partially initialized module )?'(?P<module>[\w.]+)'"
)
_SYNTAX_ERROR: Final = "app-syntax-error"
_NO_ATTRIBUTE: Final = re.compile(
    r"(?:^|partially initialized )module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"
)
_OPTIONAL: Final = (
    re.compile(r"requires [\"'`](?P<name>[\w.-]+)[\"'`] to be installed"),
    re.compile(r"(?P<name>[\w.-]+) is not installed, run `?pip install"),
    re.compile(r"[Pp]lease install (?:the )?[\"'`]?(?P<name>[a-z][\w.-]+)[\"'`]?(?: package)?"),
    re.compile(r"requires (?:the )?[\"'`](?P<name>[\w.-]+)[\"'`] (?:package|library)"),
)


def finding(fault: Fault) -> Finding:
    """Return what the failure means, the most specific reading first."""
    found = next(filter(None, (reading(fault) for reading in _READINGS)))
    return pages.doubted(known_causes.of_package(found, fault), fault)


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
    match = _NO_NAME.search(fault.outer.message) or _NO_ATTRIBUTE.search(fault.outer.message)
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
    is_attribute = match.re is _NO_ATTRIBUTE
    if is_attribute and absent_packages.is_hidden(module, fault.declared):
        return None
    name, how = match["name"], "asked of" if is_attribute else "imported from"
    file = module_files.find(fault.built.case.snapshot.folder, fault.entry.search_path, module=module) or module
    return failed(
        fault,
        code=own_modules.NAME_MISSING,
        message=f"the project's own {file} has no {name!r}, which is {how} it {fault.when}",
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
    names = names or blank_credentials.variables(fault.outer, fault.traced.files, fault.built)
    return _must_be_set(fault, names) if names else None


def _unset_argument(fault: Fault) -> Finding | None:
    """A package refuses what a statement hands it, and that is a variable without a value: no sentence names it."""
    names = surroundings.handed_in(fault.outer, fault.built)
    return _must_be_set(fault, names) if names else None


def _must_be_set(fault: Fault, names: Sequence[str]) -> Finding:
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
    case = fault.built.case
    if fixed := written_out.place(case.snapshot.folder, case.contract.root, fault.outer.shown):
        return written_out.finding(fixed, evidence.quoted(fault.outer))
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


def _syntax(fault: Fault) -> Finding | None:
    syntax = fault.outer.syntax
    if syntax is None:
        return None
    known = None if syntax.is_own else known_causes.finding(fault)
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
    named_strings.run_together,
    absent_modules.finding,
    _attribute_of_entry,
    _shadow_or_circle,
    named_strings.finding,
    _unset_variable,
    _optional_package,
    _unreachable,
    empty_settings.finding,
    known_causes.finding,
    _unset_argument,
    _made_up_value,
    _otherwise,
)
