"""A WebSocket exchange → its result."""

import json
from collections.abc import Mapping, Sequence

from deploy_suite.model.probe import JsonValue, Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address, Ports, UnreachableError
from deploy_suite.probes.expectations import latency_problem
from deploy_suite.probes.http import in_words, merged
from deploy_suite.probes.json_paths import mismatch, parse


def exchange(probe: Probe, address: Address, ports: Ports, *, headers: Mapping[str, str]) -> ProbeResult:
    """Return what came of *probe*: its frames sent, as many messages received as it expects, each compared."""
    began_s = ports.clock.now_s()
    try:
        received = ports.websockets.exchange(
            address,
            probe.path,
            headers=merged(headers, probe.headers),
            frames=tuple(frame_text(frame) for frame in probe.send),
            receive=len(probe.receive),
            timeout_s=probe.timeout_s,
        )
    except UnreachableError as error:
        return ProbeResult(probe=probe, verdict=ProbeVerdict.FAIL, reason=in_words(error), unreachable=error.reason)
    elapsed_ms = (ports.clock.now_s() - began_s) * 1000
    reason = _difference(probe.receive, received) or latency_problem(probe.expect, elapsed_ms)
    return ProbeResult(
        probe=probe,
        verdict=ProbeVerdict.FAIL if reason else ProbeVerdict.PASS,
        elapsed_ms=elapsed_ms,
        body="\n".join(received),
        reason=reason,
    )


def frame_text(frame: JsonValue) -> str:
    """Return what is sent: a text as it is, anything else as JSON."""
    return frame if isinstance(frame, str) else json.dumps(frame)


def _difference(wanted: Sequence[JsonValue], received: Sequence[str]) -> str:
    pairs = enumerate(zip(wanted, received, strict=True), start=1)
    return next((f"message {number}: {text}" for number, pair in pairs if (text := _wrong(*pair))), "")


def _wrong(wanted: JsonValue, message: str) -> str:
    if isinstance(wanted, dict):
        return mismatch(parse(message), wanted)
    if isinstance(wanted, str):
        return "" if message == wanted else f"{message[:200]!r} where {wanted!r} was expected"
    return mismatch(parse(message), {"": wanted})
