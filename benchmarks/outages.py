"""What the peers say of the outages of examples/outages, and what preflight says: one table, all in one run.

    python benchmarks/outages.py [PROJECT | PROJECT/VARIANT ...]

Each variant is installed as its build (or its start script) installs it, into an environment of its own. deptry and
pip-check-reqs run in a copy of that, as their documentation asks; FawltyDeps, creosote and `uv pip check` look at it
from outside; gunicorn loads the application in it, with made-up values for the variables of render.yaml; ruff reads the
sources with its security and bug rules. A peer names a cause when it speaks of the same package, or of the same line.
The list of causes is this repository's own, and most of them are nothing that a peer was made to find.
Exit code: 0 when all was measured; with --strict 1 when preflight is not right on every variant.
"""

import functools
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from uv import find_uv_bin

TOP: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))

from deploy_suite.adapters.interpreters import SystemInterpreters  # noqa: E402  likewise
from tests.outages.cases import Cause, Variant, variants  # noqa: E402  found in this repository alone
from tests.outages.verdict import judge  # noqa: E402

PEERS: Final = ("deptry", "FawltyDeps", "pip-check-reqs", "creosote", "uv pip check", "ruff", "gunicorn --check-config")
OWN_ENVIRONMENTS: Final = {"FawltyDeps": "fawltydeps", "creosote": "creosote", "ruff": "ruff"}
CHOSEN: Final = (
    *("gazelle/before", "gazelle/after", "konan/procfile", "konan/patched", "konan/after"),
    *("vision/before", "vision/after", "her/before", "her/after"),
)
# What no import statement names and the service nevertheless cannot do without: to call it unused is a false alarm.
# Of what is listed and indeed not needed, or needed and only brought by another, a complaint is none.
NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "gazelle": frozenset({"uvicorn"}),
    "konan": frozenset({"uvicorn", "uvicorn-worker", "gunicorn", "psycopg2-binary", "bcrypt", "email-validator"}),
    "vision": frozenset({"uvicorn", "gunicorn", "python-multipart"}),
    "her": frozenset({"websockets", "python-multipart"}),
}
APPLICATIONS: Final = {"gazelle": "api.main:app", "konan": "app.main:app", "vision": "app.main:app", "her": "main:app"}
PYTHONS: Final = {"gazelle": "3.12", "konan": "3.11", "vision": "3.11", "her": "3.12"}
NAMED, NOT_NAMED, FALSE = "named", "-", "false alarm"
INSTALL: Final = re.compile(r"pip3? install (?P<words>[^\n&|;]+)")
COLOUR: Final = re.compile("\x1b\\[[0-9;]*m")
LIMIT_S: Final = 300


@dataclass
class Site:
    """One variant, installed. Shape: `clean` is as the target has it; `asked` has the peers beside it that want so."""

    variant: Variant
    folder: Path
    root: Path
    clean: Path
    asked: Path


@dataclass
class Said:
    """What one tool says of one variant. Shape: `packages` and `places` are what it complains of; `text` all of it."""

    packages: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    text: str = ""
    seconds: float = 0.0


@dataclass
class Column:
    """One tool over all variants."""

    named: int = 0
    false_alarms: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """Print the table, then what each tool named in all, its false alarms and its CPU seconds."""
    names = [word for word in sys.argv[1:] if not word.startswith("-")] or list(CHOSEN)
    columns = {name: Column() for name in (*PEERS, "preflight")}
    right = causes = 0
    print("".join(cell.ljust(width) for cell, width in zip(("variant", "cause", *columns), _widths(), strict=True)))
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        tools = installed_tools(Path(folder) / "tools")
        for variant in variants(names):
            site = installed(variant, Path(folder) / variant.project / variant.name)
            said = {name: ask(site, tools) for name, ask in ASKING.items()}
            began = cpu_s()
            verdict = judge(variant, "--fresh")
            ours = Said(text="\n".join(verdict.named), seconds=cpu_s() - began)
            right += verdict.is_right
            causes += len(variant.causes)
            for row in rows(site, said, ours, columns):
                print("".join(cell.ljust(width) for cell, width in zip(row, _widths(), strict=True)).rstrip())
            shutil.rmtree(site.folder)
    print(f"\n{causes} causes:")
    for name, column in columns.items():
        alarms = f"{len(column.false_alarms)} false alarms" + (
            f" ({', '.join(sorted(set(column.false_alarms)))})" if column.false_alarms else ""
        )
        print(f"  {name:<24} {column.named:>3} named, {alarms}, {column.seconds:.1f} CPU s")
    print(f"preflight is right on {right} of {len(names)} variants; its seconds are those of building and booting too")
    return int("--strict" in sys.argv and right < len(names))


def _widths() -> tuple[int, ...]:
    return (26, 54, *(len(name) + 2 for name in PEERS), 9)


def rows(site: Site, said: Mapping[str, Said], ours: Said, columns: Mapping[str, Column]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each cause of the variant, and one for what is said besides."""
    name = f"{site.variant.project}/{site.variant.name}"
    for cause in site.variant.causes:
        place = cause.place(site.folder / "repository" / site.variant.project)
        cells = {tool: NAMED if names(cause, place, one, site) else NOT_NAMED for tool, one in said.items()}
        cells["preflight"] = NAMED if f"{cause.code} {place}".strip() in ours.text else NOT_NAMED
        for tool, cell in cells.items():
            columns[tool].named += cell == NAMED
        yield (name, cause.code[:52], *cells.values())
        name = ""
    besides = {tool: false_alarms(one, site) for tool, one in said.items()} | {"preflight": ()}
    for tool, one in {**said, "preflight": ours}.items():
        columns[tool].seconds += one.seconds
        columns[tool].false_alarms += besides[tool]
    counts = (str(len(besides[tool])) if besides[tool] else "" for tool in columns)
    yield (name, "(false alarms)", *counts)


def names(cause: Cause, place: str, said: Said, site: Site) -> bool:
    """Whether a tool speaks of the cause: of its package, of its line, or of its error."""
    parameter = re.split(r"[\[:]", cause.code.partition(":")[2])[0]
    if cause.code.startswith("missing-requirement:"):
        return parameter in said.packages or f"No module named '{parameter}'" in said.text
    if cause.code.startswith("missing-env-var:"):
        return bool(re.search(rf"KeyError: '{parameter}'|{parameter}\b.*Field required", said.text, re.DOTALL))
    if cause.code.startswith("numpy-abi"):
        return "numpy.core.multiarray failed to import" in said.text or "_ARRAY_API" in said.text
    if cause.code == "gunicorn-not-installed":
        return "gunicorn" in said.packages and "gunicorn" not in listed(site)
    return f"{Path(place.partition(':')[0]).name}:{place.partition(':')[2]}" in said.places


def false_alarms(said: Said, site: Site) -> tuple[str, ...]:
    """Return the packages that are called unused and are needed, and a loading that fails in what boots."""
    found = sorted(said.packages & NEEDED[site.variant.project])
    if site.variant.exit == 0 and "Error" in said.text and "Traceback" in said.text:
        found.append("does not load")
    return tuple(found)


def listed(site: Site) -> str:
    """Return the requirements file."""
    return (site.root / "requirements.txt").read_text(encoding="utf-8")


def installed_tools(folder: Path) -> Mapping[str, Path]:
    """Install each peer that needs no project into an environment of its own."""
    found = {}
    for name, package in OWN_ENVIRONMENTS.items():
        uv("venv", "--quiet", "--python", sys.executable, str(folder / package))
        uv("pip", "install", "--quiet", "--python", str(folder / package), package)
        found[name] = folder / package / "bin" / package
    return found


def installed(variant: Variant, folder: Path) -> Site:
    """Install *variant* as its build or its start script does."""
    clone = variant.repository(folder / "repository")
    manifest = clone / "render.yaml"
    service = yaml.safe_load(manifest.read_text())["services"][0] if manifest.exists() else {}
    root = clone / service.get("rootDir", "")
    texts = [str(service.get("buildCommand", "pip install -r requirements.txt"))]
    texts += [file.read_text() for file in root.glob("start.sh")]
    words = [shlex.split(found["words"]) for text in texts for found in INSTALL.finditer(text)]
    wanted = [one for one in words if one != ["--upgrade", "pip"]]
    site = Site(variant=variant, folder=folder, root=root, clean=folder / "clean", asked=folder / "asked")
    for venv, more in ((site.clean, ()), (site.asked, ("deptry", "pip-check-reqs", "gunicorn"))):
        uv("venv", "--quiet", "--python", interpreter(PYTHONS[variant.project]), str(venv))
        for one in wanted:
            uv("pip", "install", "--quiet", "--python", str(venv), *(w for w in one if w != "-q"), cwd=root)
        if more:
            uv("pip", "install", "--quiet", "--python", str(venv), *more)
    return site


@functools.cache
def interpreter(series: str) -> str:
    """Return the path of a Python of *series* on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        found = SystemInterpreters(cache=Path(folder) / "found.json").installed()
    return str(next(one.path for one in found if one.series == series))


def uv(*words: str, cwd: Path = TOP) -> None:
    """Run uv."""
    subprocess.run((find_uv_bin(), *words), cwd=cwd, check=True, capture_output=True, timeout=LIMIT_S)


def cpu_s() -> float:
    """Return the CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(site: Site, *words: str, environment: Mapping[str, str] | None = None) -> Said:
    """Run one tool in the service's folder."""
    began = cpu_s()
    done = subprocess.run(
        words,
        cwd=site.root,
        env={**os.environ, "NO_COLOR": "1", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    return Said(text=COLOUR.sub("", f"{done.stdout}\n{done.stderr}"), seconds=cpu_s() - began)


def canonical(names: Sequence[str]) -> frozenset[str]:
    """Return *names* as the package index writes them."""
    return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in names if name)


def deptry(site: Site, _tools: Mapping[str, Path]) -> Said:
    """`deptry . -rf requirements.txt`, in the project's environment."""
    said = run(site, str(site.asked / "bin/deptry"), ".", "--no-ansi", "-rf", "requirements.txt")
    said.packages = canonical(re.findall(r"DEP\d+ '([^']+)'", said.text))
    return said


def fawltydeps(site: Site, tools: Mapping[str, Path]) -> Said:
    """`fawltydeps --detailed`, told of the environment."""
    words = ("--detailed", "--code", ".", "--deps", "requirements.txt", "--pyenv", str(site.clean))
    said = run(site, str(tools["FawltyDeps"]), *words)
    said.packages = canonical(re.findall(r"^- '([^']+)'", said.text, re.MULTILINE))
    return said


def pip_check_reqs(site: Site, _tools: Mapping[str, Path]) -> Said:
    """`pip-missing-reqs` and `pip-extra-reqs`, in the project's environment."""
    said = Said()
    for program in ("pip-missing-reqs", "pip-extra-reqs"):
        one = run(site, str(site.asked / "bin" / program), "--requirements-file", "requirements.txt", ".")
        said = Said(text=said.text + one.text, seconds=said.seconds + one.seconds)
    missing = re.findall(r"dist=(\S+) module=", said.text)
    extra = re.findall(r"^(?:Extra requirements:\s*)?(\S+) in \S*requirements\.txt", said.text, re.MULTILINE)
    said.packages = canonical([*missing, *extra])
    return said


def creosote(site: Site, tools: Mapping[str, Path]) -> Said:
    """`creosote`, told of the environment."""
    said = run(site, str(tools["creosote"]), "--venv", str(site.clean), "-p", ".", "-d", "requirements.txt")
    found = re.search(r"Unused dependencies found: (.*)", said.text)
    said.packages = canonical(found[1].split(", ") if found else ())
    return said


def uv_pip_check(site: Site, _tools: Mapping[str, Path]) -> Said:
    """`uv pip check`, which says what `pip check` says."""
    said = run(site, find_uv_bin(), "pip", "check", "--python", str(site.clean))
    said.packages = canonical(re.findall(r"The package `([^`]+)` requires", said.text))
    return said


def ruff(site: Site, tools: Mapping[str, Path]) -> Said:
    """`ruff check` with the rules on errors, bugs and security."""
    words = ("check", "--isolated", "--select", "E9,F,B,S", "--output-format", "concise", ".")
    said = run(site, str(tools["ruff"]), *words)
    found = re.findall(r"^(\S+?):(\d+):\d+: ", said.text, re.MULTILINE)
    said.places = frozenset(f"{Path(file).name}:{line}" for file, line in found)
    return said


def gunicorn(site: Site, _tools: Mapping[str, Path]) -> Said:
    """`gunicorn --check-config`, which loads the application, with a value for each variable of render.yaml."""
    words = ("--check-config", "-k", "uvicorn.workers.UvicornWorker", APPLICATIONS[site.variant.project])
    return run(site, str(site.asked / "bin/gunicorn"), *words, environment=made_up(site))


def made_up(site: Site) -> Mapping[str, str]:
    """Return the variables of render.yaml, with values of the right form."""
    manifest = site.folder / "repository" / site.variant.project / "render.yaml"
    service = yaml.safe_load(manifest.read_text())["services"][0] if manifest.exists() else {}
    rows = service.get("envVars", ())
    return {
        row["key"]: str(row.get("value", "postgresql://u:p@localhost/d" if "DATABASE" in row["key"] else "x" * 40))
        for row in rows
    }


ASKING: Final[Mapping[str, Callable[[Site, Mapping[str, Path]], Said]]] = dict(
    zip(PEERS, (deptry, fawltydeps, pip_check_reqs, creosote, uv_pip_check, ruff, gunicorn), strict=True)
)


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(code)
