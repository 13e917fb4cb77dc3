"""Ctrl-C while the suite's modules are still being loaded: no traceback, whatever is half loaded."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SUITE, NOXFILE = ("-m", "deploy_suite", "status"), (str(TOP / "noxfile.py"), "--list")
NOX, INVOKE = ("-m", "nox", "--list"), ("-m", "invoke", "--list")


@pytest.mark.parametrize(
    ("door", "module"),
    [
        (SUITE, "argparse"),
        (SUITE, "deploy_suite.errors"),
        (SUITE, "deploy_suite.model.release"),
        (SUITE, "deploy_suite.entry.options"),
        (NOXFILE, "deploy_suite"),
        (NOXFILE, "deploy_suite.entry.bootstrap"),
        (NOX, "deploy_suite.entry.abrupt"),
        (NOX, "deploy_suite.model.project"),
        (INVOKE, "deploy_suite.entry.abrupt"),
        (INVOKE, "deploy_suite.entry.options"),
    ],
)
def test_an_interruption_while_modules_load_leaves_no_traceback(
    door: tuple[str, ...], module: str, tmp_path: Path
) -> None:
    (tmp_path / "noxfile.py").write_text("from deploy_suite.entry.sessions import *\n")
    (tmp_path / "tasks.py").write_text("from deploy_suite.entry.tasks import namespace\n")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background may ignore it
    process = subprocess.Popen(
        (sys.executable, "-X", "importtime", *door),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    assert process.stderr
    for line in process.stderr:
        if line.rpartition("|")[2].strip() == module:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=60) in {-signal.SIGINT, 130}
    assert "Traceback" not in rest
