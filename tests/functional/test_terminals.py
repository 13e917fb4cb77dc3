"""What a terminal that knows few letters shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_letters_that_a_terminal_does_not_know_are_spelled_out_and_no_fault_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "büro.py").write_text("import numpy\n")
    (tmp_path / "main.py").write_text("import büro\n")
    command = (sys.executable, "-m", "deploy_suite", "trace", "main.py", "--project", str(tmp_path))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    done = subprocess.run(command, capture_output=True, env=environment, check=False)

    assert (done.returncode, done.stderr, b"b\\u00fcro.py" in done.stdout) == (0, b"", True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_whole_whatever_letters_standard_output_knows(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "main.py").write_text("import b\xfcro, \u540d\u524d, \U00020000\n", encoding="utf-8")
    command = (sys.executable, "-m", "deploy_suite", "trace", "main.py", "--project", str(tmp_path), "--format", "json")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}

    done = subprocess.run(command, capture_output=True, env=environment, check=False)

    packages = json.loads(done.stdout.decode(encoding))["traces"][0]["packages"]
    assert (done.stderr, {one["name"] for one in packages}) == (b"", {"b\xfcro", "\u540d\u524d", "\U00020000"})


@pytest.mark.parametrize("door", [("-m", "deploy_suite"), ("-m", "invoke")])
def test_a_locale_that_cannot_write_the_folders_name_is_no_fault_of_the_suite(
    tmp_path: Path, door: tuple[str, ...]
) -> None:
    folder = tmp_path / "büro"
    folder.mkdir()
    (folder / "tasks.py").write_text("from deploy_suite.entry.tasks import namespace\n")
    subprocess.run(("git", "-C", str(folder), "init", "-q"), check=True)
    environment = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = (sys.executable, *door, "preflight")

    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)

    assert (done.returncode, "büro has no commit yet" in done.stderr) == (2, True), done.stderr


def ended(*words: str, stdout: int | None = None, stderr: int | None = None, shell: str = "") -> tuple[int, str, str]:
    """Return the exit code of a command, and what it wrote where that was not led elsewhere."""
    program = (sys.executable, "-m", "deploy_suite", *words)
    command = ("bash", "-c", f'exec "$@" {shell}', "bash", *program) if shell else program
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE if stderr is None else stderr,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout or "", done.stderr or ""


def test_a_reader_that_has_gone_is_no_fault_of_the_suite() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    code, _, told = ended("explain", "--list", stdout=writing)

    os.close(writing)
    assert (code, told) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_an_answer_that_finds_no_room_is_told_in_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        code, _, told = ended("explain", "--list", stdout=full.fileno())
        silent = ended("explain", "numpy-abbi", stderr=full.fileno())

    assert (code, told.splitlines()) == (
        4,
        [
            "deploy-suite: the answer cannot be written to standard output: No space left on device",
            "  fix: see that there is room where it leads (df -h)",
        ],
    )
    assert silent == (2, "", "")


@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_change_no_verdict(shell: str) -> None:
    assert ended("explain", "--list", shell=shell)[0] == 0
