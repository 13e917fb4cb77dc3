"""A rehearsed import that failed into the finding that names its cause."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import absent_packages, evidence, own_modules, static, surroundings
from deploy_suite.checks.dependencies.rehearsed_import import Raised, Rehearsed
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge import diagnosis
from deploy_suite.model.finding import Finding, Location, Outcome
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.layout import Layout
from deploy_suite.tracing.values import Chain, ImportKind, MissingModule, Trace

_NO_NAME: Final = re.compile(
    r"cannot import name '(?P<name>\w+)' from (?P<partly>partially initialized module )?'(?P<module>[\w.]+)'"
)
_PARTLY: Final = re.compile(r"partially initialized module '(?P<module>[\w.]+)' has no attribute")
_OPTIONAL: Final = (
    re.compile(r"requires [\"'`](?P<name>[\w.-]+)[\"'`] to be installed"),
    re.compile(r"(?P<name>[\w.-]+) is not installed, run `?pip install"),
    re.compile(r"[Pp]lease install (?:the )?[\"'`]?(?P<name>[a-z][\w.-]+)[\"'`]?(?: package)?"),
    re.compile(r"requires (?:the )?[\"'`](?P<name>[\w.-]+)[\"'`] (?:package|library)"),
)
_DRIVERS: Final = frozenset(
    {
        "MySQLdb", "aiomysql", "aiosqlite", "asyncmy", "asyncpg", "mysql", "oracledb", "pg8000", "psycopg", "psycopg2",
        "pymssql", "pymysql", "pyodbc", "redis",
    },
)  # fmt: skip
# Causes that speak of the surroundings, where the rehearsal is not the target.
_OF_SURROUNDINGS: Final = frozenset(
    {
        "celery-broker-refused", "db-connection-refused", "db-host-unresolvable", "db-password-auth-failed",
        "db-ssl-required", "model-download-failed", "redis-connection-refused", "invalid-env-value",
        "read-only-filesystem", "missing-env-var", "out-of-memory", "no-space-left", "port-in-use",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failed import with all that judging it takes."""

    built: Built
    entry: EntryPoint
    traced: Trace
    declared: Declared
    rehearsed: Rehearsed

    @property
    def outer(self) -> Raised:
        """The exception that ended the import."""
        return self.rehearsed.raised[0]

    @property
    def when(self) -> str:
        """The stage in words."""
        return "at the first request (Django imports the URLs then)" if self.rehearsed.stage == "urls" else "at start"


def finding(fault: Fault) -> Finding:
    """Return what the failure means, the most specific reading first."""
    return next(filter(None, (reading(fault) for reading in _READINGS)))


def _absent_module(fault: Fault) -> Finding | None:
    """A module that nothing provides: the exception itself, or one that it was raised from and names."""
    for index, one in enumerate(fault.rehearsed.raised):
        name = one.missing if one.type == "ModuleNotFoundError" else ""
        if name and (index == 0 or name.partition(".")[0].lower() in fault.outer.message.lower()):
            return _made_up_driver(fault, one, name) or _module(fault, one, name)
    return None


def _made_up_driver(fault: Fault, one: Raised, name: str) -> Finding | None:
    """A database driver that a made-up URL asks for: on the target the URL may name another database."""
    values = fault.built.bindings.values
    urls = sorted(dummy for dummy in fault.built.bindings.dummies if "://" in values[dummy].revealed())
    is_asked_by_package = bool(one.frames) and not one.frames[-1].is_own
    if name.partition(".")[0] not in _DRIVERS or not urls or not is_asked_by_package:
        return None
    return _needs_real_values(fault, urls, f"{name} is not installed, and only a made-up URL asks for it")


def _module(fault: Fault, one: Raised, name: str) -> Finding:
    if not one.own_frames and (fault.entry.module == name or fault.entry.module.startswith(f"{name}.")):
        return static.absent_entry(fault.built.case, fault.entry, is_sure=True)
    chain = evidence.chain(one, fault.traced, module=name)
    top = name.partition(".")[0]
    layout = Layout(fault.built.case.snapshot.folder)
    bases = ["" if str(path) == "." else str(path) for path in fault.entry.search_path]
    is_own = layout.find(bases, part=top, prefix="") is not None and top not in fault.built.environment.packages
    traced = next((lack for lack in fault.traced.missing if lack.module == name), None)
    if traced or (is_own and "." in name):
        lack = traced or MissingModule(module=name, kind=ImportKind.EAGER, chain=chain)
        return own_modules.missing(fault.built.case, _eager(lack), fault.declared)
    return absent(fault, name, chain)


def absent(fault: Fault, module: str, chain: Chain, *, names: tuple[str, ...] = ()) -> Finding:
    """Return the finding for a module that nothing importable has: a file of the project's own, or a package."""
    is_known = absent_packages.provider(module, names=names).is_known
    full = next((found.module for found in fault.traced.imports if found.name == module), module)
    files = () if is_known else own_modules.elsewhere(fault.built.case, full)
    if files:
        return own_modules.not_on_path(full, files, chain)
    return absent_packages.finding(module, chain, built=fault.built, declared=fault.declared, names=names)


def _eager(lack: MissingModule) -> MissingModule:
    return MissingModule(
        module=lack.module,
        kind=ImportKind.EAGER,
        chain=lack.chain,
        lack=lack.lack,
        expected=lack.expected,
        variant=lack.variant,
    )


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
    place = evidence.place(fault.outer)
    return Finding(
        code=f"missing-requirement:{name.replace('-', '_')}",
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
    bases = ["" if str(path) == "." else str(path) for path in fault.entry.search_path]
    own = layout.find(bases, part=module.partition(".")[0], prefix="")
    if own is None:
        return None
    shadow = next((found for found in fault.traced.shadows if found.name == module), None)
    if shadow:
        told = own_modules.shadow(shadow)
        return _failed(fault, code=told.code, message=told.message, remedy=told.remedy, location=told.location)
    is_circle = "partially initialized" in fault.outer.message
    remedy = "import the module instead of the name, or move the import into the function that needs it"
    return _failed(
        fault,
        code=f"circular-import:{module}" if is_circle else "import-failed:ImportError",
        message=f"{module} is imported again while it is being imported" if is_circle else fault.outer.message,
        remedy=remedy if is_circle else f"define {match.groupdict().get('name', 'it')} in {module}, or mend the import",
        location=evidence.place(fault.outer),
    )


def _attribute_of_entry(fault: Fault) -> Finding | None:
    if fault.outer.type != "AttributeError" or fault.outer.frames:
        return None
    name = static.server(fault.built.case)
    return _failed(
        fault,
        code=f"{name}-attribute-missing" if name else "start-command-wrong-module",
        message=f"the start command names {fault.entry.spec}, and the module has no {fault.entry.attribute!r}",
        remedy="name the application as the module does",
        location=fault.entry.location,
    )


def _unset_variable(fault: Fault) -> Finding | None:
    names = surroundings.unset_variables(fault.rehearsed.raised, fault.built)
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
    return _needs_real_values(fault, names, "the import fails on values that only the target has")


def _needs_real_values(fault: Fault, names: Sequence[str], why: str) -> Finding:
    return Finding(
        code="needs-real-values",
        outcome=Outcome.SKIPPED,
        message=f"{why}; here they are made up: {', '.join(names)}",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer),
        remedy="put working values for " + ", ".join(names) + " into .env.preflight (never commit it), and run again",
    )


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
        remedy="run again with --network if that does no harm, or connect when a request needs it, not at import",
    )


def _diagnosed(fault: Fault) -> Finding | None:
    told = diagnosis.diagnose(fault.rehearsed.text or fault.rehearsed.errors)
    root = told.root
    if root is None or root.family in _OF_SURROUNDINGS:
        return None
    return Finding(
        code=root.slug,
        outcome=Outcome.FAILED,
        message=f"importing the application fails {fault.when}: {root.title}",
        location=evidence.place(fault.outer),
        evidence=evidence.quoted(fault.outer),
        remedy=root.fix.strip(),
        certainty=root.why,
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )


def _syntax(fault: Fault) -> Finding | None:
    syntax = fault.outer.syntax
    if syntax is None:
        return None
    series = fault.built.environment.interpreter.series
    return _failed(
        fault,
        code="syntax-error",
        message=f"{syntax.file} is no valid Python {series}: {fault.outer.message.partition(' (')[0]}",
        remedy=f"mend {syntax.file}:{syntax.line}" if syntax.is_own else "install a release made for this Python",
        location=syntax.location if syntax.is_own else evidence.place(fault.outer),
    )


def _otherwise(fault: Fault) -> Finding:
    place = evidence.place(fault.outer)
    return _failed(
        fault,
        code=f"import-failed:{fault.outer.type}",
        message=f"importing the application fails {fault.when}: {fault.outer.shown.splitlines()[0]}",
        remedy=f"mend {place}" if place else "see the traceback",
        location=place,
    )


def _failed(fault: Fault, *, code: str, message: str, remedy: str, location: Location | None) -> Finding:
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message=message,
        location=location,
        evidence=evidence.quoted(fault.outer),
        remedy=remedy,
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )


_READINGS: Final[tuple[Callable[[Fault], Finding | None], ...]] = (
    _syntax,
    _absent_module,
    _attribute_of_entry,
    _shadow_or_circle,
    _unset_variable,
    _optional_package,
    _unreachable,
    _diagnosed,
    _made_up_value,
    _otherwise,
)
