"""A machine that has nothing yet, and whose package index does not answer."""

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


def test_an_index_that_does_not_answer_is_told_in_one_message_after_pips_own(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom deploy_suite.entry import bootstrap\n"
        "bootstrap.suite_python(Path(sys.argv[1]))\n"
    )
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}

    done = subprocess.run(
        (sys._base_executable, "-S", "-c", program, str(tmp_path)),  # type: ignore[attr-defined]
        cwd=TOP,
        env={**kept, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )

    told = [line for line in done.stderr.splitlines() if line.startswith(("deploy-suite: ", "  fix: "))]
    home = tmp_path / ".nox" / f"suite-{sys.version_info.major}.{sys.version_info.minor}"
    failed = "-m pip install --quiet --disable-pip-version-check uv"
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (1, "", False)
    assert told == [
        f"deploy-suite: installing the suite into {home} (once)",
        f"deploy-suite: the suite cannot be installed into {home}: {failed} ended with exit code 1",
        "  fix: see that this machine reaches a package index (pip download uv) and has room, and run this again",
    ]
    assert not (home / "installed").exists()
