"""Two series of round-trip times: identical releases are let through, slower ones are found."""

import random
from collections.abc import Sequence

import pytest

from deploy_suite.probes.comparison import LEVEL, LEVEL_AGAIN, compared, shift_ratio

MEDIAN_MS = 40.0


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  a test that anybody can repeat


def drawn(chance: random.Random, count: int, *, spread: float = 0.3, factor: float = 1.0) -> Sequence[float]:
    """Return log-normal times, two in a hundred with a pause on top, as seen of small services behind a proxy."""
    times = (MEDIAN_MS * chance.lognormvariate(0, spread) for _ in range(count))
    return [factor * (time + (chance.expovariate(1 / 300) if chance.random() < 0.02 else 0)) for time in times]


def with_long_tail(times: Sequence[float], chance: random.Random) -> Sequence[float]:
    """Return *times*, a quarter of them nearly twice as long: the median hardly moves, the 95th percentile does."""
    return [time * (1.9 if chance.random() < 0.25 else 1.0) for time in times]


def is_slower(old: Sequence[float], new: Sequence[float], *, level: float = LEVEL) -> bool:
    found = compared(old, new, level=level)
    assert found is not None
    return found.is_slower


def is_slower_twice(chance: random.Random, *, spread: float, factor: float = 1.0) -> bool:
    """Return what `verify` says: slower where a second measurement agrees, against the same baseline."""
    old = drawn(chance, 200, spread=spread)
    return all(
        is_slower(old, drawn(chance, 200, spread=spread, factor=factor), level=level) for level in (LEVEL, LEVEL_AGAIN)
    )


@pytest.mark.parametrize("spread", [0.3, 0.5])
def test_identical_releases_are_flagged_at_most_once_in_a_hundred_comparisons(spread: float) -> None:
    chance = seeded(7)

    flagged = [is_slower_twice(chance, spread=spread) for _ in range(100)]

    assert flagged.count(True) <= 1


@pytest.mark.parametrize("spread", [0.3, 0.5])
def test_thirty_percent_more_are_found_in_nineteen_of_twenty_comparisons(spread: float) -> None:
    chance = seeded(7)

    found = [is_slower_twice(chance, spread=spread, factor=1.3) for _ in range(20)]

    assert found.count(True) >= 19


def test_a_longer_tail_alone_is_found() -> None:
    chance = seeded(3)
    old, new = drawn(chance, 400), with_long_tail(drawn(chance, 400), chance)

    found = compared(old, new)

    assert found is not None
    assert found.is_slower
    assert found.tail > found.shift


def test_a_busy_spell_of_the_machine_is_not_a_slower_release() -> None:
    chance = seeded(5)
    spell = [time * 3 for time in drawn(chance, 20, spread=0.1)]

    assert not is_slower(drawn(chance, 200, spread=0.1), [*drawn(chance, 180, spread=0.1), *spell])


def test_five_percent_are_real_and_still_no_reason_to_go_back() -> None:
    chance = seeded(5)

    assert not is_slower(drawn(chance, 400, spread=0.05), drawn(chance, 400, spread=0.05, factor=1.05))


def test_a_faster_release_is_not_slower() -> None:
    chance = seeded(5)

    assert not is_slower(drawn(chance, 200), drawn(chance, 200, factor=0.5))


def test_fewer_than_twenty_samples_are_not_compared() -> None:
    assert compared([1.0] * 19, [2.0] * 200) is None
    assert compared([1.0] * 200, [2.0] * 19) is None


def test_the_same_samples_get_the_same_figures() -> None:
    old, new = drawn(seeded(1), 60), drawn(seeded(2), 60, factor=1.2)

    assert compared(old, new) == compared(old, new)


def test_the_shift_is_the_factor() -> None:
    assert shift_ratio([10.0, 20.0, 30.0], [20.0, 40.0, 60.0]) == 2.0


def test_less_than_two_milliseconds_more_are_no_reason_to_go_back() -> None:
    chance = seeded(5)
    old = [time / 20 for time in drawn(chance, 200, spread=0.1)]
    new = [time / 20 for time in drawn(chance, 200, spread=0.1, factor=1.5)]

    assert shift_ratio(old, new) > 1.4
    assert not is_slower(old, new)
