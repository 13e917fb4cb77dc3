"""A probe → the command that asks the same without the suite."""

import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

from deploy_suite.model.probe import Probe
from deploy_suite.probes.http import merged, request_of
from deploy_suite.probes.websocket import frame_text

_PRINT_LINES = ("printf", r"%s\n")


def command(probe: Probe, base_url: str, *, headers: Mapping[str, str]) -> str:
    """Return a command line for *probe* at *base_url* ("http://127.0.0.1:10000"); `{name}` is left to be filled in."""
    return _websocat(probe, base_url, headers) if probe.websocket else _curl(probe, base_url, headers)


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
