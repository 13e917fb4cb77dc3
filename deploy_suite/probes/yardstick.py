"""A fixed piece of this machine's own work, timed beside each probe → whether the machine may be what became slower.

Who asks has a share in each time that is measured: a thread that waits for a processor reads the answer late, and
where the service runs on the same machine, that waits too. A short sleep and a little work show how late, whatever the
service does. `benchmarks/latency.py` shows what comes of it.
"""

from collections.abc import Sequence
from typing import Final

from deploy_suite.ports import Clock
from deploy_suite.probes.comparison import Comparison
from deploy_suite.probes.latency import LEAST_SAMPLES, percentile

_NAP_S: Final = 0.001
_WORK: Final = 5000
# An exchange needs a processor more often than the yardstick: each side wakes, works and hands on several times. Over
# a service on the same machine, while others came and went, ten times left 18 of 80 false alarms of 150.
_SHARE: Final = 10.0


def taken_ms(clock: Clock) -> float:
    """Return how long this machine takes for a fixed piece of its own work now."""
    began_s = clock.now_s()
    clock.sleep(_NAP_S)
    total = 0
    for number in range(_WORK):
        total += number
    return (clock.now_s() - began_s) * 1000


def may_explain(found: Comparison, before_ms: Sequence[float], after_ms: Sequence[float]) -> bool:
    """Return whether what this machine took longer *after_ms* than *before_ms* may be all of what is slower.

    Shape: both as `taken_ms` told them beside the old and the new series; with fewer than 20 nothing is known.
    """
    if not found.is_slower or min(len(before_ms), len(after_ms)) < LEAST_SAMPLES:
        return False
    if found.is_shifted:
        return found.new.p50_ms - found.old.p50_ms <= _SHARE * (_mean(after_ms) - _mean(before_ms))
    return found.new.p95_ms - found.old.p95_ms <= _SHARE * (_p95(after_ms) - _p95(before_ms))


def in_words(before_ms: Sequence[float], after_ms: Sequence[float]) -> str:
    """Return the figures for a person."""
    mean, p95 = (f"{of(before_ms):.1f} → {of(after_ms):.1f} ms" for of in (_mean, _p95))
    return f"{mean} on average, {p95} at p95"


def _mean(times_ms: Sequence[float]) -> float:
    return sum(times_ms) / len(times_ms)


def _p95(times_ms: Sequence[float]) -> float:
    return percentile(sorted(times_ms), 95)
