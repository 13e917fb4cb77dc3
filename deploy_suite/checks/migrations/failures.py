"""A failure in the service's environment into a finding: which cause, where, and what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.checks import build_diagnoses, clashing, drivers, made_up, settings_lines
from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.dependencies import diagnosed, given_up
from deploy_suite.checks.migrations import addresses, extensions, own_path, places, system_checks
from deploy_suite.checks.migrations.replies import ENDED, Failure
from deploy_suite.checks.migrations.tools import Tool
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

FAILED_MIGRATION: Final = "migration-failed"
_ALREADY_THERE: Final = "migration-duplicate-table"
_NOT_THERE: Final = "migration-table-missing"
_NO_EXTENSION: Final = "db-extension-missing"
_UNRUN: Final = "no command of the contract runs these migrations, so the deploy itself does not depend on them"
_UNREAD: Final = "whether a command of the contract runs these migrations cannot be told: some cannot be read"
_HIDDEN: Final = "the command that runs them hides its failure, so the deploy itself goes on"
_POINT_AT_SERVER: Final = "point at a disposable server that has it: --database-url URL"
_LONGEST_LINE: Final = 300
_TELLING_LENGTH: Final = 8
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
DUPLICATE_TABLE: Final = "42P07"
_MISSING_VARIABLE: Final = "missing-env-var"
_PRIVILEGE: Final = "42501"
_NO_MODULE: Final = re.compile(r"No module named ['\"](?P<module>[\w.]+)['\"]")
_POSTGRESQL: Final = re.compile(r"postgres(?:ql)?[\w+]*://")
_BESIDE: Final = re.compile(r"\b(?:localhost|127\.0\.0\.1)\b")
_MISSING: Final = frozenset({"0A000", "58P01", "22023", "42704", _PRIVILEGE})
# A type or a function that is not there may be one of an extension; the name tells.
_OF_EXTENSIONS: Final = frozenset({"42704", "42883"})
_COLLATIONS: Final = frozenset({"0A000", "42704"})
_REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    DUPLICATE_TABLE: (
        _ALREADY_THERE,
        "make one place create it: remove the second creation from {file}, or create_all() from the application",
    ),
    "42701": (_ALREADY_THERE, "remove the column from {file}: an earlier revision adds it already"),
    "42710": (_ALREADY_THERE, "create it in one revision only, or with checkfirst / IF NOT EXISTS in {file}"),
    "42P01": (_NOT_THERE, "create the table before {file} uses it: check down_revision and what it depends on"),
    "42703": (_NOT_THERE, "add the column before {file} uses it: check down_revision and what it depends on"),
    "42704": (_NOT_THERE, "create what is missing before {file} uses it: check down_revision and what it depends on"),
    "42804": ("migration-type-cast", 'say in {file} how old values become new ones: postgresql_using="column::type"'),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a failure is judged by: the service, its tool, and what it reached for outside its network."""

    built: Built
    tool: Tool
    reached_for: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """How grave a failure is: without a command that depends on the migrations the deploy goes on."""
        return Outcome.FAILED if self.tool.is_binding else Outcome.WARNING

    @property
    def certainty(self) -> str:
        """What is to be said where `outcome` is a warning."""
        if self.tool.call:
            return "" if self.tool.is_binding else _HIDDEN
        return _UNRUN if self.tool.is_certain else _UNREAD


def finding(failure: Failure, around: Surroundings, *, doing: str) -> Finding:
    """Return the finding for *failure*, which came while *doing*."""
    if failure.refused is not None:
        return addresses.finding(failure.refused, around.built, around.tool)
    if failure.kind == ENDED:
        return _left(around)
    if missing := _missing_extension(failure, around):
        return _skipped(around, "cannot be checked here: the server has no extension " + missing, _POINT_AT_SERVER)
    if _is_collation(failure):
        return _skipped(around, "cannot be checked here: the server lacks a collation that they use", _POINT_AT_SERVER)
    if name := _dummy(failure, around):
        text = f"cannot be checked here: the value of {name} is made up, and they use it"
        return _skipped(around, text, f"write {name}=… into .env.preflight", evidence=_evidence(failure, around))
    if urls := _doubtful(failure, around):
        text = f"cannot be checked here: a driver is missing that only a made-up address asks for ({', '.join(urls)})"
        return _skipped(around, text, f"write {urls[0]}=… into .env.preflight", evidence=_evidence(failure, around))
    if around.reached_for and not failure.sqlstate:
        text = f"cannot be checked here: they need the network ({', '.join(around.reached_for)})"
        return _skipped(around, text, "let them reach it with --network", evidence=_evidence(failure, around))
    if _wants_unstated_store(failure, around):
        text = "cannot be checked here: nothing listens where they look, and no manifest states the variables"
        remedy = "write the variable that holds its address into .env.preflight, or connect when a request needs it"
        return _skipped(around, text, remedy, evidence=_evidence(failure, around))
    return _broken(failure, around, doing)


def _wants_unstated_store(failure: Failure, around: Surroundings) -> bool:
    """Whether nothing listens at a desk's default address, which the target's own page may well replace."""
    door = "" if failure.sqlstate or not around.built.case.is_assumed else made_up.closed_door(failure.message)
    return bool(_BESIDE.search(door))


def _left(around: Surroundings) -> Finding:
    """Say that the command ends its process in the middle, and well, as far as a target can tell."""
    text = "cannot be rehearsed: their own code ends the process (os._exit), with exit code 0"
    remedy = f"let {around.tool.location} return instead; the command itself is run all the same"
    return replace(_skipped(around, text, remedy), required=False)


def _doubtful(failure: Failure, around: Surroundings) -> tuple[str, ...]:
    match = _NO_MODULE.search(failure.line)
    return drivers.doubtful_addresses(match["module"], around.built) if match else ()


def _broken(failure: Failure, around: Surroundings, doing: str) -> Finding:
    """Return the finding that names the cause of *failure*: as the project's files show it, else as its texts say."""
    checked = system_checks.errors(failure.message)
    root = None if failure.sqlstate else diagnose(failure.traceback).root
    met = places.place(around.built, failure) or system_checks.place(checked, around.built)
    place = met or _asking(root, around.built.case) or around.tool.location
    if own := _of_own_module(failure, root, around, place, doing):
        return own
    if root is None and not failure.sqlstate and (names := given_up.at(place, failure.message, around.built)):
        return _unstated(f"{_MISSING_VARIABLE}:{names[0]}", failure, around, place)
    code, remedy = _cause(failure, place, root, around.built.case)
    if code.startswith(_MISSING_VARIABLE):
        return _unstated(code, failure, around, place)
    said = failure.detail.splitlines()[0] if failure.detail else failure.line
    said = f"Django's system check says {checked[0].shown}" if checked else said
    told = Finding(
        code=code,
        outcome=around.outcome,
        message=f"{doing} fails: {_shortened(places.as_committed(around.built, said))}",
        location=place,
        evidence=tuple(system_checks.evidence(checked)) or _evidence(failure, around),
        remedy=remedy,
        python=root.python if root else "",
        certainty=around.certainty,
        reproduce=around.tool.shown,
    )
    return clashing.closer(told, failure.traceback, around.built) if root else told


def _of_own_module(
    failure: Failure, root: DiagnosedCause | None, around: Surroundings, place: Location | None, doing: str
) -> Finding | None:
    """Return what is wrong with a module of the project's own that was not found, None where it is not about one."""
    found = own_path.finding(failure.line, tool=around.tool, built=around.built)
    if found:
        found = replace(
            found, message=f"{doing} fails: {found.message}", location=place, evidence=_evidence(failure, around)
        )
    elif root and (found := diagnosed.own_module(root, around.built.case)):
        found = replace(found, location=found.location or place)
    if found is None:
        return None
    return replace(found, outcome=around.outcome, certainty=around.certainty, reproduce=around.tool.shown)


def _asking(root: DiagnosedCause | None, case: Case) -> Location | None:
    """Return the line that asks for what is lacking, a setting or a chain of imports, to which no frame leads."""
    if root is None:
        return None
    module = root.values.get("module", "") if root.family == "missing-requirement" else ""
    chain = build_diagnoses.way_to(module, case)
    return chain.last.location if chain.hops else settings_lines.of_cause(root.slug, case)


def _unstated(code: str, failure: Failure, around: Surroundings, place: Location) -> Finding:
    """Return what is to be said of a variable that no manifest states: the target may well have it all the same."""
    name = code.partition(":")[2] or "a variable"
    return Finding(
        code=code,
        outcome=Outcome.SKIPPED,
        message=f"the migrations cannot be checked here: they need {name}, which the contract does not state",
        location=place,
        evidence=_evidence(failure, around),
        remedy=f"state {name} in the manifest (envVars, sync: false for a secret), and its value in .env.preflight",
        certainty="the deploy fails unless the variable was set by hand on the target",
        required=around.tool.call is not None,
    )


def _cause(failure: Failure, place: Location, root: DiagnosedCause | None, case: Case) -> tuple[str, str]:
    """Return slug and remedy. What the server refused is told apart by its code; anything else, *root*, by its text."""
    refused = diagnose(failure.line).root if failure.sqlstate in _OF_EXTENSIONS else None
    if refused and refused.slug == _NO_EXTENSION:
        return refused.slug, diagnosed.remedy(refused, case)
    if failure.sqlstate in _REMEDIES:
        code, remedy = _REMEDIES[failure.sqlstate]
        return code, remedy.format(file=place)
    if root:
        return root.slug, diagnosed.remedy(root, case)
    return FAILED_MIGRATION, f"mend {place}, then run the command again"


def _evidence(failure: Failure, around: Surroundings) -> tuple[str, ...]:
    statement = " ".join(failure.statement.split())
    lines = (places.quoted(around.built, failure), failure.line, statement)
    return tuple(_shortened(places.as_committed(around.built, line)) for line in lines if line)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _missing_extension(failure: Failure, around: Surroundings) -> str:
    """Return the extension that the server lacks or does not let a role create; told by statement, not by text."""
    server, name = around.built.server, extensions.created_by(failure.statement)
    if server is None or failure.sqlstate not in _MISSING:
        return ""
    if name and (name not in server.extensions or failure.sqlstate == _PRIVILEGE):
        return name
    case = around.built.case
    lacking = extensions.wanted(case.snapshot.folder / case.contract.root) - server.extensions
    return ", ".join(sorted(lacking)) if failure.sqlstate in {"0A000", "58P01"} and lacking else ""


def _is_collation(failure: Failure) -> bool:
    statement = failure.statement.upper()
    return failure.sqlstate in _COLLATIONS and ("COLLATION" in statement or "COLLATE" in statement)


def _dummy(failure: Failure, around: Surroundings) -> str:
    """Return the variable with a made-up value that the failure speaks of, "" when there is none."""
    if failure.sqlstate:
        return ""
    own = " ".join(frame.text for frame in failure.frames if places.relative(around.built, frame.file))
    bindings = around.built.bindings
    others = ((name, bindings.values[name].revealed()) for name in sorted(bindings.dummies))
    if name := made_up.spoken_of(
        ((name, text) for name, text in others if not _POSTGRESQL.match(text)), failure.message
    ):
        return name
    spoken = (
        name
        for name in sorted(bindings.dummies)
        if re.search(rf"\b{re.escape(name)}\b", f"{failure.message} {own}", re.IGNORECASE)
        or _is_quoted(bindings.values[name].revealed(), failure.message)
    )
    return next(spoken, "")


def _is_quoted(value: str, message: str) -> bool:
    """Whether *message* shows *value*; short ones, such as 1 and false, stand in any message."""
    return len(value) >= _TELLING_LENGTH and value in message


def _skipped(around: Surroundings, message: str, remedy: str, *, evidence: tuple[str, ...] = ()) -> Finding:
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"{around.tool.kind.shown}'s migrations: {message}",
        location=around.tool.location,
        evidence=evidence,
        remedy=remedy,
        required=around.tool.call is not None,
    )
