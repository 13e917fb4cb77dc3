"""How often `verify` calls a release slower: identical ones, and one that is 30 % slower, over real HTTP.

    python benchmarks/latency.py [COMPARISONS] [SAMPLES] [--strict]

The server sleeps for log-normal times with a pause now and then, and this machine's own noise comes on top; what the
exchange itself costs is measured first, and the slower release takes 30 % more of that too. The two releases are asked
in turn, so that the machine's busy spells meet both; slower is said only when a second measurement agrees, as in
`verify`, which can ask the old release only before the switch. With --strict the exit code is 1 when more than 1 of 100
identical ones are flagged, or fewer than 19 of 20 slower ones found.
"""

import http.server
import random
import statistics
import sys
import threading
import time
from collections.abc import Sequence

from deploy_suite.adapters.http import HttpxHttp
from deploy_suite.ports import Address, HttpRequest
from deploy_suite.probes.comparison import LEVEL, LEVEL_AGAIN, compared

MEDIAN_S = 0.012
SPREAD = 0.3


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes the time that the path asks for: "/1.3" is 30 % more; "/0" takes none."""

    overhead_s = 0.0

    chance = random.Random(11)  # noqa: S311  anybody can repeat it

    def do_GET(self) -> None:
        """Answer."""
        pause_s = MEDIAN_S * self.chance.lognormvariate(0, SPREAD)
        pause_s += self.chance.expovariate(1 / 0.03) if self.chance.random() < 0.02 else 0  # noqa: PLR2004
        factor = float(self.path[1:])
        time.sleep(pause_s * factor + max(factor - 1, 0) * self.overhead_s)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:  # type: ignore[override]
        """Say nothing."""


def main() -> int:
    """Print how many were flagged and found."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    comparisons, samples = [*numbers, *(20, 200)[len(numbers) :]][:2]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = Address("127.0.0.1", server.server_address[1])
    Handler.overhead_s = statistics.median(measured(address, "0", 100)) / 1000
    flagged = sum(is_slower(address, "1", samples) for _ in range(comparisons))
    print(f"identical: {flagged} of {comparisons} flagged, {samples} samples each", flush=True)
    found = sum(is_slower(address, "1.3", samples) for _ in range(comparisons))
    print(f"30 % slower: {found} of {comparisons} found")
    is_kept = flagged * 100 <= comparisons and found * 20 >= comparisons * 19
    return int("--strict" in sys.argv and not is_kept)


def is_slower(address: Address, factor: str, samples: int) -> bool:
    """Return whether the release that takes *factor* times as long is called slower, twice."""
    return all(slower(*in_turn(address, ("1", factor), samples), level=level) for level in (LEVEL, LEVEL_AGAIN))


def slower(old: Sequence[float], new: Sequence[float], *, level: float) -> bool:
    """Return the verdict of one comparison."""
    found = compared(old, new, level=level)
    return found is not None and found.is_slower


def in_turn(address: Address, factors: tuple[str, str], samples: int) -> tuple[Sequence[float], Sequence[float]]:
    """Return the times of both releases, asked one after the other all the time."""
    pairs = [[measured(address, factor, 1)[0] for factor in factors] for _ in range(samples)]
    return [old for old, _ in pairs], [new for _, new in pairs]


def measured(address: Address, factor: str, samples: int) -> Sequence[float]:
    """Return how long answers take, as the suite's own adapter measures it."""
    request = HttpRequest(method="GET", path=f"/{factor}")
    return [HttpxHttp().request(address, request, timeout_s=10).elapsed_ms for _ in range(samples)]


if __name__ == "__main__":
    sys.exit(main())
