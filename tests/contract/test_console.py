"""Progress as a person sees it."""

import io
import re
import time

from deploy_suite.adapters.console import Console
from deploy_suite.model.secret import Curtain


def lines(stream: io.StringIO) -> list[str]:
    return [re.sub(r"\(\d+ s", "(N s", line) for line in stream.getvalue().splitlines()]


def until(stream: io.StringIO, count: int) -> list[str]:
    """Return the lines once there are *count*, or those of the last look after five seconds."""
    end_s = time.monotonic() + 5
    while len(lines(stream)) < count and time.monotonic() < end_s:
        time.sleep(0.01)
    return lines(stream)


def test_a_step_that_says_nothing_for_long_is_said_to_be_at_work_until_it_ends() -> None:
    stream = io.StringIO()
    console = Console(Curtain(), stream, silent_s=0.05)

    console.began("environment")
    console.began("config")
    console.ended("config", 0.1, "passed")
    said = until(stream, 5)[:5]
    console.ended("environment", 1.0, "passed")
    after = lines(stream)
    time.sleep(0.2)

    assert said == [
        "preflight: environment …",
        "preflight: config …",
        "preflight: config: passed after 0.1 s",
        "preflight: still at work: environment (N s so far)",
        "preflight: still at work: environment (N s so far)",
    ]
    assert after[-1] == "preflight: environment: passed after 1.0 s"
    assert lines(stream) == after


def test_nothing_is_added_while_something_else_is_said() -> None:
    stream = io.StringIO()
    console = Console(Curtain(), stream, silent_s=0.4)

    console.began("boot")
    for _ in range(6):
        time.sleep(0.1)
        console.waiting("the service starts")

    assert lines(stream) == ["preflight: boot …", *["preflight: the service starts"] * 6]


def test_a_closed_stream_ends_the_watch_without_a_word() -> None:
    stream = io.StringIO()
    console = Console(Curtain(), stream, silent_s=0.05)

    console.began("boot")
    stream.close()
    time.sleep(0.2)

    assert stream.closed
