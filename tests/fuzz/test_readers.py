"""Each reader for its share of the time, on edits of real files and on plain noise."""

import contextlib
import itertools
import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.budget import BUDGET, SEED
from tests.fuzz.mutations import contents
from tests.fuzz.readers import AGREED, READERS, Reader

TOP = Path(__file__).resolve().parents[2]
FOLDERS = (TOP / "tests/cases", TOP / "examples", TOP / "tests/fuzz/seeds")
MOST_SEEDS = 40
LARGEST_SEED = 100_000
SLOWEST_CPU_S = 10.0
EXAMPLES_A_ROUND = 100


def _seeds(reader: Reader) -> list[bytes]:
    folders = (*FOLDERS, *filter(None, (BUDGET.files, reader.folder)))
    found = sorted({path for folder in folders for pattern in reader.seeds for path in _files(folder, pattern)})
    return [*reader.samples, *(path.read_bytes() for path in found[:: max(1, len(found) // MOST_SEEDS)])]


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    for path in folder.rglob(pattern):
        if path.is_file() and path.stat().st_size < LARGEST_SEED and "node_modules" not in path.parts:
            yield path


@pytest.mark.parametrize("name", READERS)
def test_any_bytes_are_read_or_refused_in_the_way_agreed(name: str) -> None:
    reader = READERS[name]
    strategy = contents(_seeds(reader), most_bytes=reader.most_bytes)
    ends = time.monotonic() + BUDGET.seconds / len(READERS) if BUDGET.seconds is not None else math.inf
    failures = []

    def read(data: bytes) -> None:
        began = time.thread_time()
        try:
            with contextlib.suppress(*AGREED):
                reader.read(data)
            assert time.thread_time() - began < SLOWEST_CPU_S, "too slow for a file of this size"
        except BaseException as error:
            failures.append(error)
            raise

    for number in itertools.count():

        @seed(BUDGET.seed + number)
        @settings(
            deadline=None,
            database=None,
            max_examples=EXAMPLES_A_ROUND,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(strategy)
        def one_round(data: bytes) -> None:
            if failures or time.monotonic() < ends:  # what failed is made small, however late it is
                read(data)

        try:
            one_round()
        except Exception as error:
            error.add_note(f"repeat it with {SEED}={BUDGET.seed + number}")
            raise
        if BUDGET.seconds is None or time.monotonic() >= ends:
            return
