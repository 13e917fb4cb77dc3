"""The same preflight of konan by hand and by the suite, side by side in one run.

The subject is konan as a repository of its own, as a user's would be: the 1,500 files of this one cost 0.15 s more.
By hand: python -m venv, pip install, pip check, alembic upgrade on a PostgreSQL that runs already, gunicorn under
Render's variables, GET /health, SIGTERM. By the suite: one command, its own PostgreSQL and all its checks in it.
Exit code: 0 when all was measured, 2 when something could not be; with --strict 1 when a claim does not hold.
"""

import argparse
import io
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deploy_suite.model.secret import Curtain
from deploy_suite.ports import DatabaseServer, Ports
from deploy_suite.wiring import opened

REPOSITORY: Final = Path(__file__).resolve().parents[1]
SUBJECT: Final = ("render.yaml", "deploy.toml", "examples/konan")
SERIES: Final = "3.12"  # render.yaml names none
START: Final = ("app.main:app", "--worker-class", "uvicorn_worker.UvicornWorker", "--graceful-timeout", "20")
ROUTE: Final = "examples/konan/app/routers/health.py"
INDEX: Final = re.compile(r'return \{("edition": "\d+", )?"service"')
COLD, CODE, NOTHING = "cold", "only code changed", "nothing changed"
COLD_RATIO: Final = 3.0
OVER_BOOT_S: Final = 1.5
NOTHING_S: Final = 1.0
BOOT_LIMIT_S: Final = 60.0


class NotMeasuredError(Exception):
    """A side did not do its work, so its time says nothing."""


@dataclass
class Times:
    """Seconds by situation, and those that the application took by hand to boot, and to stop."""

    hand: dict[str, list[float]] = field(default_factory=dict)
    suite: dict[str, list[float]] = field(default_factory=dict)
    boot: list[float] = field(default_factory=list)
    stop: list[float] = field(default_factory=list)
    checks: dict[str, dict[str, list[float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hand:
    """A developer with a shell."""

    service: Path
    folder: Path
    python: Path
    server: DatabaseServer

    def fresh(self, turn: int) -> "Hand":
        """Return the same on a fresh machine."""
        return replace(self, folder=emptied(self.folder, turn))

    def work(self, situation: str, times: Times) -> None:
        """Take konan from its sources to an answer, and stop it."""
        name = f"hand_{secrets.token_hex(4)}"
        environment = self._environment(self.server.create(name).url().revealed())
        began = time.perf_counter()
        if situation == COLD:
            self._run(environment, str(self.python), "-m", "venv", str(self.folder / "venv"))
        self._run(environment, self._program("pip"), "install", "--quiet", "-r", "requirements.txt")
        self._run(environment, self._program("pip"), "check")
        self._run(environment, self._program("alembic"), "upgrade", "head")
        self._start_and_stop(environment, times)
        times.hand.setdefault(situation, []).append(time.perf_counter() - began)
        self.server.drop(name)

    def _start_and_stop(self, environment: dict[str, str], times: Times) -> None:
        """Start gunicorn, wait until the health path answers, and stop it again."""
        port = free_port()
        began = time.perf_counter()
        gunicorn = subprocess.Popen(
            (self._program("gunicorn"), *START, "--bind", f"0.0.0.0:{port}"),
            cwd=self.service,
            env={**environment, "PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                if gunicorn.poll() is not None or time.perf_counter() - began > BOOT_LIMIT_S:
                    raise NotMeasuredError("by hand: gunicorn did not get konan to answer")
                time.sleep(0.01)
            answered = time.perf_counter()
            gunicorn.terminate()
            gunicorn.wait(BOOT_LIMIT_S)
            times.boot.append(answered - began)
            times.stop.append(time.perf_counter() - answered)
        finally:
            gunicorn.kill()
            gunicorn.wait()

    def _environment(self, database_url: str) -> dict[str, str]:
        return {
            **os.environ,
            "PIP_CACHE_DIR": str(self.folder / "pip-cache"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "DATABASE_URL": database_url,
            "JWT_SECRET": secrets.token_urlsafe(32),
            "APP_ENV": "production",
            "WEB_CONCURRENCY": "1",
            "GUNICORN_CMD_ARGS": "--preload --access-logfile - --bind=0.0.0.0:10000",
        }

    def _program(self, name: str) -> str:
        return str(self.folder / "venv" / "bin" / name)

    def _run(self, environment: dict[str, str], *words: str) -> None:
        done = subprocess.run(words, cwd=self.service, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotMeasuredError(f"by hand: {' '.join(words)} failed:\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Suite:
    """`deploy-suite preflight`, with caches of its own."""

    clone: Path
    folder: Path
    python: str

    def fresh(self, turn: int) -> "Suite":
        """Return the same on a fresh machine."""
        return replace(self, folder=emptied(self.folder, turn))

    def work(self, situation: str, times: Times) -> None:
        """Take konan through Render's contract."""
        kept = ("DEPLOY_SUITE_CACHE", "UV_CACHE_DIR", "PIP_CACHE_DIR")
        options = ("--project", str(self.clone), "--target", "render", "--python", SERIES, "--format", "json")
        began = time.perf_counter()
        done = subprocess.run(
            (sys.executable, "-m", "deploy_suite", "preflight", *options),
            cwd=self.clone,  # so that it is the suite as installed
            env={**os.environ, **{name: str(self.folder / name.lower()) for name in kept}},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise NotMeasuredError(
                f"the suite ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
            )
        report = json.loads(done.stdout)
        used = {service["python"] for service in report["subject"]["services"]}
        if used != {self.python}:
            raise NotMeasuredError(f"the suite took Python {', '.join(used)}, by hand it was {self.python}")
        times.suite.setdefault(situation, []).append(seconds)
        for timing in report["timings"]:
            times.checks.setdefault(situation, {}).setdefault(timing["check"], []).append(timing["seconds"])


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each situation with warm caches (default: 3)")
    parser.add_argument("--cold-rounds", type=int, default=1, help="with cold caches (default: 1)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a claim does not hold on this machine")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="preflight-benchmark-") as folder, opened(Curtain()) as ports:
            times = measured(Path(folder), ports, rounds=options.rounds, cold_rounds=options.cold_rounds)
    except NotMeasuredError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(times))
    claims = judged(times)
    print("\n".join(f"{'holds' if holds else 'FAILS'}  {claim}" for claim, holds in claims))
    return int(options.strict and not all(holds for _, holds in claims))


def measured(folder: Path, ports: Ports, *, rounds: int, cold_rounds: int) -> Times:
    """Return the times of both sides, which take turns at being first."""
    clone = folder / "clone"
    make_subject(clone)
    interpreter = max(
        (found for found in ports.interpreters.installed() if found.series == SERIES),
        key=lambda found: [int(part) for part in found.version.split(".")],
        default=None,
    )
    if interpreter is None:
        raise NotMeasuredError(f"this machine has no Python {SERIES}")
    times = Times()
    with ports.databases.serve(foreign=None, extensions=frozenset({"vector"})) as server:
        hand = Hand(clone / "examples/konan", folder / "hand", interpreter.path, server)
        suite = Suite(clone, folder / "suite", interpreter.version)
        for turn in range(cold_rounds):
            hand, suite = hand.fresh(turn), suite.fresh(turn)
            both(turn, COLD, times, hand.work, suite.work)
        for turn in range(rounds):
            edit(clone, turn)
            both(turn, CODE, times, hand.work, suite.work)
            both(turn, NOTHING, times, hand.work, suite.work)
    return times


def both(turn: int, situation: str, times: Times, *works: Callable[[str, Times], None]) -> None:
    """Let each side do its work, the other one first in every second turn."""
    print(f"{situation}, round {turn + 1}", file=sys.stderr, flush=True)
    for work in reversed(works) if turn % 2 else works:
        os.sync()  # what one side has left to be written is not to slow the other down
        work(situation, times)


def emptied(folder: Path, turn: int) -> Path:
    """Return a new folder beside *folder*: to remove its thousands of files would slow down who writes next."""
    made = folder.with_name(f"{folder.name.partition('-')[0]}-{turn}")
    made.mkdir()
    return made


def make_subject(folder: Path) -> None:
    """Make a repository in *folder* of what this one's last commit has of konan."""
    words = ("git", "-C", str(REPOSITORY), "archive", "--format=tar", "HEAD", "--", *SUBJECT)
    archive = subprocess.run(words, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    commit(folder, "Konan")


def commit(repository: Path, message: str) -> None:
    """Commit what has changed of the files that *repository* tracks: running konan leaves bytecode beside them."""
    identity = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")
    git(repository, *identity, "commit", "--quiet", "--all", "--message", message)


def edit(clone: Path, turn: int) -> None:
    """Commit a change of one route."""
    route = clone / ROUTE
    text, count = INDEX.subn(f'return {{"edition": "{turn}", "service"', route.read_text())
    if not count:
        raise NotMeasuredError(f"{ROUTE} has no line like {INDEX.pattern}")
    route.write_text(text)
    commit(clone, f"Edition {turn}")


def git(folder: Path, *words: str) -> None:
    """Run git in *folder*."""
    subprocess.run(("git", "-C", str(folder), *words), check=True)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Return whether *url* answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  the URL is ours
            return bool(answer.status == 200)  # noqa: PLR2004  HTTP's word for success
    except OSError:
        return False


def table(times: Times) -> str:
    """Return the medians and their ratios, then where the suite's time went."""
    lines = [f"{'medians in seconds':<20}{'by hand':>10}{'suite':>10}{'ratio':>8}   rounds"]
    for situation, suite in times.suite.items():
        ours, theirs = statistics.median(suite), statistics.median(times.hand[situation])
        lines.append(f"{situation:<20}{theirs:>10.2f}{ours:>10.2f}{theirs / ours:>7.1f}x   {len(suite)}")
    boot, stop = statistics.median(times.boot), statistics.median(times.stop)
    lines += [
        "",
        f"konan boots in {boot:.2f} s (gunicorn to the first 200 of /health) and stops in {stop:.2f} s (SIGTERM)",
    ]
    for situation, checks in times.checks.items():
        shares = ", ".join(f"{check} {statistics.median(seconds):.2f}" for check, seconds in checks.items())
        lines.append(f"suite, {situation}: {shares}")
    return "\n".join([*lines, ""])


def judged(times: Times) -> list[tuple[str, bool]]:
    """Return each claim that was measured, and whether it holds."""
    medians = {situation: statistics.median(seconds) for situation, seconds in times.suite.items()}
    boot = statistics.median(times.boot)
    claims = []
    if COLD in medians:
        ratio = statistics.median(times.hand[COLD]) / medians[COLD]
        claims.append((f"cold: at least {COLD_RATIO:.0f}x faster than by hand ({ratio:.1f}x)", ratio >= COLD_RATIO))
    if CODE in medians:
        over = medians[CODE] - boot
        claims.append((f"{CODE}: at most boot + {OVER_BOOT_S} s (boot {over:+.2f} s)", over <= OVER_BOOT_S))
    if NOTHING in medians:
        seconds = medians[NOTHING]
        claims.append((f"{NOTHING}: at most {NOTHING_S:.0f} s ({seconds:.2f} s)", seconds <= NOTHING_S))
    return claims


if __name__ == "__main__":
    sys.exit(main())
