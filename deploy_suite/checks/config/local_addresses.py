"""Addresses on localhost that a manifest gives to a service: the desk's, where on the target nothing listens."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.contract import Literal, Variable
from deploy_suite.model.finding import Finding, Outcome

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  compared, not bound
_DATABASE: Final = "db-connection-refused:localhost-in-container"
# The scheme without a driver → the cause, and the program that may be started beside the service.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "postgres": (_DATABASE, "postgres"),
    "postgresql": (_DATABASE, "postgres"),
    "mysql": (_DATABASE, "mysqld"),
    "mariadb": (_DATABASE, "mariadbd"),
    "mongodb": (_DATABASE, "mongod"),
    "redis": ("redis-connection-refused", "redis-server"),
    "rediss": ("redis-connection-refused", "redis-server"),
    "amqp": ("celery-broker-refused", "rabbitmq"),
    "pyamqp": ("celery-broker-refused", "rabbitmq"),
}
_SCHEME: Final = re.compile(r"(?P<kind>[a-z]+)(?:\+\w+)?://")


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the variables whose value names a store on localhost, unless a command starts it there."""
    words = {word for call in subject.calls.calls for word in (call.program, *call.words)}
    for variable in subject.contract.variables:
        kind = _kind(variable)
        if kind and not any(_KINDS[kind][1] in word for word in words):
            yield _finding(variable, kind, subject)


def _kind(variable: Variable) -> str:
    """Return the scheme of a store on localhost that *variable* is given by a YAML manifest, "" for anything else."""
    if variable.is_platform or variable.location is None or not isinstance(variable.source, Literal):
        return ""
    value = variable.source.value.revealed().strip()
    match = _SCHEME.match(value)
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return ""
    is_ours = match is not None and match["kind"] in _KINDS and host in _HERE
    return match["kind"] if match and is_ours and variable.location.file.endswith((".yaml", ".yml")) else ""


def _finding(variable: Variable, kind: str, subject: Subject) -> Finding:
    return Finding(
        code=_KINDS[kind][0],
        outcome=Outcome.WARNING,
        message=f"{variable.name} is a {kind}:// address on localhost, and on the target only the service itself runs "
        "there",
        location=variable.location,
        remedy=f"take {variable.name} from the database (`fromDatabase`, `fromService`), or write `sync: false` "
        f"and set it on the page of {subject.contract.service}",
        certainty="certain unless the service starts one itself, which no command of it says; harmless where nothing "
        "reads the variable",
    )
