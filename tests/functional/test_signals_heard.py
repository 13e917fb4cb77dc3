"""Signals that arrive where Python lets no exception out, or must not be left, are heard a moment later."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from deploy_suite.entry import interruption
interruption.listen()

class Odd:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})
        time.sleep(0.01)

done = []
began = time.monotonic()
try:
    {body}
    time.sleep(9)
except KeyboardInterrupt:
    print("heard", len(done), time.monotonic() - began < 5)
"""


def ended(body: str, number: str) -> tuple[str, str]:
    program = textwrap.dedent(PROGRAM.format(root=str(ROOT), body=body, number=number))
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip(), done.stderr


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_in_a_destructor_is_not_lost(number: str) -> None:
    assert ended("Odd()", number) == ("heard 0 True", "")


def test_the_import_system_is_not_left_half_way() -> None:
    source = "os.kill(os.getpid(), signal.SIGINT); done.append(1)"

    found = ended(f'exec(compile({source!r}, "<frozen importlib._bootstrap>", "exec"))', "SIGINT")

    assert found == ("heard 1 True", "")


def test_what_else_a_destructor_raises_is_told_as_ever() -> None:
    out, err = ended("Odd.__del__ = lambda self: 1 / 0; Odd(); raise KeyboardInterrupt", "SIGINT")

    assert (out, "ZeroDivisionError" in err) == ("heard 0 True", True)
