"""A probe over HTTP → its result, redirects within the service followed when asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from deploy_suite.model.probe import Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address, HttpRequest, HttpResponse, Ports, UnreachableError
from deploy_suite.probes import cookies as cookie_jar
from deploy_suite.probes.expectations import problem

_MOST_REDIRECTS: Final = 10  # as browsers and curl (50) have a limit; a service needs two or three
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD: Final = frozenset({307, 308})  # RFC 9110 section 15.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A probe's result with what the next probes need: the answer's cookies."""

    result: ProbeResult
    cookies: Mapping[str, str]


def ask(
    probe: Probe, address: Address, ports: Ports, *, headers: Mapping[str, str], cookies: Mapping[str, str]
) -> Exchange:
    """Return what came of *probe*. *headers* go out with every request; the probe's own win over them."""
    asking = _Asking(probe, address, ports, headers, cookies)
    try:
        result = asking.to_the_end()
    except UnreachableError as error:
        result = ProbeResult(
            probe=probe,
            verdict=ProbeVerdict.FAIL,
            reason=in_words(error),
            redirects=tuple(asking.redirects),
            unreachable=error.reason,
        )
    return Exchange(result=result, cookies=asking.cookies)


def request_of(probe: Probe, headers: Mapping[str, str]) -> HttpRequest:
    """Return the request that *probe* states."""
    body = json.dumps(probe.json).encode() if probe.json is not None else probe.body.encode("utf-8", "surrogatepass")
    implied = {"Content-Type": "application/json"} if probe.json is not None else {}
    return HttpRequest(method=probe.method, path=probe.path, headers=merged(headers, implied, probe.headers), body=body)


def merged(*layers: Mapping[str, str]) -> Mapping[str, str]:
    """Return all headers of *layers*, later ones replacing earlier ones of the same name in any case."""
    found: dict[str, tuple[str, str]] = {}
    for layer in layers:
        found |= {name.lower(): (name, value) for name, value in layer.items()}
    return dict(found.values())


def in_words(error: UnreachableError) -> str:
    """Return what kept an answer from coming."""
    said = {
        "unresolved": "the name of the host was not found",
        "refused": "the connection was refused",
        "proxy": "the proxy of this machine refused",
        "timeout": "no answer came in time",
        "expired": "the certificate has expired",
        "tls": "no secure connection was made",
        "reset": "the connection was closed before the answer was whole",
        "protocol": "the answer does not follow the protocol",
    }
    return f"{said.get(error.reason, error.reason)} ({error.detail})"


class _Asking:
    """One probe with the redirects that it meets."""

    def __init__(
        self, probe: Probe, address: Address, ports: Ports, headers: Mapping[str, str], cookies: Mapping[str, str]
    ) -> None:
        self.cookies = cookies
        self.redirects: list[str] = []
        self._probe = probe
        self._address = address
        self._ports = ports
        self._headers = headers
        self._deadline_s = ports.clock.now_s() + probe.timeout_s
        self._elapsed_ms = 0.0

    def to_the_end(self) -> ProbeResult:
        request = request_of(self._probe, self._headers)
        answer = self._sent(request)
        seen = {(request.method, request.path)}
        while self._probe.follow_redirects and answer.status in _REDIRECTS and "location" in answer.headers:
            try:
                path = self._path_within(request, answer.headers["location"])
            except ValueError:
                return self._judged(answer, ProbeVerdict.FAIL, f"redirects to what is no URL: {self.redirects[-1]}")
            if path is None:
                return self._judged(
                    answer, ProbeVerdict.INCONCLUSIVE, f"redirects to another host: {self.redirects[-1]}"
                )
            request = _redirected(request, answer.status, path)
            if (request.method, request.path) in seen or len(self.redirects) > _MOST_REDIRECTS:
                return self._judged(answer, ProbeVerdict.FAIL, f"redirects in a circle: {' → '.join(self.redirects)}")
            seen.add((request.method, request.path))
            answer = self._sent(request)
        reason = problem(self._probe.expect, status=answer.status, body=answer.text, elapsed_ms=self._elapsed_ms)
        return self._judged(answer, ProbeVerdict.FAIL if reason else ProbeVerdict.PASS, reason)

    def _sent(self, request: HttpRequest) -> HttpResponse:
        left_s = self._deadline_s - self._ports.clock.now_s()
        if left_s <= 0:
            raise UnreachableError("timeout", f"{self._probe.timeout_s:g} s")
        carried = HttpRequest(
            method=request.method,
            path=request.path,
            headers=merged(cookie_jar.header(self.cookies), request.headers),
            body=request.body,
        )
        answer = self._ports.http.request(self._address, carried, timeout_s=left_s)
        self._elapsed_ms += answer.elapsed_ms
        self.cookies = cookie_jar.updated(self.cookies, answer.headers.get("set-cookie", ""))
        return answer

    def _path_within(self, request: HttpRequest, location: str) -> str | None:
        """Return the path that *location* names within the service, None when it names another host.

        Raises: ValueError when it is no URL.
        """
        self.redirects.append(location)
        target = urlsplit(urljoin(request.path, location))
        if target.netloc and target.netloc.lower() not in self._own_hosts():
            return None
        return (target.path or "/") + (f"?{target.query}" if target.query else "")

    def _own_hosts(self) -> frozenset[str]:
        host = next((value for name, value in self._headers.items() if name.lower() == "host"), self._address.host)
        name = host.lower().partition(":")[0]
        return frozenset(
            {host.lower(), name, f"{name}:{self._address.port}", f"{self._address.host}:{self._address.port}"}
        )

    def _judged(self, answer: HttpResponse, verdict: ProbeVerdict, reason: str) -> ProbeResult:
        return ProbeResult(
            probe=self._probe,
            verdict=verdict,
            status=answer.status,
            elapsed_ms=self._elapsed_ms,
            body=answer.text,
            reason=reason,
            redirects=tuple(self.redirects),
            headers=answer.headers,
            certificate_ends=answer.certificate_ends,
        )


def _redirected(request: HttpRequest, status: int, path: str) -> HttpRequest:
    if status in _KEEP_METHOD or request.method == "HEAD":
        return HttpRequest(method=request.method, path=path, headers=request.headers, body=request.body)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    return HttpRequest(method="GET", path=path, headers=headers)
