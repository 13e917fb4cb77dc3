"""Host and port that the sources themselves give a server, where the start command runs or imports them."""

import ast
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from deploy_suite.checks.config import binding, expressions, saying
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.expressions import Value
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model import syntax_tree
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.project import app_objects
from deploy_suite.project.app_objects import Source

_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  what the target asks for
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_BY_VARIABLE: Final = "likely: the Dashboard may set the variable that decides it"
_ASSUMED: Final = "likely: that the target starts it so is assumed, and the Dashboard may hold another start command"
_USUAL_NAMES: Final = frozenset({"app", "application", "server"})
_SOCKET_APPS: Final = frozenset({"flask_socketio.SocketIO"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a function that serves takes its address, and what it takes when it is not told."""

    host: str
    port: str
    host_at: int
    port_at: int


_FUNCTIONS: Final = {
    "uvicorn.run": _Kind("127.0.0.1", "8000", -1, -1),
    "waitress.serve": _Kind("0.0.0.0", "8080", -1, -1),  # noqa: S104  waitress's default
    "aiohttp.web.run_app": _Kind("0.0.0.0", "8080", -1, -1),  # noqa: S104  aiohttp's default
}
_FLASK: Final = _Kind("127.0.0.1", "5000", 0, 1)
_SOCKETIO: Final = _Kind("127.0.0.1", "5000", 1, 2)


@dataclass(frozen=True, slots=True)
class _Serving:
    """A call that serves, with what it makes of its address."""

    node: ast.Call
    kind: _Kind
    host: Value | None
    port: Value | None
    is_at_import: bool
    has_os: bool

    def mended(self, port: str, location: Location) -> str:
        """Return how to write the call; what it takes beside is imported where the file does not do so."""
        text = f'write host="0.0.0.0", port=int({port}) in {location}'
        return text if self.has_os else f"{text}, and `import os` at the top of {location.file}"

    @property
    def names_port(self) -> bool:
        """Whether the call says which port it takes, rather than to leave it to the function."""
        return len(self.node.args) > self.kind.port_at >= 0 or any(one.arg == "port" for one in self.node.keywords)


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield addresses hard-coded in the entry module that keep the target from reaching the server."""
    entry = subject.contract.entry
    if entry is None or entry.file is None or not subject.contract.kind.answers_http:
        return
    source = app_objects.read(subject.folder / entry.file)
    found = tuple(_servings(source, entry, subject)) if source else ()
    served = [call for call in subject.calls.of(Step.START) if binding.is_server(call)]
    if served:
        yield from _imported(found, entry)
    elif entry.attribute == "":
        yield from _run(found, entry, subject)


def _servings(source: Source, entry: EntryPoint, subject: Subject) -> Iterator[_Serving]:
    at_margin = syntax_tree.statements(source.tree.body)
    names = {**expressions.assigned(ast.walk(source.tree)), **expressions.assigned(at_margin)}
    at_import = _at_import(source)
    has_os = any(_imports_os(one) for one in source.tree.body)
    evaluated = partial(expressions.evaluate, source=source, variables=subject, names=names)
    for node in ast.walk(source.tree):
        kind = _kind(node, source, names, entry) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and kind is not None:
            yield _Serving(
                node=node,
                kind=kind,
                host=_argument(node, "host", at=kind.host_at, default=kind.host, evaluated=evaluated),
                port=_argument(node, "port", at=kind.port_at, default=kind.port, evaluated=evaluated),
                is_at_import=node in at_import,
                has_os=has_os,
            )


def _imports_os(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import) and any((one.asname or one.name) == "os" for one in node.names)


def _kind(
    node: ast.Call,
    source: Source,
    names: dict[str, ast.expr | None],
    entry: EntryPoint,
) -> _Kind | None:
    name = app_objects.dotted(source, node.func)
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "run" or not isinstance(node.func.value, ast.Name):
        return None
    receiver = node.func.value.id
    value = names.get(receiver)
    if isinstance(value, ast.Call) and app_objects.dotted(source, value.func) in _SOCKET_APPS:
        return _SOCKETIO
    is_flask = isinstance(value, ast.Call) and app_objects.made_by(source, value) is Framework.FLASK
    return _FLASK if is_flask or (entry.framework is Framework.FLASK and receiver in _USUAL_NAMES) else None


def _argument(
    node: ast.Call, name: str, *, at: int, default: str, evaluated: Callable[[ast.expr], Value | None]
) -> Value | None:
    """Return the argument *name*, the default where it is not given, None where that cannot be told."""
    if any(keyword.arg is None for keyword in node.keywords):
        return None
    given = next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    if given is None and 0 <= at < len(node.args):
        given = node.args[at]
    return evaluated(given) if given else Value(default)


def _at_import(source: Source) -> set[ast.AST]:
    """Return the nodes of the expressions that run when the module is imported."""
    return {node for one in source.tree.body if isinstance(one, ast.Expr) for node in ast.walk(one)}


def _imported(found: tuple[_Serving, ...], entry: EntryPoint) -> Iterator[Finding]:
    """Yield what matters in a module that a server imports: serving at import, and addresses of one machine."""
    for serving in found:
        location = Location(str(entry.file), serving.node.lineno)
        if serving.is_at_import:
            yield saying.warning(
                "bound-to-wrong-address",
                f"{entry.file} starts a server of its own when it is imported, before the one of the start command",
                location=location,
                evidence=(_shown(serving),),
                remedy=f'move the call under `if __name__ == "__main__":` in {entry.file}',
                certainty="likely: the call stands at the module's level",
            )
        elif serving.host is not None and serving.host.is_certain and _of_one_machine(serving.host.text):
            yield saying.warning(
                "bound-to-wrong-address",
                f"{entry.file} hard-codes the address {serving.host.text}, which other machines do not have",
                location=location,
                evidence=(_shown(serving),),
                remedy=serving.mended('os.environ.get("PORT", 8000)', location),
                certainty="harmless for this start command, which does not run the line; `python` on the file fails",
            )


def _of_one_machine(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return host not in _ANY | _LOCAL


def _run(found: tuple[_Serving, ...], entry: EntryPoint, subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with the address when Python runs the file itself, unless one of several calls is right."""
    start = next((call for call in reversed(subject.calls.of(Step.START)) if call.command.words), None)
    judged = [tuple(_judged(serving, entry, subject, start)) for serving in found]
    if judged and all(judged):
        yield from judged[-1]


def _judged(serving: _Serving, entry: EntryPoint, subject: Subject, start: Call | None) -> Iterator[Finding]:
    location = Location(str(entry.file), serving.node.lineno)
    remedy = serving.mended('os.environ["PORT"]', location)
    evidence = (_shown(serving), *((f"{start.step.value}: {saying.quoted(start)}",) if start else ()))
    host = serving.host
    is_unreachable = host is not None and (host.text in _LOCAL or _of_one_machine(host.text))
    if host is not None and is_unreachable:
        certain = host.is_certain and not subject.is_assumed
        finding = saying.warning(
            "bound-to-wrong-address",
            f"the server listens on {host.text}, where the target cannot reach it",
            location=location,
            evidence=evidence,
            remedy=remedy,
            certainty=_ASSUMED if host.is_certain else _BY_VARIABLE,
        )
        yield saying.failed(finding) if certain else finding
    port = serving.port
    is_written = not is_unreachable or serving.names_port
    if port is not None and is_written and _is_other_port(port, subject):
        other = saying.warning(
            "bound-to-wrong-address:port",
            f"the server listens on port {port.text}, and the target expects {subject.contract.port}",
            location=location,
            evidence=evidence,
            remedy=remedy,
            certainty="harmless as a rule: Render finds another port and restarts the service once",
        )
        yield saying.noted(other)


def _is_other_port(port: Value, subject: Subject) -> bool:
    is_web = subject.contract.kind is ServiceKind.WEB
    return is_web and port.text.isdecimal() and port.text != str(subject.contract.port)


def _shown(serving: _Serving) -> str:
    """Return the call without arguments that could hold a secret."""
    name = ast.unparse(serving.node.func)
    kept = [f"{one.arg}={ast.unparse(one.value)}" for one in serving.node.keywords if one.arg in {"host", "port"}]
    return f"{name}({', '.join(kept)})"
