"""The README's main command on a fresh clone where only root may look: `cd $(mktemp -d) && git clone …` as root."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that is closed to all but its owner; its path is short enough for sockets below it."""
    folder = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root does PostgreSQL run under another account")
def test_the_main_command_works_as_root_where_clone_home_cache_and_temporary_files_are_closed_to_others(
    closed_folder: Path,
) -> None:
    places = {"HOME": closed_folder / "home", "TMPDIR": closed_folder / "tmp"}
    for place in places.values():
        place.mkdir(mode=0o700)
    left_out = {"DEPLOY_SUITE_CACHE", "VIRTUAL_ENV", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {name: str(place) for name, place in places.items()}
    environment |= {"XDG_CACHE_HOME": str(closed_folder / "cache")}
    subprocess.run(("git", "clone", "-q", str(TOP), str(closed_folder / "clone")), check=True)

    done = subprocess.run(
        (sys._base_executable, "noxfile.py", "-s", "preflight"),  # type: ignore[attr-defined]
        cwd=closed_folder / "clone",
        env=environment,
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert (done.returncode, "PASSED" in done.stdout) == (0, True), done.stderr + done.stdout
    left = [path.name for path in places["TMPDIR"].iterdir() if not path.name.startswith("uv-")]  # locks of uv's own
    assert left == []
