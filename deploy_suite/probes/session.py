"""Probes of one service, in turn → their results; a later one uses what an earlier one saved."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from deploy_suite.model.probe import JsonValue, Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address, Ports
from deploy_suite.probes import cookies, http, websocket
from deploy_suite.probes.json_paths import ABSENT, Absent, parse, value_at
from deploy_suite.probes.placeholders import filled, missing


def run(
    probes: Sequence[Probe], address: Address, ports: Ports, *, headers: Mapping[str, str]
) -> tuple[ProbeResult, ...]:
    """Return the result of each of *probes*, asked in order in one session."""
    session = Session(address, ports, headers=headers, saves=(name for probe in probes for name in probe.save))
    return tuple(session.ask(probe) for probe in probes)


class Session:
    """What is known after some probes: saved values and cookies."""

    def __init__(
        self, address: Address, ports: Ports, *, headers: Mapping[str, str], saves: Iterable[str] = ()
    ) -> None:
        """Ask the service at *address*; *headers* go out with every request; *saves* names all that may be saved."""
        self._address = address
        self._ports = ports
        self._headers = headers
        self._saves = frozenset(saves)
        self._saved: dict[str, str] = {}
        self._cookies: Mapping[str, str] = {}

    def ask(self, probe: Probe) -> ProbeResult:
        """Return what came of *probe*; INCONCLUSIVE when it needs a value that no probe before it could save."""
        absent = missing(probe, sorted(self._saves - self._saved.keys()))
        if absent:
            reason = f"not asked: no probe before it saved {', '.join(absent)}"
            return ProbeResult(probe=probe, verdict=ProbeVerdict.INCONCLUSIVE, reason=reason)
        result = replace(self._sent(filled(probe, self._saved)), probe=probe)
        return self._kept(result) if result.verdict is ProbeVerdict.PASS else result

    def _sent(self, probe: Probe) -> ProbeResult:
        if probe.websocket:
            headers = http.merged(self._headers, cookies.header(self._cookies))
            return websocket.exchange(probe, self._address, self._ports, headers=headers)
        done = http.ask(probe, self._address, self._ports, headers=self._headers, cookies=self._cookies)
        self._cookies = done.cookies
        return done.result

    def _kept(self, result: ProbeResult) -> ProbeResult:
        """Save what the probe names; an answer without it is no good answer."""
        document = parse(result.body)
        for name, path in result.probe.save.items():
            value = value_at(document, path)
            if value is ABSENT:
                return _lacking(result, path)
            self._saved[name] = _text(value)
        return result


def _lacking(result: ProbeResult, path: str) -> ProbeResult:
    return replace(result, verdict=ProbeVerdict.FAIL, reason=f"the answer has no {path}, which is to be saved")


def _text(value: JsonValue | Absent) -> str:
    return value if isinstance(value, str) else json.dumps(value)
