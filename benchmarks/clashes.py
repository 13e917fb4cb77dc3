"""What it costs to look for known clashes among 300 installed distributions, and to load the rows.

python benchmarks/clashes.py [--strict]
"""

import subprocess
import sys
import time

from deploy_suite.knowledge import clashes

MOST_S = 0.05
INSTALLED = 300
ROUNDS = 20
LOAD = """
import time
began = time.process_time()
from deploy_suite.knowledge import clashes
clashes.rows()
print(time.process_time() - began)
"""


def main() -> int:
    """Print one line; with --strict return 1 when the limit is not kept."""
    loading = min(float(subprocess.check_output((sys.executable, "-c", LOAD))) for _ in range(3))
    versions = {f"distribution-{number}": f"{number}.0.1" for number in range(INSTALLED)}
    members = {name: "1.0" for row in clashes.rows() for name in row.distributions}
    versions = dict(list({**members, **versions}.items())[:INSTALLED]) | {"python": "3.13.0"}
    seconds = [_once(versions) for _ in range(ROUNDS)]
    is_kept = seconds[0] <= MOST_S
    print(
        f"{len(clashes.rows())} rows, {INSTALLED} distributions, {len(members)} of them in rows: first look "
        f"{seconds[0] * 1000:.1f} ms, then {min(seconds) * 1000:.2f} ms (at most {MOST_S * 1000:.0f} ms: "
        f"{'kept' if is_kept else 'NOT kept'}); loading rows and packaging, in a new process: {loading * 1000:.0f} ms"
    )
    return int("--strict" in sys.argv and not is_kept)


def _once(versions: dict[str, str]) -> float:
    began = time.process_time()
    clashes.met(versions, is_complete=True)
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
