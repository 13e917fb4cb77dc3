"""A failure and the log that came with it → the finding that names its cause, or says why it proves nothing here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.checks import made_up
from deploy_suite.checks.boot import read_beside
from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.checks.boot.own_code import chain, own_frames, own_lines
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines, last_traceback
from deploy_suite.checks.dependencies import diagnosed, own_modules
from deploy_suite.checks.drivers import doubtful_addresses
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.knowledge.elsewhere import ELSEWHERE
from deploy_suite.model.contract import FromService
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.values import Chain

# What the C library, asyncio, httpx, requests, Go and Node say when there is no way out.
_NO_WAY_OUT: Final = re.compile(
    r"Name or service not known|nodename nor servname|[Tt]emporary failure in name resolution|getaddrinfo|gaierror"
    r"|Network is unreachable|ENETUNREACH|ENOTFOUND|No address associated with hostname|NameResolutionError"
    r"|could not translate host name|Could not resolve host|All connection attempts failed|Max retries exceeded"
    r"|DNS operation|NXDOMAIN|no such host"
)
CANNOT_CHECK: Final = "cannot-check-here"
_ANSWER: Final = "give it a real value in .env.preflight beside the manifest; that file must never be committed"
_SERVER: Final = "point at a disposable server that has it: nox -s preflight -- --database-url postgresql://…"
_NO_EXTENSION: Final = re.compile(r"""extension ["'](?P<name>[\w-]+)["'] is not available""")
_FILLED: Final = "let a command of this service apply the migrations, or check it with the service that does"
_UNMADE: Final = (
    "the migrations were applied here, all of them, and none makes that: write the migration that does (alembic "
    "revision --autogenerate, manage.py makemigrations) and commit it, or mend the query"
)
_STATE: Final = "state the variable in the manifest (Render: envVars with sync: false), or give it in .env.preflight"
# What a shell says of a command is no part of the traceback that another command left above it.
_SHELL_SAYS: Final = re.compile(r"^(?:\S*/)?(?:ba|da|z|k)?sh: |^\S+\.sh: line \d+: ")
_OF_OTHER_SYSTEMS: Final = frozenset({"celery-broker-refused", "db-connection-refused", "redis-connection-refused"})
_IMPORTED: Final = re.compile(r"import (?P<module>[\w.]+)|from (?P<source>[\w.]+) import\b")
_TAIL_LINES: Final = 60
_MOST_OF_A_MESSAGE: Final = 12
# https://docs.python.org/3/library/exceptions.html#exception-context
_PASSED_ON: Final = ("The above exception was the direct cause", "During handling of the above exception")
_SHORTEST_VALUE: Final = 6
_EVIDENCE_LINES: Final = 6
_QUOTED_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a failure proves nothing here, and what would make it checkable.

    Shape: `is_weak` says that it is no reason to leave out what is only a warning.
    """

    why: str
    remedy: str
    code: str = CANNOT_CHECK
    is_weak: bool = False


def explained(stage: Stage, log: str, failure: Finding) -> Finding:
    """Return *failure* with the root cause that *log* shows, its place in the project's code, and the evidence.

    Shape: SKIPPED when what failed is only that this is not the target: a host outside that was out of reach, or a
    value that had to be made up.
    """
    return _as_committed(stage, _explained(stage, log, failure))


def _explained(stage: Stage, log: str, failure: Finding) -> Finding:
    root = diagnose(log).root
    frames = () if _is_of_shell(root) else _frames(stage, log, root)
    located = replace(failure, location=frames[-1][0] if frames else failure.location)
    route = (chain(frames),) if len(frames) > 1 else ()
    excuse = surroundings(stage, log, root)
    if excuse and (failure.outcome is Outcome.FAILED or not excuse.is_weak):
        return _excused(located, (*route, *_quoted(stage, log)), excuse)
    if root is None:
        if frames and failure.outcome is Outcome.FAILED and (name := _read_beside(stage, frames[-1][0], log)):
            why = f"{name}, which {frames[-1][0].file} reads, has a made-up value here"
            return _excused(located, (*route, *_quoted(stage, log)), Excuse(why, _ANSWER))
        return _with_exception(located, (*route, *_quoted(stage, log)), raised=last_traceback(log)[-1:])
    if root.family == "migrations-not-run" and _is_migrated(stage):
        evidence = (*route, *(line.text for line in root.evidence))
        said = last_traceback(log)[-1:] or evidence[-1:]
        return replace(
            located, message=f"{failure.message}: {''.join(said)}", evidence=evidence, remedy=_UNMADE, certainty=""
        )
    if own := diagnosed.own_module(root, stage.built.case) or _own_module(stage, root, frames):
        return replace(located, code=own.code, message=f"{failure.message}: {own.message}", remedy=own.remedy)
    if file := _missing_file(stage, root):
        return replace(
            located,
            code=f"command-file-missing:{file}",
            message=f"{failure.message}: the commit has no {file}, which the start command runs",
            evidence=tuple(line.text for line in root.evidence),
            remedy=f"commit {file}, or correct its name in the start command",
        )
    return replace(
        located,
        code=_word(stage, root),
        message=f"{failure.message}: {root.title}",
        evidence=(*route, *(line.text for line in root.evidence)),
        remedy=diagnosed.remedy(root, stage.built.case),
        certainty=failure.certainty or root.why,
    )


def _read_beside(stage: Stage, place: Location, log: str) -> str:
    names = (name for name, _ in _dummies(stage))
    return read_beside.variable(names, place, log, folder=stage.built.case.snapshot.folder)


def _missing_file(stage: Stage, root: DiagnosedCause) -> str:
    """Return the file that an interpreter could not open, "" where it was a module that it did not find."""
    named = root.values.get("module", "") if root.family == "start-command-wrong-module" else ""
    return named.removeprefix(f"{stage.built.environment.top}/") if named.startswith("/") else ""


def _is_migrated(stage: Stage) -> bool:
    """Whether a command of the contract migrates, and has done so: nothing is started before."""
    from deploy_suite.checks.migrations import tools  # noqa: PLC0415  few failures need it

    tool = tools.found(stage.built.case)
    return tool is not None and tool.call is not None and stage.built.server is not None


def _own_module(stage: Stage, root: DiagnosedCause, frames: tuple[tuple[Location, str], ...]) -> Finding | None:
    """Return the finding about a module that no package brings because it is the project's own."""
    name = root.values.get("module", "")
    if root.family != "missing-requirement" or not name:
        return None
    written = _IMPORTED.match(_line(stage, frames[-1][0])) if frames else None
    full = (written["module"] or written["source"]) if written else name
    module = full if full.partition(".")[0] == name else name
    files = own_modules.elsewhere(stage.built.case, module)
    return own_modules.not_on_path(module, files, Chain()) if files else None


def _line(stage: Stage, place: Location) -> str:
    """Return the line at *place* of the commit, "" where it has none."""
    text = snapshot_files.text(stage.built.case.snapshot.folder, PurePosixPath(place.file)) or ""
    return "".join(text.splitlines()[place.line - 1 : place.line]).strip() if place.line else ""


def _word(stage: Stage, root: DiagnosedCause) -> str:
    """Return the cause's slug; that a folder without __init__.py lacks the application is the wrong path to it."""
    entry = stage.contract.entry
    is_no_module = entry is not None and bool(entry.attribute) and entry.file is None
    return re.sub(r"-attribute-missing$", "-module-path", root.slug) if is_no_module else root.slug


def _is_of_shell(root: DiagnosedCause | None) -> bool:
    return root is not None and bool(root.evidence) and bool(_SHELL_SAYS.match(root.evidence[0].text))


def _frames(stage: Stage, log: str, root: DiagnosedCause | None) -> tuple[tuple[Location, str], ...]:
    line = root.evidence[0].line if root and root.evidence else 0
    above = own_frames(log, stage.built.environment, up_to_line=line)
    return above or (own_frames(log, stage.built.environment) if _is_passed_on(log, line) else ())


def _is_passed_on(log: str, line: int) -> bool:
    """Whether the exception at *line* is what another one, below it, was raised from."""
    below = log.splitlines()[line : line + _MOST_OF_A_MESSAGE] if line else []
    return any(one.startswith(_PASSED_ON) for one in below)


def _as_committed(stage: Stage, finding: Finding) -> Finding:
    """Return *finding* with files named as the repository does, and not by where this run keeps them."""
    environment = stage.built.environment

    def named(text: str) -> str:
        return text.replace(f"{environment.venv}/", ".venv/").replace(f"{environment.top}/", "")

    return replace(
        finding,
        message=named(finding.message),
        evidence=tuple(map(named, finding.evidence)),
        remedy=named(finding.remedy),
        certainty=named(finding.certainty),
    )


def _with_exception(failure: Finding, evidence: tuple[str, ...], *, raised: tuple[str, ...]) -> Finding:
    """Return *failure* with its *evidence*, and the exception that was *raised* where there was one."""
    if not raised:
        return replace(failure, evidence=evidence)
    return replace(
        failure, message=f"{failure.message}: {raised[0]}", evidence=evidence, remedy="mend what the traceback shows"
    )


def _quoted(stage: Stage, log: str) -> tuple[str, ...]:
    """Return what *log* says last: of its last traceback the project's own part and the exception."""
    lines = own_lines(last_traceback(log), stage.built.environment) or last_lines(log)
    return lines[-_QUOTED_LINES:]


def surroundings(stage: Stage, log: str, root: DiagnosedCause | None) -> Excuse | None:
    """Return what of this machine, and not of the project, may have caused what *log* shows."""
    if excuse := _made_up_driver(stage, root):
        return excuse
    tail = "\n".join(log.splitlines()[-_TAIL_LINES:])
    if excuse := _lacking_extension(stage, tail):
        return excuse
    if root is not None and root.family == "migrations-not-run" and not stage.contract.kind.answers_http:
        return Excuse("the database is empty here, and another service may be what fills it", _FILLED)
    if root is not None and root.family not in ELSEWHERE:
        return None
    return (
        _made_up_address(stage, tail)
        or _made_up_value(stage, tail)
        or _outside(stage, tail, root)
        or _undeclared(stage, root)
    )


def reached_hosts(stage: Stage) -> str:
    """Return the hosts that the service wanted to reach, for a sentence."""
    return ", ".join(f"{each.host}:{each.port}" if each.port else each.host for each in stage.network.reached_for())


def _excused(failure: Finding, evidence: tuple[str, ...], excuse: Excuse) -> Finding:
    return replace(
        failure,
        code=excuse.code,
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {failure.message}; {excuse.why}",
        evidence=evidence,
        remedy=excuse.remedy,
    )


def _made_up_driver(stage: Stage, root: DiagnosedCause | None) -> Excuse | None:
    """Return the made-up URL that alone may ask for a driver: on the target it may name another database."""
    if root is None or root.family != "missing-requirement":
        return None
    urls = doubtful_addresses(root.values.get("module", ""), stage.built)
    if not urls:
        return None
    return Excuse(f"{root.title}, and only a made-up address asks for it ({', '.join(urls)})", _ANSWER)


def _lacking_extension(stage: Stage, tail: str) -> Excuse | None:
    """Return the extension that the PostgreSQL of this machine does not bring."""
    match = _NO_EXTENSION.search(tail)
    server = stage.built.server
    if match is None or server is None or match["name"] in server.extensions:
        return None
    return Excuse(f"the PostgreSQL of this machine has no extension {match['name']}", _SERVER)


def _made_up_address(stage: Stage, tail: str) -> Excuse | None:
    """Return the made-up address of another service that the log found closed."""
    name = made_up.spoken_of(_dummies(stage), tail)
    return Excuse(f"{name} has a made-up address here, at which nothing listens", _ANSWER) if name else None


def _made_up_value(stage: Stage, tail: str) -> Excuse | None:
    """Return the made-up value that the exception itself names."""
    said = "\n".join(tail.splitlines()[-_EVIDENCE_LINES:])
    for name, text in _dummies(stage):
        values = [value for value in (text, _outer_host(text)) if len(value) >= _SHORTEST_VALUE]
        if re.search(rf"\b{re.escape(name)}\b", said) or any(value in said for value in values):
            return Excuse(f"{name} has a made-up value here, and the log complains of it", _ANSWER)
    return None


def _outside(stage: Stage, tail: str, root: DiagnosedCause | None) -> Excuse | None:
    hosts = [each.host for each in stage.network.reached_for()]
    is_download = root is not None and root.family == "model-download-failed"
    if not hosts or not (is_download or _NO_WAY_OUT.search(tail) or any(host in tail for host in hosts)):
        return None
    return Excuse(f"it wanted to reach {reached_hosts(stage)}, and nothing outside is let through", NETWORK_REMEDY)


def _undeclared(stage: Stage, root: DiagnosedCause | None) -> Excuse | None:
    """Return what is missing where the project's manifest states no variable at all: it may be set by hand.

    That is a variable, or the address of another system in place of the code's own, at which nothing listens.
    """
    if root is None or root.family not in {"missing-env-var", *_OF_OTHER_SYSTEMS}:
        return None
    if any(not variable.is_platform for variable in stage.contract.variables):
        return None
    is_variable = root.family == "missing-env-var"
    return Excuse(
        f"{root.title}, and no manifest says which variables the target has",
        _STATE,
        root.slug if is_variable else CANNOT_CHECK,
        is_weak=not is_variable,
    )


def _dummies(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield name and text of each made-up value, throw-away databases left out: those can be reached."""
    bindings = stage.built.bindings
    server = stage.built.server
    database_port = server.socket.suffix.removeprefix(".") if server and server.socket else ""
    for name in sorted(bindings.dummies):
        text = bindings.values[name].revealed()
        if not database_port or f":{database_port}" not in text:
            yield name, text


def _outer_host(text: str) -> str:
    """Return the host that *text*, a URL, names, "" where it is this machine or none."""
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        return ""
    return "" if host in {"127.0.0.1", "localhost", "::1"} else host


def wants_other_services(stage: Stage) -> tuple[str, ...]:
    """Return the variables that hold the made-up address of another service."""
    names = {v.name for v in stage.contract.variables if isinstance(v.source, FromService)}
    return tuple(name for name, text in _dummies(stage) if name in names or made_up.address(text))
