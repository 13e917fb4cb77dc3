"""What this machine took longer itself may be all of what became slower, or is not."""

import pytest

from deploy_suite.probes import yardstick
from deploy_suite.probes.comparison import Comparison, compared
from tests.doubles.machine import Stopwatch

CALM = [1.25] * 100


def found(old: list[float], new: list[float]) -> Comparison:
    one = compared(old, new)
    assert one is not None
    return one


def shifted(by: float) -> Comparison:
    old = [20 + place % 7 for place in range(100)]
    return found([float(one) for one in old], [one * by for one in old])


def with_a_tail() -> Comparison:
    old = [20.0 + place % 7 for place in range(200)]
    return found(old, [one + 40 if place % 10 < 2 else one for place, one in enumerate(old)])


def test_it_takes_as_long_as_the_machine_lets_it_wait() -> None:
    assert yardstick.taken_ms(Stopwatch(late_s=0.004)) == pytest.approx(5.0)


@pytest.mark.parametrize(("own_ms", "explains"), [(1.25, False), (1.6, False), (2.5, True)])
def test_a_shift_is_explained_by_a_tenth_of_it(own_ms: float, *, explains: bool) -> None:
    assert yardstick.may_explain(shifted(1.3), CALM, [own_ms] * 100) is explains


@pytest.mark.parametrize(("late_ms", "explains"), [(2.0, False), (9.0, True)])
def test_a_tail_is_explained_by_a_tail(late_ms: float, *, explains: bool) -> None:
    own = [late_ms if place % 10 == 0 else 1.25 for place in range(100)]
    one = with_a_tail()

    assert (one.is_slower, one.is_shifted) == (True, False)
    assert yardstick.may_explain(one, CALM, own) is explains


def test_a_machine_that_was_busier_before_explains_nothing() -> None:
    assert yardstick.may_explain(shifted(1.3), [6.0] * 100, CALM) is False


def test_nothing_is_explained_where_nothing_is_slower_or_nobody_measured() -> None:
    busy = [9.0] * 100

    assert [
        yardstick.may_explain(shifted(1.0), CALM, busy),
        yardstick.may_explain(shifted(1.3), (), busy),
        yardstick.may_explain(shifted(1.3), CALM, busy[:19]),
    ] == [False, False, False]
