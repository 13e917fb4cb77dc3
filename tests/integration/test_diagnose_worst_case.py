"""No signature has a worst case that holds up the reader: each at 64 KiB, the slowest of them at a whole mebibyte."""

import re
import time

import pytest

from deploy_suite.knowledge.catalogue import catalogue
from deploy_suite.knowledge.diagnosis import diagnose

WORST = {
    f"{cause.slug}-{number}": " ".join(signature.find) + " "
    for cause in catalogue().causes.values()
    for number, signature in enumerate(cause.signatures)
}
SLOWEST = 16
# A part of a mebibyte may take its part of what the whole may; in less the clock sees no difference.
MOST_S = 4.0
PART = 16
# On a slow or busy machine any text takes that, and one of a thousand measures is always late: what is late is
# measured again, beside a text of the same form that says nothing. The slowest takes 4 times that, one that goes back
# over what it read (two gaps without a bound) 25 times.
MOST_TIMES_NOTHING = 10
MEASURES = 3


def seconds(literals: str, size: int) -> float:
    """Return the CPU time of reading *size* bytes that look like evidence, in one line and in many."""
    one_line = literals * (size // len(literals) + 1)
    begun = time.process_time()
    diagnose(one_line)
    diagnose(one_line.replace(" ", "\n"))
    return time.process_time() - begun


def least(literals: str, size: int) -> float:
    """Return the least of some measures of what reading *size* bytes takes: only what is not noise is in it."""
    return min(seconds(literals, size) for _ in range(MEASURES))


def slow(took: dict[str, float], size: int) -> dict[str, tuple[float, float]]:
    """Return those of *took* that a text of *size* bytes may not take, each with what nothing took in its form."""
    late = [name for name, one in took.items() if one > MOST_S * size / 2**20]
    beside = {name: (least(WORST[name], size), least(re.sub(r"\S", "x", WORST[name]), size)) for name in late}
    return {name: (one, nothing) for name, (one, nothing) in beside.items() if one > MOST_TIMES_NOTHING * nothing}


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    diagnose("warm up")
    return {name: seconds(literals, 2**20 // PART) for name, literals in WORST.items()}


@pytest.mark.integration
def test_no_signatures_worst_case_takes_more_than_its_share(measured: dict[str, float]) -> None:
    assert slow(measured, 2**20 // PART) == {}


@pytest.mark.integration
def test_a_mebibyte_of_the_slowest_worst_cases_is_read_at_once(measured: dict[str, float]) -> None:
    slowest = sorted(measured, key=lambda name: -measured[name])[:SLOWEST]

    took = {name: seconds(WORST[name], 2**20) for name in slowest}

    assert slow(took, 2**20) == {}
    # Reading grows with the log and no faster: measured where that is more than the clock's grain.
    faster = [name for name, one in took.items() if one > 1 and one > 2 * PART * measured[name]]
    again = {name: (least(WORST[name], 2**20), least(WORST[name], 2**20 // PART)) for name in faster}
    assert {name: (whole, part) for name, (whole, part) in again.items() if whole > 2 * PART * part} == {}
