"""How fast a log is diagnosed, against `grep -cE` of one pattern over the same file in the same run.

    python benchmarks/diagnose.py [MEBIBYTES ...]

The log is made here: access lines, application lines, one warning in a hundred, and a traceback at its very end.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy_suite.knowledge.catalogue import catalogue
from deploy_suite.knowledge.diagnosis import diagnose, diagnose_stream

PATTERN = r"[A-Za-z_.]+(Error|Exception): .+"
LITERAL = "ModuleNotFoundError: No module named"
END = """Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in <module>
    import numpy
ModuleNotFoundError: No module named 'numpy'
"""
MOST_TIMES_GREP = 10


def main() -> int:
    """Print one line a size; with --strict return 1 when a limit is not kept on this machine."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [10, 100]
    diagnose("warm up")
    is_kept = True
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / "app.log"
            write(path, size * 1024 * 1024)
            is_kept &= measured(path, size)
    print(
        f"rows {len(catalogue().causes)}, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB"
    )
    print("limits kept" if is_kept else "limits NOT kept")
    return int("--strict" in sys.argv and not is_kept)


def measured(path: Path, size: int) -> bool:
    """Print the figures of one file; whether they are within the limits."""
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        with path.open("rb") as stream:
            found = diagnose_stream(stream)
        seconds.append(time.perf_counter() - begun)
    ours = min(seconds)
    assert found.root is not None  # noqa: S101  a benchmark of wrong answers is worth nothing
    assert found.root.slug == "missing-requirement:numpy"  # noqa: S101
    pattern, literal = grepped(PATTERN, path), grepped(LITERAL, path)
    print(
        f"{size:>4} MiB: diagnose {ours:.2f} s; grep -cE {PATTERN!r} {pattern:.2f} s ({ours / pattern:.1f}x); "
        f"of a literal {literal:.2f} s ({ours / literal:.1f}x)"
    )
    return ours / pattern <= MOST_TIMES_GREP and (size > 10 or ours <= 1)  # noqa: PLR2004  the limits claimed


def grepped(pattern: str, path: Path) -> float:
    """Return the best of three runs of grep, in seconds (ours is the best of three too)."""
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(["grep", "-cE", pattern, str(path)], stdout=subprocess.PIPE, check=False)
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def write(path: Path, size: int) -> None:
    """Write a log of *size* bytes."""
    chance = random.Random(1)  # noqa: S311  no secret
    block = "".join(line(number, chance) for number in range(20_000)).encode()
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
        file.write(block[: size % len(block)] + b"\n" + END.encode())


def line(number: int, chance: random.Random) -> str:
    """Return the line *number* of a busy service's log."""
    at = f"2026-11-21T10:{number // 60 % 60:02}:{number % 60:02}.{number:06}Z"
    if number % 100 == 0:
        return (
            f"{at} app[web.1]: WARNING retry {number} of upstream {chance.random():.3f}, not fatal, error budget ok\n"
        )
    if number % 9 == 0:
        return f"{at} app[web.1]: INFO shop.jobs job {chance.randrange(10**6)} done in {chance.random():.3f} s\n"
    return (
        f'{at} app[web.1]: 10.1.2.3 - - "GET /items/{chance.randrange(10**6)} HTTP/1.1" 200 {chance.randrange(5000)}\n'
    )


if __name__ == "__main__":
    sys.exit(main())
