"""A probe → the command that asks the same without the suite, with the credentials that it states left out."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.knowledge import masking
from deploy_suite.knowledge.secret_forms import SECRET_NAME
from deploy_suite.model.probe import JsonValue, Probe
from deploy_suite.model.secret import MASK, Masker
from deploy_suite.probes.http import merged, request_of
from deploy_suite.probes.websocket import frame_text

_PRINT_LINES: Final = ("printf", r"%s\n")
_CREDENTIALS: Final = {"authorization", "proxy_authorization", "cookie"}
_SAVED: Final = re.compile(r"\{[A-Za-z_]\w*\}", re.ASCII)  # what an earlier probe has saved stands as its name


def command(probe: Probe, base_url: str, *, headers: Mapping[str, str]) -> str:
    """Return a command line for *probe* at *base_url* ("http://127.0.0.1:10000"); `{name}` is left to be filled in."""
    shown = _without_credentials(probe)
    return _websocat(shown, base_url, headers) if probe.websocket else _curl(shown, base_url, headers)


def _without_credentials(probe: Probe) -> Probe:
    return replace(
        probe,
        path=masking.shown(probe.path, Masker()),
        headers={name: _header(name, value) for name, value in probe.headers.items()},
        json=_json(probe.json),
        body=masking.shown(probe.body, Masker()),
        send=tuple(_json(frame) for frame in probe.send),
    )


def _header(name: str, value: str) -> str:
    """Return *value* as it may be shown: `Bearer ***`."""
    word = name.lower().replace("-", "_")
    if _SAVED.search(value) or not (word in _CREDENTIALS or SECRET_NAME.search(word)):
        return value
    scheme, blank, rest = value.partition(" ")
    return f"{scheme} {MASK}" if blank and rest and word.endswith("authorization") else MASK


def _json(value: JsonValue, key: str = "") -> JsonValue:
    if isinstance(value, dict):
        return {name: _json(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner, key) for inner in value]
    is_hidden = isinstance(value, str) and SECRET_NAME.search(key) and not _SAVED.search(value)
    return MASK if is_hidden else value


def _curl(probe: Probe, base_url: str, headers: Mapping[str, str]) -> str:
    request = request_of(probe, headers)
    words = ["curl", "-sS", "-i", "--max-time", f"{probe.timeout_s:g}"]
    words += ["--location"] if probe.follow_redirects else []
    words += _method(request.method)
    for name, value in request.headers.items():
        words += ["-H", f"{name}: {value}"]
    if request.body:
        words += ["--data-raw", request.body.decode()]
    return shlex.join([*words, base_url + probe.path])


def _method(method: str) -> list[str]:
    if method == "HEAD":
        return ["--head"]
    return [] if method == "GET" else ["-X", method]


def _websocat(probe: Probe, base_url: str, headers: Mapping[str, str]) -> str:
    address = urlsplit(base_url)
    scheme = "wss" if address.scheme == "https" else "ws"
    words = ["websocat", "-n", f"--max-messages-rev={max(len(probe.receive), 1)}"]
    for name, value in merged(headers, probe.headers).items():
        words += ["-H", f"{name}: {value}"]
    asked = shlex.join([*words, f"{scheme}://{address.netloc}{probe.path}"])
    frames = [frame_text(frame) for frame in probe.send]
    return f"{shlex.join([*_PRINT_LINES, *frames])} | {asked}" if frames else asked
