"""Answers later than the target waits: sure once they are alike, and never while the service works on its start."""

from collections.abc import Iterator
from typing import cast

from deploy_suite.checks.boot.late_answers import PAUSE_S, LateAnswers
from deploy_suite.ports import Clock, Process

ENOUGH = 6


class Machine:
    """A clock and a process that are where the test puts them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.used_s = 0.0

    def now_s(self) -> float:
        return self.seconds

    def cpu_s(self) -> float:
        return self.used_s


def told(answers: Iterator[float] | list[float], *, working: float = 0.0) -> list[str]:
    """Return what is said after each of *answers*; *working* is the share of a processor used between them."""
    machine = Machine()
    late = LateAnswers(cast("Process", machine), cast("Clock", machine))
    said = []
    for took_s in answers:
        late.asking()
        machine.seconds += took_s
        machine.used_s += took_s  # the request itself may compute
        late.came(took_s)
        said.append(late.said())
        machine.seconds += PAUSE_S
        machine.used_s += working * PAUSE_S
    return said


def test_the_same_late_answer_many_times_in_a_row_is_sure() -> None:
    said = told([14.0, 8.0, 8.1, 7.9, 8.0, 8.2, 8.0])

    assert said == [""] * ENOUGH + ["answers in 8.0 s each time (6 times in a row, at rest between them)"]


def test_answers_that_become_faster_are_waited_for() -> None:
    assert not any(told([20.0, 17.0, 14.0, 12.0, 10.0, 9.0, 8.0, 7.0, 6.0]))


def test_a_service_that_works_between_its_answers_may_still_be_starting() -> None:
    assert not any(told([8.0] * 20, working=0.5))


def test_one_answer_in_time_or_none_at_all_begins_the_count_anew() -> None:
    machine = Machine()
    late = LateAnswers(cast("Process", machine), cast("Clock", machine))
    for _ in range(ENOUGH - 1):
        late.came(8.0)
    late.forget()
    late.came(8.0)
    assert late.said() == ""

    for _ in range(ENOUGH - 2):
        late.came(8.0)
    late.gave_up()
    late.came(8.0)
    assert late.said() == ""


def test_an_answer_is_waited_for_longer_only_after_two_were_given_up_and_until_one_comes_in_time() -> None:
    machine = Machine()
    late = LateAnswers(cast("Process", machine), cast("Clock", machine))

    seen = [late.is_expected]
    for step in (late.gave_up, late.gave_up, late.forget):
        step()
        seen.append(late.is_expected)

    assert seen == [False, False, True, False]


def test_the_service_is_left_alone_for_a_while_after_a_late_answer() -> None:
    machine = Machine()
    late = LateAnswers(cast("Process", machine), cast("Clock", machine))
    seen = [late.is_resting]

    late.came(8.0)
    seen.append(late.is_resting)
    machine.seconds += PAUSE_S
    seen.append(late.is_resting)

    assert seen == [False, True, False]
