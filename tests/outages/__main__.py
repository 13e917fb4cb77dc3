"""The table of `nox -s outages`: what preflight must say of each variant, and what it says.

    python -m tests.outages [--quick] [--jobs N] [PROJECT | PROJECT/VARIANT ...]

Exit code: 0 when all is as expected, 1 on any difference. What this machine cannot run is skipped, aloud; with
DEPLOY_SUITE_NO_SKIPS in the environment that is a difference too.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.outages.cases import Variant, variants
from tests.outages.verdict import Verdict, judge

_JOBS = 2
_NO_SKIPS = "DEPLOY_SUITE_NO_SKIPS"
Row = tuple[str, str, str, str, str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and below it each difference."""
    options = _parser().parse_args(arguments)
    chosen = [one for one in variants(options.names) if not (options.quick and one.slow)]
    able = [one for one in chosen if not one.lacking]
    began = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(lambda one: judge(one, *(["--fresh"] if options.fresh else [])), able))
    print("\n".join(table(verdicts)))
    for verdict in verdicts:
        for difference in verdict.differences:
            print(f"{_name(verdict.variant)}: {difference}")
    for one in chosen:
        if one.lacking:
            print(f"{_name(one)}: SKIPPED, this machine has no {', '.join(one.lacking)}")
    right = sum(verdict.is_right for verdict in verdicts)
    print(f"{right} of {len(chosen)} as expected, {time.monotonic() - began:.0f} s")
    wanted = chosen if os.environ.get(_NO_SKIPS) else able
    return int(right != len(wanted))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.outages", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="PROJECT[/VARIANT]")
    parser.add_argument("--quick", action="store_true", help="leave out the variants that are marked slow")
    parser.add_argument("--fresh", action="store_true", help="reuse no earlier verdict and no environment")
    parser.add_argument("--jobs", type=int, default=_JOBS, help=f"variants side by side (default: {_JOBS})")
    return parser


def _name(variant: Variant) -> str:
    return f"{variant.project}/{variant.name}"


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the table: a row a variant, a line of it a cause."""
    rows = [("project", "variant", "must name", "names", "verdict", "s")]
    for verdict in verdicts:
        rows += _rows(verdict)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _rows(verdict: Verdict) -> Iterator[Row]:
    variant = verdict.variant
    must = [cause.code for cause in variant.causes] or ["-"]
    named = list(verdict.named) or ["-"]
    height = max(len(must), len(named))
    seconds = f"{verdict.seconds:.1f}" + (" kept" if verdict.reused else "")
    judged = "as expected" if verdict.is_right else "DIFFERS"
    for at in range(height):
        due, found = (names[at] if at < len(names) else "" for names in (must, named))
        yield (variant.project, variant.name, due, found, judged, seconds) if at == 0 else ("", "", due, found, "", "")


if __name__ == "__main__":
    sys.exit(main())
