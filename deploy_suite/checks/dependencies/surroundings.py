"""Tells failures of the project from those of the rehearsal: made-up values, the closed network, unset variables."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import config_keys
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised, Rehearsed
from deploy_suite.environments import bindings as binding
from deploy_suite.manifests import own_files
from deploy_suite.ports.networks import Reach
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import sources

_CONNECTION: Final = frozenset(
    {
        "AutoReconnect", "BrokerConnectionError", "ClientConnectorError", "ConnectError", "ConnectTimeout",
        "ConnectionError", "DNSException", "EndpointConnectionError", "MaxRetryError", "NameResolutionError",
        "NetworkTimeout", "NewConnectionError", "NoBrokersAvailable", "ServerSelectionTimeoutError",
        "ServiceUnavailable", "TimeoutError", "TransportError", "URLError", "gaierror", "timeout",
        "AMQPConnectionError", "LocalEntryNotFoundError",
    },
)  # fmt: skip
_CONNECTION_TEXT: Final = re.compile(
    r"[Cc]onnection refused|could not connect|[Cc]an't connect|could not translate host|Name or service not known"
    r"|Temporary failure in name resolution|Network is unreachable|No route to host|[Tt]imed? ?out"
    r"|Max retries exceeded|Failed to resolve|actively refused|getaddrinfo failed|server does not support SSL"
    r"|Connect call failed|All connection attempts failed|DNS (?:query name does not exist|operation timed out)",
)
# What source code, not a value, brings about.
_CODE_FAULTS: Final = frozenset({"ImportError", "SyntaxError", "NameError", "AttributeError", "RecursionError"})
_ASKED: Final = (
    # Django names the setting that was read first, and then what tells where the settings are.
    re.compile(r"define the environment variable (?P<name>[A-Z][A-Z0-9_]*)"),
    re.compile(r"[Ss]et (?:the )?(?P<name>[A-Z][A-Z0-9_]*) environment variable"),
    re.compile(r"(?:specify|set|provide) the (?:[\w-]+ ){0,3}environment variable [\"'`]?(?P<name>[A-Z][A-Z0-9_]*)"),
    re.compile(r"^(?P<name>[A-Za-z]\w*) not found\. Declare it as envvar"),
    re.compile(r"[Ee]nvironment variable:? [\"'`]?(?P<name>[A-Z][A-Z0-9_]+)[\"'`]? (?:is )?(?:not set|not found|miss)"),
    # A word in capitals with a noun behind it, as in "API key is required", is no name.
    re.compile(r"\b(?P<name>[A-Z][A-Z0-9_]*_[A-Z0-9_]+"
               r"|[A-Z]{3,}(?!\s+(?!(?:is|was|has|must|not|env|environment|variables?|missing|or|and|in)\b)[a-z]))\b"
               r"[^.\n]{0,60}"
               r"(?:not set|is required|not (?:be )?(?:found|configured|defined|provided|specified)"
               r"|must be (?:set|prov)|miss)"),
    re.compile(r"(?:[Mm]issing|[Rr]equired|[Uu]nset|No)\b[^.\n]{0,40}\b(?P<name>[A-Z][A-Z0-9_]*_[A-Z0-9_]+)\b"),
)  # fmt: skip
_FIELD: Final = re.compile(
    r"^(?P<name>\w+)\n\s+(?:Field required|field required|none is not an allowed value)", re.MULTILINE
)
_INVALID_FIELD: Final = re.compile(r"^(?P<name>\w+)\n\s+\S", re.MULTILINE)
_OVER_NONE: Final = frozenset({"TypeError", "AttributeError", "ValueError"})
# `urlsplit(None)` has no error but the empty scheme b'', of which dj-database-url then complains.
_SCHEME_OF_NONE: Final = re.compile(r"'b''(?:'|://')")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_NONE: Final = re.compile(environment_reads.WITHOUT_DEFAULT)
_ASKING: Final = re.compile(environment_reads.WITHOUT_VALUE)
_ENVIRON_FRAMES: Final = re.compile(r"environ\s*\[|os\.environ|getenv")


def unset_variables(raised: tuple[Raised, ...], built: Built) -> tuple[str, ...]:
    """Return the environment variables whose absence the exceptions speak of, those that have a value left out."""
    asked = tuple(dict.fromkeys(name for one in raised for name in _asked(one)))
    folder, root = built.case.snapshot.folder, built.case.contract.root
    texts = [snapshot_files.text(folder, file) or "" for file in own_files.python(folder, root)] if asked else []
    return without_value((name for one in asked for name in config_keys.behind(one, texts)), built)


def without_value(names: Iterable[str], built: Built) -> tuple[str, ...]:
    """Return those of *names*, variables, that have no value when the service runs, each once."""
    present = {name.upper() for name in binding.at_run(built.case.contract, built.bindings)}
    return tuple(name for name in dict.fromkeys(names) if name.upper() not in present)


def handed_on(one: Raised, files: Sequence[str], built: Built) -> tuple[str, ...]:
    """Return the variables whose absence became the None that the exception complains of.

    The failing statement asks for it itself, or some line of *files*, those of the project, gives the value of a
    variable, or None, to a name that it uses: `NAME = os.getenv("NAME")` here, `client[NAME]` there.
    """
    if not _is_over_none(one) or not one.own_frames:
        return ()
    folder = built.case.snapshot.folder
    failing = _statement(one.own_frames[-1], folder)
    if itself := without_value((match["name"] for match in _ASKING.finditer(failing)), built):
        return itself
    texts = [snapshot_files.text(folder, PurePosixPath(file)) or "" for file in files]
    given = environment_reads.behind(_WORD.findall(failing), list(filter(_NONE.search, texts)))
    return without_value((read["name"] for one in given if (read := _NONE.match(one.value))), built)


def handed_in(one: Raised, built: Built) -> tuple[str, ...]:
    """Return the variables without a value that the failing statement reads for the package that refuses it."""
    if not one.own_frames or one.frames[-1].is_own or _is_code_fault(one):
        return ()
    failing = _statement(one.own_frames[-1], built.case.snapshot.folder)
    return without_value((match["name"] for match in _ASKING.finditer(failing)), built)


def _is_over_none(one: Raised) -> bool:
    """Whether the exception complains of a None; packages with classes of their own for it name its type."""
    says_none = "NoneType" in one.message or (one.type in _OVER_NONE and "None" in one.message)
    return says_none or bool(_SCHEME_OF_NONE.search(one.message))


def _statement(frame: Frame, folder: Path) -> str:
    """Return the whole statement of which *frame* has a line."""
    return sources.statement(snapshot_files.text(folder, PurePosixPath(frame.file)) or "", frame.line) or frame.text


def _asked(one: Raised) -> Iterator[str]:
    """Sources: os.environ, pydantic-settings, python-decouple, django-environ, and messages that projects write."""
    if one.key and _is_environ(one):
        yield one.key
    elif one.type == "ValidationError":
        is_settings = "Settings" in one.message.partition("\n")[0] or "Config" in one.message.partition("\n")[0]
        yield from (match["name"].upper() for match in _FIELD.finditer(one.message) if is_settings)
    elif not _is_code_fault(one):
        match = next(filter(None, (pattern.search(one.message) for pattern in _ASKED)), None)
        if match:
            yield match["name"]


def _is_environ(one: Raised) -> bool:
    last = one.frames[-1] if one.frames else None
    if last is None:
        return False
    return (last.file.endswith("os.py") and last.function == "__getitem__") or (
        last.is_own and bool(_ENVIRON_FRAMES.search(last.text))
    )


def _is_code_fault(one: Raised) -> bool:
    return bool(_CODE_FAULTS & set(one.bases)) or one.type == "TypeError"


def made_up(raised: tuple[Raised, ...], built: Built) -> tuple[str, ...]:
    """Return the variables with made-up values to which the failure may be due; () when it cannot be one of them."""
    dummies = built.bindings.dummies
    named = tuple(sorted(name for name in dummies if any(_speaks_of(one, name, built) for one in raised)))
    if named or any(_is_code_fault(one) for one in raised[:1]):
        return named
    return tuple(sorted(dummies))


def _speaks_of(one: Raised, name: str, built: Built) -> bool:
    value = built.bindings.values.get(name)
    shown = value.revealed() if value else ""
    fields = {match["name"].upper() for match in _INVALID_FIELD.finditer(one.message)}
    lines = " ".join(frame.text for frame in one.frames if frame.is_own).upper()
    is_value = len(shown) > 5 and shown in one.message  # noqa: PLR2004  shorter ones occur in any text
    return (
        is_value
        or name.upper() in fields
        or name in one.message
        or re.search(rf"\b{name.upper()}\b", lines) is not None
    )


def is_connection(raised: tuple[Raised, ...]) -> bool:
    """Whether something could not be reached."""
    return any(
        _CONNECTION & set(one.bases) or _CONNECTION_TEXT.search(one.message) for one in raised if not _is_import(one)
    )


def _is_import(one: Raised) -> bool:
    return "ImportError" in one.bases


def unreachable(rehearsed: Rehearsed) -> str:
    """Return the host that the failing import wanted last, "" when it is not known."""
    attempt = rehearsed.attempts[-1] if rehearsed.attempts else None
    if attempt:
        return str(Reach(attempt.host, attempt.port))
    reach = rehearsed.reached[-1] if rehearsed.reached else None
    return str(reach) if reach else ""
