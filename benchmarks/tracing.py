"""Tracing an entry point of large public trees, beside the tools that read whole trees, in one run.

Trees: Django's source archive and Home Assistant's wheel, from the package index. Peers: `ruff analyze graph`, grimp,
deptry and FawltyDeps. Each side, the suite too, is installed in an environment of its own, as users have it. All are
whole processes, the interpreter's start included, on files that the system has in memory. Nothing is kept between two
traces: a warm one is a cold one.
The peers read whole trees, tracing only what an entry point leads to: that is its point.
Exit code: 0 when all was measured, 2 when something could not be; with --strict 1 when a claim does not hold.
"""

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PEERS: Final = ("ruff", "grimp", "deptry", "fawltydeps")
NAME: Final = "deploy-suite"
PYTHON: Final = "3.13"  # what Home Assistant is written for
DEPTRY_RATIO: Final = 5.0
WARM_S: Final = 0.5
LIMIT_S: Final = 900.0
TRACE, COMMAND = "trace", "deploy-suite trace"
# What the command does before it prints: no less than the modules, the packages' import names and the chains. It ends
# as the command does, without freeing object by object.
PROGRAM: Final = """
import os
import sys
from pathlib import Path, PurePosixPath
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.tracer import trace
folder, module = Path(sys.argv[1]), sys.argv[2]
file = PurePosixPath(*module.split(".")).with_suffix(".py")
found = trace(EntryPoint(module=module, file=file), folder=folder, python="3.13", reads_all=False)
print(len(found.files), len({one.name for one in found.imports}), flush=True)
os._exit(0)
"""
GRIMP: Final = "import sys, grimp; print(len(grimp.build_graph(sys.argv[1], cache_dir=None).modules))"


class NotMeasuredError(Exception):
    """A side did not do its work, so its time says nothing."""


@dataclass(frozen=True)
class Tree:
    """A public tree. Shape: `package` is its import name, `entries` what is traced in it."""

    requirement: str
    package: str
    entries: tuple[str, ...]
    is_wheel: bool


@dataclass
class Run:
    """What was measured of one command."""

    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    said: str = ""


TREES: Final = (
    Tree("django==5.2.8", "django", ("django.core.wsgi",), is_wheel=False),
    Tree(
        "homeassistant==2025.7.4", "homeassistant", ("homeassistant.bootstrap", "homeassistant.__main__"), is_wheel=True
    ),
)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rounds", type=int, default=5, help="of the fast sides; the slow ones run once in three (default: 5)"
    )
    parser.add_argument("--folder", type=Path, help="where trees and tools are kept (default: a temporary folder)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a claim does not hold on this machine")
    options = parser.parse_args()
    try:
        if options.folder:
            options.folder.mkdir(parents=True, exist_ok=True)
            claims = [claim for tree in TREES for claim in compared(tree, options.folder, rounds=options.rounds)]
        else:
            with tempfile.TemporaryDirectory(prefix="tracing-benchmark-") as folder:
                claims = [claim for tree in TREES for claim in compared(tree, Path(folder), rounds=options.rounds)]
    except NotMeasuredError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(f"{'holds' if holds else 'FAILS'}  {claim}" for claim, holds in claims))
    return int(options.strict and not all(holds for _, holds in claims))


def compared(tree: Tree, folder: Path, *, rounds: int) -> list[tuple[str, bool]]:
    """Return the claims about *tree*, and print what was measured."""
    home, python = unpacked(tree, folder), suite(folder)
    commands = {name: command for peer in PEERS for name, command in peer_commands(peer, tree, folder).items()}
    for entry in tree.entries:
        commands[f"{TRACE} {entry}"] = (python, "-c", PROGRAM, str(home), entry)
        commands[f"{COMMAND} {entry}"] = (python, "-m", "deploy_suite", "trace", entry, "--project", str(home))
    runs = {name: Run() for name in commands}
    slow = {"fawltydeps", "deptry"}
    for turn in range(rounds):
        names = list(commands)
        for name in reversed(names) if turn % 2 else names:
            if turn % 3 == 0 or name not in slow:
                measure(commands[name], home, runs[name])
    print(table(tree, home, runs))
    return judged(tree, runs)


def unpacked(tree: Tree, folder: Path) -> Path:
    """Return the folder that holds the tree's package, fetched and unpacked once."""
    home = folder / tree.package
    if home.is_dir():
        return home
    kind = "--only-binary" if tree.is_wheel else "--no-binary"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        asked = ("--no-deps", kind, ":all:", *(("--python-version", "3.13.2") if tree.is_wheel else ()))
        call(sys.executable, "-m", "pip", "download", "--quiet", *asked, "--dest", place, tree.requirement)
        archive = next(Path(place).iterdir())
        target = Path(place) / "unpacked"
        if tree.is_wheel:
            zipfile.ZipFile(archive).extractall(target)  # noqa: S202  zipfile drops what leads outside
        else:
            with tarfile.open(archive) as content:
                content.extractall(target, filter="data")
        package = next(path for path in target.rglob(tree.package) if (path / "__init__.py").is_file())
        home.mkdir()
        shutil.move(package, home / tree.package)
    return home


def suite(folder: Path) -> str:
    """Return the interpreter of an environment into which the suite is installed as it is now."""
    python = folder / "peers" / "suite" / "bin" / "python"
    if not python.exists():
        call("uv", "venv", "--quiet", "--python", sys.executable, str(python.parents[1]))
    call("uv", "pip", "install", "--quiet", "--python", str(python), "--reinstall-package", NAME, str(REPOSITORY))
    return str(python)


def peer_commands(peer: str, tree: Tree, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return how *peer* is called on *tree*, installed where that is still to be done."""
    tool = folder / "peers" / peer
    if not (tool / "bin" / "python").exists():
        call("uv", "venv", "--quiet", "--python", PYTHON, str(tool))
        call("uv", "pip", "install", "--quiet", "--python", str(tool / "bin" / "python"), peer)
    program, package, home = str(tool / "bin" / peer), tree.package, folder / tree.package
    match peer:
        case "ruff":
            return {"ruff analyze graph": (program, "analyze", "graph", "--isolated", package)}
        case "grimp":
            return {"grimp": (str(tool / "bin" / "python"), "-c", GRIMP, package)}
        case "deptry":
            (home / "requirements.txt").touch()
            left_out = (word for path in relative(home) for word in ("--extend-exclude", path))
            return {"deptry": (program, "--no-ansi", "--json-output", os.devnull, *left_out, ".")}
        case _:
            return {"fawltydeps": (program, "--check-undeclared", "--code", ".", "--deps", "requirements.txt")}


def relative(home: Path) -> list[str]:
    """Return the files with `import_module(".x")`, on which deptry 0.25.1 ends with a ValueError of its own."""
    files = (path for path in home.rglob("*.py") if b'import_module(".' in path.read_bytes().replace(b'("."', b""))
    return [re.escape(str(path.relative_to(home))) for path in files]


def call(*words: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasuredError(f"{' '.join(words)[:200]} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


def measure(command: Sequence[str], home: Path, run: Run) -> None:
    """Run *command* in *home* and note its times and its memory; deptry and FawltyDeps end with 1 and 3 on findings."""
    environment = {**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = child.communicate(timeout=LIMIT_S)
    run.seconds.append(time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    run.cpu_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    run.said = out.strip().splitlines()[-1][:90] if out.strip() else ""
    if child.returncode not in {0, 1, 3} or "Traceback" in err:
        raise NotMeasuredError(f"{' '.join(command)[:160]} ended with {child.returncode}:\n{err[-2000:]}")
    if not run.peak_bytes:
        run.peak_bytes = peak_of(command, home, environment)


def peak_of(command: Sequence[str], home: Path, environment: Mapping[str, str]) -> int:
    """Return the largest memory of one process of *command*, run once more in a process that waits for it alone."""
    program = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        (sys.executable, "-c", program, *command), cwd=home, env=environment, capture_output=True, text=True, check=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * unit


def table(tree: Tree, home: Path, runs: Mapping[str, Run]) -> str:
    """Return medians, memory and ratios against `ruff analyze graph`."""
    files = sum(1 for _ in home.rglob("*.py"))
    ruff = statistics.median(runs["ruff analyze graph"].seconds)
    lines = [
        f"{tree.requirement}: {files} files",
        f"{'medians':<44}{'seconds':>9}{'cpu':>8}{'MiB':>7}{'/ ruff':>8}   runs",
    ]
    for name, run in runs.items():
        seconds = statistics.median(run.seconds)
        cpu = statistics.median(run.cpu_s)
        memory = run.peak_bytes / 1024**2
        lines.append(f"{name:<44}{seconds:>9.2f}{cpu:>8.3f}{memory:>7.0f}{seconds / ruff:>8.2f}   {len(run.seconds)}")
    traced = next(run for name, run in runs.items() if name.startswith(TRACE + " "))
    return "\n".join([*lines, f"traced: {traced.said.replace(' ', ' files, ')} packages", ""])


def judged(tree: Tree, runs: Mapping[str, Run]) -> list[tuple[str, bool]]:
    """Return each claim about *tree*, and whether it holds."""
    ruff, deptry = runs["ruff analyze graph"].seconds, runs["deptry"].seconds
    claims = []
    for entry in tree.entries:
        run = runs[f"{TRACE} {entry}"]
        ours = run.seconds
        ratio = statistics.median(ours) / statistics.median(ruff)
        claims.append((f"{entry}: at most the time of ruff analyze graph ({ratio:.2f} of it)", ratio <= 1))
        part = statistics.median(deptry) / statistics.median(ours)
        claims.append((f"{entry}: at most a fifth of deptry's time (1/{part:.1f})", part >= DEPTRY_RATIO))
        cpu = statistics.median(runs["deptry"].cpu_s) / statistics.median(run.cpu_s)
        claims.append((f"{entry}: at most a fifth of deptry's CPU time (1/{cpu:.1f})", cpu >= DEPTRY_RATIO))
        warm = statistics.median(ours[1:] or ours)
        claims.append((f"{entry}: warm at most {WARM_S} s ({warm:.2f} s)", warm <= WARM_S))
    return claims


if __name__ == "__main__":
    sys.exit(main())
