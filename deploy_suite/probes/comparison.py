"""Two series of round-trip times → whether the later one is slower, by a margin that matters and beyond chance.

The test: permutation over blocks of consecutive samples. Neighbours in time resemble each other (a busy machine, a
pause of the garbage collector), so samples are not exchangeable one by one; blocks of them nearly are. Two effects are
asked for: a shift of the whole distribution (sum of ranks, Mann and Whitney; its size by Hodges and Lehmann on the
logarithms, the median of all ratios), and a longer tail (ratio of the 95th percentiles). Slower is said when one of
them is at least the margin, and 2 ms, and its p-value at most half the level, divided by the comparisons in one
verification. What changed between the two measurements beside the release (a busier machine) looks like the release.
Sources: Mann, Whitney 1947, https://doi.org/10.1214/aoms/1177730491; Hodges, Lehmann 1963,
https://doi.org/10.1214/aoms/1177704172; Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., 2005.
"""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.probes.latency import LEAST_SAMPLES, Latency, of_times, percentile

MARGIN: Final = 0.10  # a tenth is what a person begins to care about; less than that machines differ among themselves
LEAST_MS: Final = 2.0  # what nobody notices is no reason to go back, however sure it is
LEVEL: Final = 0.01  # of the first measurement, which a second must confirm before anything is called slower
LEVEL_AGAIN: Final = 0.05  # of the second measurement, which only confirms what the first one found
_BLOCKS: Final = 20
_ENOUGH: Final = 200  # of each side: the median of all pairs needs no more
_ROUNDS: Final = 2000
_SEED: Final = 20_250_101  # the same samples get the same verdict

Blocks = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An old and a new series.

    Shape: `shift` and `tail` are ratios, 1.3 for 30 % slower; a p-value is None where its effect is below the margin,
    or the other effect is sure. `is_shifted` is slower on the whole, not in the tail alone; `is_doubtful` slower where
    this machine may be why.
    """

    old: Latency
    new: Latency
    shift: float
    shift_p: float | None
    tail: float
    tail_p: float | None
    is_slower: bool
    is_shifted: bool = False
    is_doubtful: bool = False


def compared(
    old: Sequence[float], new: Sequence[float], *, level: float = LEVEL, comparisons: int = 1
) -> Comparison | None:
    """Return how *new* compares with *old*, both in the order they were measured; None with fewer than 20 in either."""
    if min(len(old), len(new)) < LEAST_SAMPLES:
        return None
    before, after = of_times(old), of_times(new)
    shift, tail = shift_ratio(old, new), after.p95_ms / max(before.p95_ms, 1e-6)
    limit = level / 2 / max(comparisons, 1)
    rounds = max(_ROUNDS, round(5 / limit))
    pools = _blocks(old), _blocks(new)
    shift_p = tail_p = None
    if shift >= 1 + MARGIN and after.p50_ms - before.p50_ms >= LEAST_MS:
        shift_p = _p_value(*_ranked(*pools), _sum, rounds=rounds, limit=limit)
    is_shifted = shift_p is not None and shift_p <= limit
    if tail >= 1 + MARGIN and after.p95_ms - before.p95_ms >= LEAST_MS and not is_shifted:
        tail_p = _p_value(_sorted(pools[0]), _sorted(pools[1]), _tail, rounds=rounds, limit=limit)
    return Comparison(
        old=before,
        new=after,
        shift=shift,
        shift_p=shift_p,
        tail=tail,
        tail_p=tail_p,
        is_slower=is_shifted or (tail_p is not None and tail_p <= limit),
        is_shifted=is_shifted,
    )


def shift_ratio(old: Sequence[float], new: Sequence[float]) -> float:
    """Return by which factor *new* takes longer on the whole: the median of all ratios between the two."""
    ratios = sorted(late / max(early, 1e-6) for late in _thinned(new) for early in _thinned(old))
    return percentile(ratios, 50)


def _thinned(times: Sequence[float]) -> Sequence[float]:
    """Return evenly spaced members of *times*."""
    step = len(times) / _ENOUGH
    return times if step <= 1 else [times[int(place * step)] for place in range(_ENOUGH)]


def _blocks(times: Sequence[float]) -> Blocks:
    """Return *times* cut into at most twenty runs of equal length; what is left over joins the last one."""
    count = min(_BLOCKS, len(times))
    size = len(times) // count
    return [times[at * size : (at + 1) * size if at < count - 1 else len(times)] for at in range(count)]


def _sorted(blocks: Blocks) -> Blocks:
    return [sorted(block) for block in blocks]


def _ranked(old: Blocks, new: Blocks) -> tuple[Blocks, Blocks]:
    """Return each block as the mean rank of its members among all samples; ties share their mean rank."""
    everything = sorted(time for block in (*old, *new) for time in block)
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for place, time in enumerate(everything):
        first.setdefault(time, place)
        last[time] = place
    ranks = {time: (first[time] + last[time]) / 2 for time in first}
    old_ranks, new_ranks = (
        [[sum(ranks[time] for time in block) / len(block)] for block in pool] for pool in (old, new)
    )
    return old_ranks, new_ranks


def _sum(_left: Blocks, right: Blocks) -> float:
    return sum(block[0] for block in right)


def _tail(left: Blocks, right: Blocks) -> float:
    return _p95(right) / max(_p95(left), 1e-6)


def _p95(blocks: Blocks) -> float:
    """Return the 95th percentile of sorted blocks; only the largest few of each are looked at."""
    count = sum(map(len, blocks))
    above = count - -(-count * 95 // 100) + 1
    return heapq.nlargest(above, (time for block in blocks for time in block[-above:]))[-1]


def _p_value(
    old: Blocks, new: Blocks, statistic: Callable[[Blocks, Blocks], float], *, rounds: int, limit: float
) -> float:
    """Return how often chance alone gives as much as was seen, the order that was seen counted among the rounds.

    Shape: no more rounds than it takes to know that it is above *limit*.
    """
    seen = statistic(old, new)
    pool, count = [*old, *new], len(old)
    chance = random.Random(_SEED)  # noqa: S311  no secret hangs on it
    as_much = 0
    for done in range(1, rounds + 1):
        chance.shuffle(pool)
        as_much += statistic(pool[:count], pool[count:]) >= seen
        if as_much > limit * rounds:
            return (as_much + 1) / (done + 1)
    return (as_much + 1) / (rounds + 1)
