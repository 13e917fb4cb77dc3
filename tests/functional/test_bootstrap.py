"""A machine that has nothing yet, and whose package index does not answer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
NAMES = ("deploy", "deploy_suite", "requirements", "pyproject.toml", "README.md", "noxfile.py", "tasks.py")
# Any program that loads tasks.py is Invoke enough; -S leaves it nothing but the standard library.
TASKS = "import runpy; runpy.run_path('tasks.py')"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with the suite's files, as a clone has them."""
    for name in NAMES:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TOP / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "door",
    [("noxfile.py", "-s", "preflight"), ("-m", "deploy", "preflight"), ("-m", "deploy_suite"), ("-c", TASKS)],
    ids=["noxfile.py", "deploy", "deploy_suite", "tasks.py"],
)
def test_an_index_that_does_not_answer_is_told_by_each_door_in_one_message_after_pips_own(
    door: tuple[str, ...], clone: Path
) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}

    done = subprocess.run(
        (sys._base_executable, "-S", *door),  # type: ignore[attr-defined]
        cwd=clone,
        env={**kept, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )

    told = [line for line in done.stderr.splitlines() if line.startswith(("deploy-suite: ", "  fix: "))]
    home = clone / ".nox" / f"suite-{sys.version_info.major}.{sys.version_info.minor}"
    failed = "-m pip install --quiet --disable-pip-version-check uv"
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (4, "", False)
    assert told == [
        f"deploy-suite: installing the suite into {home} (once)",
        f"deploy-suite: the suite cannot be installed into {home}: {failed} ended with exit code 1",
        "  fix: see that this machine reaches a package index (pip download uv) and has room, and run this again",
    ]
    assert not (home / "installed").exists()


@pytest.mark.parametrize("minor", [10, 15])
def test_a_python_that_the_suite_does_not_run_on_is_told_before_anything_is_installed(minor: int, clone: Path) -> None:
    pretended = f"import runpy, sys; sys.version_info = (3, {minor}); runpy.run_path('noxfile.py', run_name='__main__')"

    done = subprocess.run(
        (sys._base_executable, "-S", "-c", pretended),  # type: ignore[attr-defined]
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )

    first, fix = done.stderr.splitlines()
    assert (done.returncode, first) == (
        4,
        f"deploy-suite: the suite runs on Python 3.11 to 3.14, and this is 3.{minor}",
    )
    assert fix.startswith("  fix: run it with one of these, for example python3.14 in place of /")
    assert not (clone / ".nox").exists()
