"""The times of many answers → how long they take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEAST_SAMPLES: Final = 20  # with fewer, the 95th percentile is the slowest of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Round-trip times in milliseconds. Shape: `count` good answers; zeros when there was none."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    count: int


def of_times(times_ms: Sequence[float]) -> Latency:
    """Return the latency of good exchanges that took *times_ms*."""
    times = sorted(times_ms)
    return Latency(
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        p99_ms=percentile(times, 99),
        count=len(times),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that *percent* of *ordered* do not exceed (nearest rank), 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
