"""A probe asked many times → how long its answers take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.probe import Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address, Ports
from deploy_suite.probes.session import run

LEAST_SAMPLES: Final = 20  # with fewer, the 95th percentile is the slowest of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Round-trip times in milliseconds. Shape: `count` good answers of `asked`; zeros when there was none."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    count: int
    asked: int


def latency(
    probe: Probe, address: Address, ports: Ports, *, headers: Mapping[str, str], samples: int = LEAST_SAMPLES
) -> Latency:
    """Return the times of *samples* good answers to *probe*, asked one after the other.

    Only for probes that may be repeated (RFC 9110 section 9.2.1). Shape: fewer than asked when some failed.
    """
    asked = max(samples, LEAST_SAMPLES)
    results = [run((probe,), address, ports, headers=headers)[0] for _ in range(asked)]
    return of_results(results)


def of_results(results: Sequence[ProbeResult]) -> Latency:
    """Return the latency that *results* show; failed ones took no time that says anything."""
    times = [result.elapsed_ms for result in results if result.verdict is ProbeVerdict.PASS]
    return of_times(times, asked=len(results))


def of_times(times_ms: Sequence[float], *, asked: int) -> Latency:
    """Return the latency of *asked* exchanges of which those that were good took *times_ms*."""
    times = sorted(times_ms)
    return Latency(
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        p99_ms=percentile(times, 99),
        count=len(times),
        asked=asked,
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that *percent* of *ordered* do not exceed (nearest rank), 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
