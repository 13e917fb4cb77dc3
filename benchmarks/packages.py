"""The packages check on an environment of more than three hundred really installed distributions.

packages.txt says what is installed (some 2 GB, kept in --folder between runs). Measured are NumPy's ABI, the C library,
system libraries, source builds and known clashes together, each time in a process of its own: with nothing kept and
the files not in memory, with nothing kept, and with what an earlier run kept.
Exit code: 0 when all was measured, 2 when something could not be; with --strict 1 when a claim does not hold.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

FEWEST: Final = 300
FEWEST_COMPILED: Final = 20
LIMIT_S: Final = 1.0
SERIES: Final = "3.12"
LIST: Final = Path(__file__).with_name("packages.txt")
COLD, UNKEPT, KEPT = "cold disk, nothing kept", "nothing kept", "kept"


class NotMeasuredError(Exception):
    """A side did not do its work, so its time says nothing."""


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(tempfile.gettempdir()) / "deploy-suite-packages-benchmark"
    parser.add_argument("--folder", type=Path, default=default, help=f"of the environment (default: {default})")
    parser.add_argument("--rounds", type=int, default=5, help="of each situation (default: 5)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a claim does not hold on this machine")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(once(options.folder)))
        return 0
    try:
        environment(options.folder)
        rounds = [
            (name, measured(options.folder, name)) for _ in range(options.rounds) for name in (COLD, UNKEPT, KEPT)
        ]
    except NotMeasuredError as error:
        print(error, file=sys.stderr)
        return 2
    return told(rounds, is_strict=options.strict)


def environment(folder: Path) -> None:
    """Install what packages.txt lists into *folder*, unless that was done. Raises: NotMeasuredError."""
    mark = folder / "complete"
    if mark.exists() and mark.read_text() == LIST.read_text():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"installing {LIST.name} into {folder}", file=sys.stderr, flush=True)
    from uv import find_uv_bin  # noqa: PLC0415  only to install

    from deploy_suite.model.secret import Curtain  # noqa: PLC0415  likewise
    from deploy_suite.wiring import opened  # noqa: PLC0415  likewise

    with opened(Curtain()) as ports:
        python = next((found.path for found in ports.interpreters.installed() if found.series == SERIES), None)
    if python is None:
        raise NotMeasuredError(f"this machine has no Python {SERIES}")
    for words in (
        ("venv", "--quiet", "--python", str(python), str(folder / "venv")),
        ("pip", "install", "--quiet", "--python", str(folder / "venv/bin/python"), "-r", str(LIST)),
    ):
        done = subprocess.run((find_uv_bin(), *words), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotMeasuredError(f"uv {' '.join(words)}:\n{done.stderr}")
    mark.write_text(LIST.read_text())


def measured(folder: Path, situation: str) -> dict[str, Any]:
    """Return what one run in a process of its own took. Raises: NotMeasuredError."""
    if situation != KEPT:
        shutil.rmtree(folder / "cache", ignore_errors=True)
    if situation == COLD:
        forget(folder / "venv")
    done = subprocess.run(
        (sys.executable, __file__, "--once", "--folder", str(folder)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotMeasuredError(done.stderr)
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["distributions"] < FEWEST or figures["compiled"] < FEWEST_COMPILED:
        raise NotMeasuredError(f"only {figures['distributions']} distributions, {figures['compiled']} of them compiled")
    if figures["found"]:
        raise NotMeasuredError(f"an environment with which nothing is wrong is accused: {figures['found']}")
    return figures


def forget(folder: Path) -> None:
    """Let the system drop what it has of the machine code and the records from memory, where it can be told to."""
    if sys.platform == "darwin":  # it has no such call
        return
    os.sync()
    for parent, _, names in os.walk(folder):
        for name in names:
            if ".so" in name or name in {"RECORD", "WHEEL"}:
                with open(os.path.join(parent, name), "rb") as opened:  # noqa: PTH118, PTH123  some thousand files
                    os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def once(folder: Path) -> dict[str, Any]:
    """Return what the check takes in this process, its imports apart."""
    began_import = time.perf_counter()
    from deploy_suite.checks.packages import binaries, judgements  # noqa: PLC0415  their time is told apart
    from deploy_suite.checks.packages.subject import Subject  # noqa: PLC0415  likewise
    from deploy_suite.environments import packages  # noqa: PLC0415  likewise
    from deploy_suite.knowledge import clashes  # noqa: PLC0415  likewise
    from deploy_suite.knowledge.platforms import images  # noqa: PLC0415  likewise

    imports_s = time.perf_counter() - began_import
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, began_cpu = time.perf_counter(), time.process_time()
    versions = packages.installed(folder / "venv")
    compiled = binaries.of_environment(folder / "venv", folder / "cache")
    subject = Subject(None, versions=versions, compiled=compiled, image=images.image("render-native"))  # type: ignore[arg-type] # a finding would ask it where the project imports the package, and there is to be none
    found = [finding for say in judgements.ON_PACKAGES for finding in say(subject)]
    met = clashes.met(versions)
    return {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - began_cpu,
        "imports": imports_s,
        "more_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "distributions": len(versions),
        "compiled": len(compiled),
        "files": sum(len(one.files) for one in compiled),
        "found": [*(finding.code for finding in found), *(clash.slug for clash in met)],
    }


def told(rounds: list[tuple[str, dict[str, Any]]], *, is_strict: bool) -> int:
    """Print the medians and judge."""
    first = rounds[0][1]
    print(
        f"{first['distributions']:.0f} distributions, {first['compiled']:.0f} of them compiled, "
        f"{first['files']:.0f} shared libraries"
    )
    print(f"{'medians':<26}{'wall s':>8}{'cpu s':>8}{'worst s':>9}{'more MiB':>10}{'MiB':>7}")
    holds = True
    for name in (COLD, UNKEPT, KEPT):
        runs = [figures for situation, figures in rounds if situation == name]
        walls = [figures["wall"] for figures in runs]
        cpu = statistics.median(figures["cpu"] for figures in runs)
        more = statistics.median(figures["more_mib"] for figures in runs)
        mib = statistics.median(figures["mib"] for figures in runs)
        print(f"{name:<26}{statistics.median(walls):>8.3f}{cpu:>8.3f}{max(walls):>9.3f}{more:>10.1f}{mib:>7.0f}")
        holds = holds and statistics.median(walls) <= LIMIT_S
    print(f"{'holds' if holds else 'FAILS'}  at most {LIMIT_S:.0f} s in each situation")
    return int(is_strict and not holds)


if __name__ == "__main__":
    sys.exit(main())
