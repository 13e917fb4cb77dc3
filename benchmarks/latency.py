"""How often `verify` calls a release slower: identical ones, and one that is 30 % slower, over real HTTP.

    python benchmarks/latency.py [COMPARISONS] [SAMPLES] [--busier] [--strict]

The server is a process of its own; it works for a tenth of its time and sleeps for the rest, log-normal times with a
pause now and then, and this machine's own noise comes on top; what the exchange itself costs is measured first, and the
slower release takes 30 % more of that too. Slower is said only when a second measurement agrees, as in `verify`, and
doubtful where this machine's own work took so much longer beside the new release that it may be why.

The two releases are asked in turn, so that the machine's busy spells meet both; `verify` can ask the old release only
before the switch. With --busier it is so here: once the old one was measured, four processes begin to compute at a
low priority (`nice -n 15`), and the new one is measured beside them. With --strict the exit code is 1 when
more than 1 of 100 identical ones are flagged, or, asked in turn, fewer than 19 of 20 slower ones found.
"""

import contextlib
import http.server
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy_suite.adapters.clock import SystemClock
from deploy_suite.adapters.http import HttpxHttp
from deploy_suite.ports import Address, HttpRequest
from deploy_suite.probes import yardstick
from deploy_suite.probes.comparison import LEVEL, LEVEL_AGAIN, compared

MEDIAN_S = 0.012
SPREAD = 0.3
WORKS = 0.1
NEIGHBOURS = 4
SLOWER, DOUBTFUL, FAST = "slower", "doubtful", "as fast"
SERVE = "--serve"


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes the time that the path asks for: "/1.3/0.002" is 30 % more, of 2 ms of overhead too; "/0/0" takes none."""

    chance = random.Random(11)  # noqa: S311  anybody can repeat it

    def do_GET(self) -> None:
        """Answer."""
        factor, overhead_s = map(float, self.path[1:].split("/"))
        pause_s = MEDIAN_S * self.chance.lognormvariate(0, SPREAD)
        pause_s += self.chance.expovariate(1 / 0.03) if self.chance.random() < 0.02 else 0  # noqa: PLR2004
        until_s = time.thread_time() + pause_s * factor * WORKS
        time.sleep(pause_s * factor * (1 - WORKS) + max(factor - 1, 0) * overhead_s)
        while time.thread_time() < until_s:
            pass
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured of a release, and what this machine's own work took meanwhile, in milliseconds."""

    times: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A server, and how it is asked."""

    address: Address
    samples: int
    is_busier: bool
    overhead_s: float = 0.0

    def verdict(self, factor: float) -> str:
        """Return what is said of the release that takes *factor* times as long: "slower" and "doubtful" need two."""
        first = self._compared(factor, level=LEVEL)
        if first == FAST:
            return FAST
        second = self._compared(factor, level=LEVEL_AGAIN)
        return second if first == SLOWER or second == FAST else DOUBTFUL

    def _compared(self, factor: float, *, level: float) -> str:
        old, new = self._one_after_the_other(factor) if self.is_busier else self._in_turn(factor)
        found = compared(old.times, new.times, level=level)
        if found is None or not found.is_slower:
            return FAST
        return DOUBTFUL if yardstick.may_explain(found, old.own, new.own) else SLOWER

    def _in_turn(self, factor: float) -> tuple[Series, Series]:
        old, new = Series(), Series()
        for _ in range(self.samples):
            self.sample(old, 1.0)
            self.sample(new, factor)
        return old, new

    def _one_after_the_other(self, factor: float) -> tuple[Series, Series]:
        old, new = Series(), Series()
        for _ in range(self.samples):
            self.sample(old, 1.0)
        with neighbours():
            for _ in range(self.samples):
                self.sample(new, factor)
        return old, new

    def sample(self, series: Series, factor: float) -> None:
        """Take one more sample, as `verify` does."""
        series.own.append(yardstick.taken_ms(SystemClock()))
        request = HttpRequest(method="GET", path=f"/{factor}/{self.overhead_s}")
        series.times.append(HttpxHttp().request(self.address, request, timeout_s=10).elapsed_ms)


def main() -> int:
    """Print how many were flagged and found."""
    if SERVE in sys.argv:
        return serve()
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    comparisons, samples = [*numbers, *(20, 200)[len(numbers) :]][:2]
    is_busier = "--busier" in sys.argv
    with served() as address:
        bench = Bench(address=address, samples=samples, is_busier=is_busier)
        empty = Series()
        for _ in range(100):
            bench.sample(empty, 0.0)
        overhead_s = statistics.median(empty.times) / 1000
        bench = Bench(address=address, samples=samples, is_busier=is_busier, overhead_s=overhead_s)
        flagged = told("identical", bench, 1.0, comparisons)
        found = told("30 % slower", bench, 1.3, comparisons)
    is_kept = flagged * 100 <= comparisons and (is_busier or found * 20 >= comparisons * 19)
    return int("--strict" in sys.argv and not is_kept)


def told(name: str, bench: Bench, factor: float, comparisons: int) -> int:
    """Print what was said of a release in so many comparisons, and return how often it was called slower."""
    said = Counter(bench.verdict(factor) for _ in range(comparisons))
    words = ", ".join(f"{said[one]} {one}" for one in (SLOWER, DOUBTFUL, FAST))
    print(f"{name}: of {comparisons} comparisons {words}; {bench.samples} samples each", flush=True)
    return said[SLOWER]


@contextlib.contextmanager
def served() -> Iterator[Address]:
    """Yield where a server answers."""
    command = (sys.executable, __file__, SERVE)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield Address("127.0.0.1", int((server.stdout or sys.stdin).readline()))
        finally:
            server.kill()


def serve() -> int:
    """Serve until killed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    return 0


@contextlib.contextmanager
def neighbours() -> Iterator[None]:
    """Let others compute on this machine meanwhile, for a minute at most."""
    busy = "import os, time\nos.nice(15)\nuntil = time.monotonic() + 60\nwhile time.monotonic() < until: pass"
    with contextlib.ExitStack() as stack:
        for _ in range(NEIGHBOURS):
            one = stack.enter_context(subprocess.Popen((sys.executable, "-c", busy)))
            stack.callback(one.kill)
        yield


if __name__ == "__main__":
    sys.exit(main())
