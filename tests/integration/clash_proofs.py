"""Each row of knowledge/clashes.toml, really installed: its proof must fail as it says, its repair must not.

    python tests/integration/clash_proofs.py [--changed] [WORD ...]

WORD selects the rows whose slug or members hold it; --changed those that differ from the last commit. Environments are
made by uv, whose cache keeps what was downloaded. Exit code 1 when a row does not hold.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy_suite.knowledge import clashes
from deploy_suite.knowledge.clashes import Clash
from deploy_suite.knowledge.diagnosis import diagnose

TOP = Path(__file__).resolve().parents[2]
DATA = "deploy_suite/knowledge/clashes.toml"
INSTALL_S = 300.0
RUN_S = 120.0
AT_ONCE = 3


@dataclass(frozen=True)
class Shown:
    """What one set of versions showed. Shape: `problem` is "" where it was installed and run."""

    output: str = ""
    code: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one row. Shape: `fault` is "" where it holds; a row without proof is `unproved`."""

    clash: Clash
    fault: str = ""
    unproved: str = ""
    seconds: float = 0.0


def main(arguments: Sequence[str]) -> int:
    """Prove the rows that were asked for, print a table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--changed", action="store_true")
    chosen = parser.parse_args(arguments)
    rows = [row for row in clashes.rows() if is_wanted(row, chosen.words)]
    if chosen.changed:
        before = committed()
        rows = [row for row in rows if row not in before]
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(told, rows))
    wrong = [one for one in verdicts if one.fault]
    unproved = [one for one in verdicts if one.unproved]
    proved_rows = len(verdicts) - len(wrong) - len(unproved)
    print(
        f"{len(verdicts)} rows: {proved_rows} proved, {len(unproved)} not provable here, {len(wrong)} do not hold; "
        f"{time.monotonic() - began:.0f} s"
    )
    return int(bool(wrong))


def is_wanted(row: Clash, words: Sequence[str]) -> bool:
    return not words or any(word in text for word in words for text in (row.slug, *row.members))


def committed() -> tuple[Clash, ...]:
    """Return the rows of the last commit."""
    git = shutil.which("git") or "git"
    done = subprocess.run((git, "show", f"HEAD:{DATA}"), cwd=TOP, capture_output=True, text=True, check=True)
    try:
        return clashes.parse(done.stdout)
    except (TypeError, ValueError):
        return ()


def told(row: Clash) -> Verdict:
    verdict = proved(row)
    state = "FAULT " if verdict.fault else ("unproved" if verdict.unproved else "holds")
    print(
        f"{state:<8} {verdict.seconds:5.1f} s  {row.slug:<52} {' '.join(row.members)}"
        + (f"\n         {verdict.fault or verdict.unproved}" if verdict.fault or verdict.unproved else ""),
        flush=True,
    )
    return verdict


def proved(row: Clash) -> Verdict:
    """Return whether *row* holds: the proof fails with its error and is diagnosed as its slug, the repair does not."""
    if row.unproved:
        return Verdict(row, unproved=row.unproved)
    began = time.monotonic()
    fault = next(_faults(row), "")
    return Verdict(row, fault=fault, seconds=time.monotonic() - began)


def _faults(row: Clash) -> Iterator[str]:
    failing = shown(row, row.proof)
    if failing.problem:
        yield f"the proof cannot be installed: {failing.problem}"
    elif not failing.code or not holds(row, failing):
        yield f"the proof does not fail with {row.error!r}: {_last(failing)}"
    else:
        root = diagnose(failing.output).root
        if root is None or root.slug != row.slug:
            yield f"the proof's output is diagnosed as {root.slug if root else 'nothing'}"
    repaired = shown(row, row.repair)
    if repaired.problem:
        yield f"the repair cannot be installed: {repaired.problem}"
    elif row.error in repaired.output:
        yield f"the repair fails likewise: {_last(repaired)}"
    elif repaired.code and "refused" not in repaired.output and "absent" not in repaired.output + row.code:
        yield f"the repair fails in another way: {_last(repaired)}"


def holds(row: Clash, failing: Shown) -> bool:
    return any(line.strip().startswith(row.error) for line in failing.output.splitlines())


def shown(row: Clash, pins: str) -> Shown:
    """Install *pins* into an environment of their own and run the row's code in it."""
    python = interpreter(row.python)
    if not python:
        return Shown(problem=f"no Python {row.python} here")
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        own = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "PYTHON"))}
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        made = run((uv, "venv", "--quiet", "--no-project", "--python", python, str(venv)), folder, own, INSTALL_S)
        program = str(venv / "bin" / "python")
        made = (
            made
            if made.code
            else run((uv, "pip", "install", "--python", program, *pins.split()), folder, own, INSTALL_S)
        )
        if made.code:
            return Shown(problem=" ".join(made.output.split())[-300:])
        return run((program, "-I", "-W", "ignore", "-c", row.code), folder, own, RUN_S)


def run(command: tuple[str, ...], folder: str, variables: dict[str, str], timeout_s: float) -> Shown:
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return Shown(code=124, output=f"no end after {timeout_s:.0f} s")
    return Shown(output=done.stdout + done.stderr, code=done.returncode)


def interpreter(series: str) -> str:
    """Return a Python of *series*, "" where this machine has none."""
    own = f"python{series}"
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(versions.glob(f"{series}.*/bin/python")) if versions.is_dir() else []
    return str(found[-1]) if found else (shutil.which(own) or "")


def _last(one: Shown) -> str:
    lines = [line for line in one.output.splitlines() if line.strip()]
    return f"exit code {one.code}: {lines[-1][:200] if lines else 'no output'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
