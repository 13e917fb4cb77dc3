"""What a terminal that knows few letters shows."""

import os
import subprocess
import sys
from pathlib import Path


def test_letters_that_a_terminal_does_not_know_are_spelled_out_and_no_fault_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "büro.py").write_text("import numpy\n")
    (tmp_path / "main.py").write_text("import büro\n")
    command = (sys.executable, "-m", "deploy_suite", "trace", "main.py", "--project", str(tmp_path))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    done = subprocess.run(command, capture_output=True, env=environment, check=False)

    assert (done.returncode, done.stderr, b"b\\xfcro.py" in done.stdout) == (0, b"", True)
