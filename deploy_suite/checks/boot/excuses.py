"""What a log shows of this machine, and not of the project → why the failure proves nothing here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.checks import made_up
from deploy_suite.checks.boot import outside, read_beside
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.dependencies import blank_credentials
from deploy_suite.checks.drivers import doubtful_addresses
from deploy_suite.checks.variables import stated, written_out
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.knowledge.elsewhere import ELSEWHERE
from deploy_suite.model.contract import Contract, FromService
from deploy_suite.model.location import Location

# What the C library, asyncio, httpx, requests, Go and Node say when there is no way out.
_NO_WAY_OUT: Final = re.compile(
    r"Name or service not known|nodename nor servname|[Tt]emporary failure in name resolution|getaddrinfo|gaierror"
    r"|Network is unreachable|ENETUNREACH|ENOTFOUND|No address associated with hostname|NameResolutionError"
    r"|could not translate host name|Could not resolve host|All connection attempts failed|Max retries exceeded"
    r"|DNS operation|NXDOMAIN|no such host"
)
_CANNOT_CHECK: Final = "cannot-check-here"
_ANSWER: Final = "give it a real value in .env.preflight beside the manifest; that file must never be committed"
_SERVER: Final = "point at a disposable server that has it: nox -s preflight -- --database-url postgresql://…"
_NO_EXTENSION: Final = re.compile(r"""extension ["'](?P<name>[\w-]+)["'] is not available""")
_FILLED: Final = "let a command of this service apply the migrations, or check it with the service that does"
_STATE: Final = "state the variable in the manifest (Render: envVars with sync: false), or give it in .env.preflight"
_STATE_START: Final = (
    "state how the service starts (startCommand in a render.yaml), and add the server that it names to the requirements"
)
# An installer that only a run of the start command could tell of.
_INDEX_AWAY: Final = "build-failure:network"
_OF_COMMAND: Final = frozenset({"gunicorn-not-installed", "start-command-not-found"})
_OF_OTHER_SYSTEMS: Final = frozenset({"celery-broker-refused", "db-connection-refused", "redis-connection-refused"})
_REFUSED_VALUE: Final = "invalid-env-value"
_TAIL_LINES: Final = 60
_SHORTEST_VALUE: Final = 6
_EVIDENCE_LINES: Final = 6


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a failure proves nothing here, and what would make it checkable.

    Shape: `is_weak` says that it is no reason to leave out what is only a warning.
    """

    why: str
    remedy: str
    code: str = _CANNOT_CHECK
    is_weak: bool = False


def surroundings(stage: Stage, log: str, root: DiagnosedCause | None) -> Excuse | None:
    """Return what of this machine, and not of the project, may have caused what *log* shows."""
    if excuse := of_assumed_start(stage.contract, root) or _made_up_driver(stage, root):
        return excuse
    tail = "\n".join(log.splitlines()[-_TAIL_LINES:])
    if excuse := _lacking_extension(stage, tail):
        return excuse
    if root is not None and root.family == "migrations-not-run" and not stage.contract.kind.answers_http:
        return Excuse("the database is empty here, and another service may be what fills it", _FILLED)
    if root is not None and root.family == _REFUSED_VALUE and (excuse := _refused_value(stage, tail)):
        return excuse
    if root is not None and root.family not in ELSEWHERE and root.slug != _INDEX_AWAY:
        return None
    return (
        _made_up_address(stage, tail)
        or _made_up_value(stage, tail)
        or _outside(stage, tail, root)
        or _undeclared(stage, root, tail)
    )


def beside(stage: Stage, place: Location, log: str) -> Excuse | None:
    """Return the made-up value that the file of *place* reads, to which an exception without a cause may be due."""
    names = (name for name, _ in _dummies(stage))
    name = read_beside.variable(names, place, log, folder=stage.built.case.snapshot.folder)
    return Excuse(f"{name}, which {place.file} reads, has a made-up value here", _ANSWER) if name else None


def _reached_hosts(stage: Stage) -> str:
    """Return the hosts that the service wanted to reach, for a sentence."""
    return ", ".join(map(str, stage.network.reached_for()))


def of_assumed_start(contract: Contract, root: DiagnosedCause | None) -> Excuse | None:
    """Return that the program which is not there is one that no file of the project names: the start is a guess."""
    start = contract.start
    if root is None or root.family not in _OF_COMMAND or start is None or start.location is not None:
        return None
    is_script = start.text.startswith(("bash ", "./"))
    why = f"{root.title}, and `{start.text}` is only assumed: no file says how the service starts"
    return None if is_script else Excuse(why, _STATE_START)


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


def _refused_value(stage: Stage, tail: str) -> Excuse | None:
    """Return the made-up tokens, keys or secrets of which one is refused, where the service has no others."""
    kind = blank_credentials.refused_kind("\n".join(tail.splitlines()[-_EVIDENCE_LINES:]))
    names = [name for name in stage.built.bindings.values if kind and blank_credentials.is_of(name, kind)]
    if not names or not set(names) <= stage.built.bindings.dummies:
        return None
    return Excuse(f"{', '.join(sorted(names))}: made up here, and the log complains of a {kind.lower()}", _ANSWER)


def _outside(stage: Stage, tail: str, root: DiagnosedCause | None) -> Excuse | None:
    reached = stage.network.reached_for()
    hosts = [each.host for each in reached]
    is_download = root is not None and root.family == "model-download-failed"
    shown = [line.text for line in root.evidence] if root else []  # many lines of the server may follow them
    said = "\n".join((*shown, tail))
    if not hosts or not (is_download or _NO_WAY_OUT.search(said) or any(host in said for host in hosts)):
        return None
    wanted = f"it wanted to reach {_reached_hosts(stage)}"
    if outside.are_near(hosts):
        return Excuse(f"{wanted}, which no network here has", outside.NAMING_REMEDY, outside.NEEDED)
    remedy = outside.remedy(reached, packages=stage.built.environment.packages)
    return Excuse(f"{wanted}, and nothing outside is let through", remedy, outside.NEEDED)


def _undeclared(stage: Stage, root: DiagnosedCause | None, tail: str) -> Excuse | None:
    """Return what is missing where the project's manifest states no variable at all: it may be set by hand.

    That is a variable, or the address of another system in place of the code's own, at which nothing listens.
    """
    if root is None or root.family not in {"missing-env-var", *_OF_OTHER_SYSTEMS}:
        return None
    is_variable = root.family == "missing-env-var"
    folder = stage.built.case.snapshot.folder
    if stated.files(stage.contract) or (not is_variable and written_out.place(folder, stage.contract.root, tail)):
        return None
    return Excuse(
        f"{root.title}, and no manifest says which variables the target has",
        _STATE,
        root.slug if is_variable else _CANNOT_CHECK,
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
