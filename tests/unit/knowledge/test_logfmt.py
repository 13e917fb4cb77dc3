"""A line of logfmt is read as what the program said, not as pairs of keys and values."""

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, diagnose
from deploy_suite.knowledge.entry_levels import is_mere_information, without_level
from deploy_suite.knowledge.logfmt import has_any, is_output, lines

TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/srv/app/api/main.py", line 26, in <module>',
    "    import numpy as np",
    "ModuleNotFoundError: No module named 'numpy'",
)


def entry(text: str, level: str = "error") -> str:
    escaped = text.replace('"', '\\"').replace("\n", "\\n")
    return f'time="2026-11-21T10:00:00Z" level={level} msg="{escaped}"'


def told(line: str, *, output: bool = False) -> list[str]:
    return [one.decode() for one in lines(line.encode(), is_output=output)]


@pytest.mark.parametrize("level", ["error", "info"])
def test_a_traceback_of_which_each_line_is_an_entry_is_read_like_any_other(level: str) -> None:
    found = diagnose("\n".join(entry(line, level) for line in TRACEBACK)).root

    assert found is not None
    assert found.slug == "missing-requirement:numpy"
    assert [(one.line, one.text) for one in found.evidence] == [(4, TRACEBACK[3])]


def test_a_traceback_in_one_value_is_read_like_any_other() -> None:
    value = entry("\n".join(TRACEBACK)).partition("msg=")[2]

    found = diagnose(f'level=error msg="cannot start" exc_info={value}')

    assert found.root is not None
    assert found.root.slug == "missing-requirement:numpy"
    assert [one.line for one in found.root.evidence] == [1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('ts=1 level=error msg="cannot listen"', ["cannot listen"]),
        ('web-1  | time=1 level=fatal msg="cannot listen"', ["web-1  | cannot listen"]),
        ('ts=1 lvl=eror message="cannot listen" err="port 8000 is in use"', ["cannot listen: port 8000 is in use"]),
        ('ts=1 level=error event=boot error="ValueError: no such mode"', ["boot", "ValueError: no such mode"]),
        ('ts=1 level=error msg="no: such mode" err="such mode"', ["no: such mode"]),
        ('ts=1 level=error msg="one\\ntwo"', ["one", "two"]),
        ('ts=1 level=error msg="a \\x41 \\"b\\""', ['a \\x41 "b"']),
        ('ts=1 level="error" msg=alone', ["alone"]),
    ],
)
def test_an_entry_says_its_message_and_what_led_to_it(line: str, said: list[str]) -> None:
    assert told(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "ts=1 level=info msg=ready",
        'level="warning" msg="no colour"',
        "a line of text, level=error msg=no",
        "ts=1 msg=text",
        "ts=1 level=error",
        '{"level": "error", "msg": "no logfmt"}',
        "at=error code=H10 desc=crashed",
        "",
    ],
)
def test_what_is_no_entry_or_no_more_than_information_is_left_as_it_is(line: str) -> None:
    assert told(line) == []


def test_what_a_platform_passed_on_is_read_at_any_level() -> None:
    text = "\n".join(entry(line, "info") for line in TRACEBACK).encode()

    assert has_any(text)
    assert is_output(text)
    assert not is_output(entry("ready", "info").encode())
    assert told(entry("ready", "info"), output=True) == ["ready"]


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "Loaded the settings", "level": "info", "logger": "shop"}\n',
        '{"message": "one", "severity": "DEBUG"}\n{"message": "two", "severity": "INFO"}\n',
        'ts=1 level=info msg="read the settings" path=/etc/shop.yml\n',
    ],
)
def test_entries_that_are_mere_information_do_not_say_that_a_service_came_up(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        '{"message": "Application startup complete.", "level": "info", "logger": "uvicorn.error"}\n',
        '{"event": "listening on 0.0.0.0:8000", "level": "info"}\n{"event": "read", "level": "debug"}\n',
        'ts=1 level=info msg="server started" port=8000\n',
    ],
)
def test_entries_of_a_service_that_came_up_do(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.HEALTHY


def test_the_level_of_an_entry_is_no_word_of_the_program() -> None:
    assert is_mere_information('{"level": "info", "message": "x"}')
    assert is_mere_information("ts=1 level=debug msg=x")
    assert not is_mere_information('{"level": "warning", "message": "x"}')
    assert not is_mere_information("INFO: x")
    assert without_level('ts=1 level="info" msg=x') == "ts=1  msg=x"
