"""Nox sessions for a user's repository: `from deploy_suite.entry.sessions import *` in its noxfile.py."""

import sys
from pathlib import Path
from typing import Final

import nox

from deploy_suite.entry import abrupt
from deploy_suite.entry.matrix import matrix

__all__ = ["lock", "preflight"]

MATRIX_TAG: Final = "matrix"
_CLEANING_S: Final = 20.0
# Nox's JSON holds only what would run, and CI makes its matrix of it; to run, a cell is asked for by name or tag.
_IS_LISTED_FOR_A_PROGRAM: Final = "--json" in sys.argv[1:]


@nox.session(venv_backend="none", allow_parallel=True)
def preflight(session: nox.Session) -> None:
    """Would this commit build, migrate, boot and answer? Each target, with the Python that it would use."""
    _run(session, "preflight")


@nox.session(venv_backend="none", default=False)
def lock(session: nox.Session) -> None:
    """Write down the versions that the target would get now, beside the requirements; `-- --hashes` with hashes."""
    _run(session, "lock")


def _run(session: nox.Session, *options: str) -> None:
    """Run the command line; when interrupted it gets the time to remove what it made, of which Nox grants 0.5 s."""
    session.run(
        *(sys.executable, "-m", "deploy_suite", *options, *session.posargs),
        external=True,
        stderr=None,  # Nox would write it into the report: both streams are one to it
        interrupt_timeout=_CLEANING_S,
        terminate_timeout=_CLEANING_S,
    )


def _register(python: str, targets: tuple[str, ...]) -> None:
    """Register the cells of one Python; no environment of Nox's is needed, for the suite builds its own."""

    @nox.session(
        name=f"preflight-{python}",
        python=python,
        venv_backend="none",
        tags=[MATRIX_TAG],
        default=_IS_LISTED_FOR_A_PROGRAM,
        allow_parallel=True,
    )
    @nox.parametrize("target", targets)
    def cell(session: nox.Session, target: str) -> None:
        """The same for one cell of the matrix: another Python, one target."""
        _run(session, "preflight", "--python", python, "--target", target)


_cells = matrix(Path.cwd())
for _python in _cells.pythons:
    _register(_python, _cells.targets)
abrupt.over()
