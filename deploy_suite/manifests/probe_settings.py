"""The probes of one service in deploy.toml into Probe values."""

import re
from typing import Final

from deploy_suite.manifests.table_reader import TableReader, suggestion
from deploy_suite.model.probe import CommitPlace, Expectation, JsonValue, Probe

_KEYS: Final = (
    *("name", "method", "path", "headers", "json", "body", "expect"),
    *("websocket", "send", "receive", "save", "follow_redirects", "timeout_s"),
)
_EXPECTATIONS: Final = ("status", "json", "contains", "latency_ms")
_COMMIT_KEYS: Final = ("path", "header", "json")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PATH: Final = re.compile(r"/\S*")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_STATUSES: Final = range(100, 600)
_LONGEST_S: Final = 600
_DEFAULT_TIMEOUT_S: Final = 10.0


def read_probes(service: TableReader) -> tuple[Probe, ...]:
    """Return the probes under `probes` of *service*; mistakes are noted in it."""
    tables = service.tables("probes", known=_KEYS)
    probes = tuple(_probe(table) for table in tables)
    names = [probe.name for probe in probes]
    for place, table in enumerate(tables):
        if table.has("name") and names[place] in names[:place]:
            table.wrong("name", f"the name {names[place]!r} is taken by an earlier probe")
    return probes


def read_commit(service: TableReader) -> CommitPlace | None:
    """Return where *service* tells its commit, None where that is not stated; mistakes are noted in it."""
    if not service.has("commit"):
        return None
    table = service.table("commit", known=_COMMIT_KEYS)
    place = CommitPlace(
        path=table.text("path", pattern=_PATH, example='"/health"'),
        header=table.text("header", pattern=_HEADER, example='"X-Commit"'),
        json=table.text("json"),
    )
    if bool(place.header) == bool(place.json):
        table.wrong("", "needs 'header' or 'json', and not both: where the service tells its commit")
    return place


def _probe(table: TableReader) -> Probe:
    websocket = table.flag("websocket")
    method = _method(table)
    path = table.text("path", default="/", pattern=_PATH, example='"/health"')
    _refuse_contradictions(table, websocket=websocket)
    return Probe(
        name=table.text("name") or f"{'WebSocket' if websocket else method} {path}",
        method=method,
        path=path,
        headers=table.text_table("headers"),
        json=table.json("json"),
        body=table.text("body"),
        expect=_expectation(table.table("expect", known=_EXPECTATIONS)),
        websocket=websocket,
        send=table.json_list("send"),
        receive=_received(table),
        save=table.text_table("save", keys=_NAME),
        follow_redirects=table.flag("follow_redirects"),
        timeout_s=table.number("timeout_s", most=_LONGEST_S) or _DEFAULT_TIMEOUT_S,
        location=table.location,
    )


def _method(table: TableReader) -> str:
    written = table.text("method", default="GET")
    method = written.upper()
    if method in _METHODS:
        return method
    table.wrong("method", f"{written!r} is no method{suggestion(method, _METHODS)}")
    return "GET"


def _refuse_contradictions(table: TableReader, *, websocket: bool) -> None:
    if table.has("json") and table.has("body"):
        table.wrong("body", "stands beside 'json'; a request has one body")
    for key in ("send", "receive"):
        if table.has(key) and not websocket:
            table.wrong(key, "needs 'websocket = true'")
    for key in ("method", "json", "body", "save", "follow_redirects"):
        if table.has(key) and websocket:
            table.wrong(key, "has no meaning with 'websocket = true'")


def _received(table: TableReader) -> tuple[JsonValue, ...]:
    frames = table.json_list("receive")
    for number, frame in enumerate(frames):
        if not isinstance(frame, str | dict):
            table.wrong("receive", f"item {number} must be a text, or a table of dotted paths and values")
    return frames


def _expectation(table: TableReader) -> Expectation:
    return Expectation(
        statuses=_statuses(table),
        json=table.json_table("json"),
        body_contains=table.text("contains"),
        latency_ms=table.number("latency_ms", most=_LONGEST_S * 1000),
    )


def _statuses(table: TableReader) -> frozenset[int]:
    value = table.values.get("status", [])
    items = value if isinstance(value, list) else [value]
    if all(isinstance(item, int) and not isinstance(item, bool) and item in _STATUSES for item in items):
        return frozenset(items)
    table.wrong("status", "must be a status such as 200, or a list of them")
    return frozenset()
