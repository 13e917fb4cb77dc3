"""Where the start command makes the server listen, against where the target looks for it."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.config import gunicorn, saying, shell_values
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.knowledge.platforms import servers
from deploy_suite.knowledge.platforms.servers import Server
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding
from deploy_suite.project import server_options

_ANY: Final = frozenset({"0.0.0.0", "::", "[::]", "", "*"})  # noqa: S104  what the target asks for
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
_LITERAL_PORT: Final = re.compile(r"%PORT%|\$\(PORT\)|(?<![\w$]){PORT}|<PORT>|\$\{\{\s*PORT\s*\}\}")
_QUOTED_PORT: Final = re.compile(r"'[^']*\$\{?PORT\b[^']*'")
_USUALLY_FOUND: Final = (
    "harmless as a rule: Render finds another port and restarts the service once, but documents PORT"
)
_SYNTAX: Final = {
    "gunicorn": server_options.GUNICORN,
    "uvicorn": server_options.UVICORN,
    "hypercorn": server_options.HYPERCORN,
    "daphne": server_options.DAPHNE,
    "granian": server_options.GRANIAN,
    "waitress-serve": server_options.WAITRESS,
    "flask": server_options.FLASK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens.

    Shape: `host` and `port` are None where that cannot be told; `is_socket` is a unix socket.
    """

    host: str | None
    port: str | None
    is_socket: bool = False
    origin: str = ""


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield what keeps the target from reaching the server, unless another server call of the same start is fine."""
    if not subject.contract.kind.answers_http:
        return
    found = [tuple(_of_call(call, subject)) for call in subject.calls.of(Step.START) if is_server(call)]
    if found and all(found):
        yield from found[-1]


def is_server(call: Call) -> bool:
    """Whether *call* starts a web server that is known here."""
    if call.program == "flask":
        return "run" in call.words
    return servers.server(call.program) is not None or _is_runserver(call)


def _is_runserver(call: Call) -> bool:
    """Whether *call* starts Django's development server."""
    words = call.command.words
    return "runserver" in words and any(word.endswith("manage.py") for word in words[:3])


def _of_call(call: Call, subject: Subject) -> Iterator[Finding]:
    unexpanded = _unexpanded(call)
    if unexpanded:
        yield saying.of_call(
            subject,
            call,
            code="port-var-not-expanded",
            message=f"{unexpanded} reaches the server as it stands: no shell replaces it",
            remedy=f"write $PORT, outside single quotes, in {saying.where(subject, call)}{_for_a_shell(call, subject)}",
        )
        return
    for address in _addresses(call, subject):
        yield from _judged(address, call, subject)


def _for_a_shell(call: Call, subject: Subject) -> str:
    """Return what more it takes in a Dockerfile, whose JSON form reaches no shell."""
    container = subject.contract.container
    is_there = container is not None and call.location is not None and call.location.file == container.dockerfile
    return ', in the form CMD ["sh", "-c", "…"]: no shell reads the other JSON forms' if is_there else ""


def _unexpanded(call: Call) -> str:
    literal = _LITERAL_PORT.search(call.line)
    if literal:
        return literal[0]
    quoted = _QUOTED_PORT.search(call.written.text)
    return quoted[0] if quoted and call.program != "bash" else ""


def _addresses(call: Call, subject: Subject) -> Iterator[Address]:
    if _is_runserver(call):
        yield _runserver(call, subject)
        return
    server = servers.server(call.program)
    if server is None:
        return
    if server.name == "gunicorn":
        yield from _gunicorn(call, server, subject)
        return
    given = server_options.parse(gunicorn.raw(call), _SYNTAX[server.name])
    if given.has(*server.sockets):
        return
    if server.bind and given.has(*server.bind):
        yield _bound(gunicorn.shown(given.value(*server.bind)), call, subject, origin="the command line")
        return
    yield Address(
        host=_part(given.value(*server.host_option), server.host_variable, server.host, call, subject),
        port=_part(given.value(*server.port_option), server.port_variable, str(server.port), call, subject),
        origin="the command line" if given.has(*server.host_option) else f"{server.name}'s default",
    )


def _part(given: str, variable: str, default: str, call: Call, subject: Subject) -> str | None:
    """Return the host or port: what the option says, else the variable, else the server's default."""
    if given:
        return shell_values.expanded(gunicorn.shown(given), call, subject)
    if variable and (subject.has_variable(variable) or variable in dict(call.command.assignments)):
        return subject.literal(variable)
    return default


def _gunicorn(call: Call, server: Server, subject: Subject) -> Iterator[Address]:
    given = gunicorn.setting(call, subject, options=server.bind, name="bind")
    if given is None:
        has_port = subject.has_variable(server.port_variable)
        yield Address(
            host=server.host_with_port_variable if has_port else server.host,
            port=subject.literal("PORT") if has_port else str(server.port),
            origin="gunicorn's default",
        )
    elif given.value is not None:
        yield _bound(gunicorn.shown(given.value), call, subject, origin=given.origin)


def _bound(text: str, call: Call, subject: Subject, *, origin: str) -> Address:
    if text.startswith(("unix:", "fd:", "fd://")):
        return Address(host=None, port=None, is_socket=True, origin=origin)
    known = shell_values.expanded(text, call, subject)
    if known is None:
        host = text.partition(":")[0]
        return Address(host=None if "$" in host else host, port=None, origin=origin)
    host, _, port = known.rpartition(":") if ":" in known else (known, "", "")
    return Address(host=host, port=port or None, origin=origin)


def _runserver(call: Call, subject: Subject) -> Address:
    words = call.command.words
    rest = [word for word in words[words.index("runserver") + 1 :] if not word.startswith("-")]
    if not rest:
        return Address(host="127.0.0.1", port="8000", origin="runserver's default")
    if ":" not in rest[0]:
        port = shell_values.expanded(rest[0], call, subject)
        return Address(host="127.0.0.1", port=port, origin="runserver's default")
    return _bound(rest[0], call, subject, origin="the command line")


def _judged(address: Address, call: Call, subject: Subject) -> Iterator[Finding]:
    port = str(subject.contract.port)
    if address.is_socket:
        yield _wrong(call, subject, "listens on a unix socket, which the target cannot reach", address)
    elif address.host is not None and address.host in _LOCAL:
        yield _wrong(call, subject, f"listens on {address.host}, which only the service itself can reach", address)
    elif address.host is not None and address.host not in _ANY and _is_address(address.host):
        yield _wrong(call, subject, f"listens on {address.host}, an address that the target's machine lacks", address)
    elif (
        subject.contract.kind is ServiceKind.WEB and address.port and address.port.isdecimal() and address.port != port
    ):
        other = saying.of_call(
            subject,
            call,
            code="bound-to-wrong-address:port",
            message=f"{call.program} listens on port {address.port} ({address.origin}), and the target expects {port}",
            remedy=f"use $PORT: {option(call)} in {saying.where(subject, call)}{_for_a_shell(call, subject)}",
            certainty=_USUALLY_FOUND,
        )
        yield saying.noted(other)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _wrong(call: Call, subject: Subject, what: str, address: Address) -> Finding:
    return saying.of_call(
        subject,
        call,
        code="bound-to-wrong-address",
        message=f"{call.program} {what} ({address.origin})",
        remedy=f"write {option(call)} in {saying.where(subject, call)}",
        certainty="likely: the call stands in a branch that may not be taken" if not call.always_runs else "",
    )


def option(call: Call) -> str:
    """Return how the server of *call* is told to listen where the target looks for it."""
    if _is_runserver(call):
        return "`runserver 0.0.0.0:$PORT`"
    if call.program in {"gunicorn", "hypercorn"}:
        return "`--bind 0.0.0.0:$PORT`"
    if call.program == "daphne":
        return "`-b 0.0.0.0 -p $PORT`"
    if call.program == "waitress-serve":
        return "`--listen=0.0.0.0:$PORT`"
    return "`--host 0.0.0.0 --port $PORT`"
