"""A log whose lines were folded is read as the one that was printed, and its lines are counted as it has them."""

import io
import json

import pytest

from deploy_suite.knowledge.diagnosis import EvidenceLine, diagnose
from deploy_suite.knowledge.unfolding import FOLD, Unfolded, unfolded

PRINTED = """Traceback (most recent call last):
  File "/srv/app/api/main.py", line 26, in <module>
    import numpy as np
ModuleNotFoundError: No module named 'numpy'"""


@pytest.mark.parametrize(
    "folded",
    [
        json.dumps({"severity": "ERROR", "textPayload": PRINTED}),
        json.dumps({"event": "failed", "level": "error", "exception": PRINTED}),
        json.dumps({"jsonPayload": {"message": PRINTED}, "severity": "CRITICAL"}),
        json.dumps({"level": "error", "traceback": PRINTED.split("\n")}),
        f"web_1 | {json.dumps({'message': PRINTED})}",
        f"fatal: [host]: FAILED! => {json.dumps({'rc': 1, 'stderr': PRINTED})}",
        json.dumps({"stderr": PRINTED})[:-2],
        PRINTED.replace("\n", "\\n"),
        PRINTED.replace("\n", "<br>"),
        PRINTED.replace("\n", " "),
    ],
)
def test_a_traceback_in_one_line_is_read_like_any_other(folded: str) -> None:
    found = diagnose(f"starting\n{folded}\nstopped\n").root

    assert found is not None
    assert found.slug == "missing-requirement:numpy"
    assert [one.line for one in found.evidence] == [2]


def test_a_log_with_its_newest_line_first_is_read_from_its_end() -> None:
    stamped = [f"2026/11/21 10:00:0{n}\tstdout\t{line}" for n, line in enumerate(PRINTED.split("\n"))]

    found = diagnose("\n".join(reversed(stamped)))

    assert found.root is not None
    assert found.root.slug == "missing-requirement:numpy"
    assert [one.line for one in found.root.evidence] == [1]


def test_a_log_that_a_terminal_wrapped_within_its_words_is_read_whole() -> None:
    deep = "\n".join(
        f'  File "/srv/venv/lib/python3.12/site-packages/shop/part{n}.py", line {n}, in load' for n in range(9)
    )
    printed = f"{deep}\nModuleNotFoundError: No module named 'django_really_long_name_of_a_package'\n"
    wrapped = "\n".join(line[at : at + 60] for line in printed.split("\n") for at in range(0, len(line), 60))

    found = diagnose(wrapped).root

    assert found is not None
    assert found.slug == "missing-requirement:django-really-long-name-of-a-package"
    assert [one.line for one in found.evidence] == [19]


def test_lines_of_one_length_that_begin_alike_are_not_taken_for_one() -> None:
    lines = [f"2026-11-21 10:00:0{n} INFO  request {n} was answered by the service in time" for n in range(5)]

    assert unread("\n".join(lines)) == "\n".join(lines).encode()


def unread(text: str) -> bytes:
    stream = Unfolded(io.BytesIO(text.encode()))
    return b"".join(iter(lambda: stream.read(1 << 17), b""))


def test_lines_after_a_folded_one_are_counted_as_the_log_has_them() -> None:
    folded = json.dumps({"textPayload": "one\ntwo\nthree"})

    found = diagnose(f"{folded}\n{folded}\n{PRINTED}\n").root

    assert found is not None
    assert found.evidence == (EvidenceLine(6, "ModuleNotFoundError: No module named 'numpy'"),)


def test_the_name_of_a_folder_on_windows_is_no_line_end() -> None:
    line = rb'File "C:\new\numpy\__init__.py", line 3, in n\nModuleNotFoundError: No module named numpy'

    assert unfolded(line) == line.replace(rb"\nModule", b"\n" + FOLD + b"Module")


@pytest.mark.parametrize(
    "line",
    [
        b'{"level": "info", "message": "retrying\\nsoon\\n"}'.replace(b"\\n", b" "),
        b'{"s":"F","msg":"ends"}',
        b'{"no": "text"}',
        b'[{"log": 3}]',
        b'{"log": broken',
        b"a \\n alone",
    ],
)
def test_what_holds_no_further_line_stays_as_it_is(line: bytes) -> None:
    assert unfolded(line) == line


def test_a_line_without_end_is_handed_on_in_parts() -> None:
    text = b"x" * (3 << 20)
    stream = Unfolded(io.BytesIO(text))

    blocks = list(iter(lambda: stream.read(1 << 17), b""))

    assert b"".join(blocks) == text
    assert max(map(len, blocks)) <= (1 << 20) + (1 << 17)


def test_a_folded_line_is_never_cut_at_the_end_of_a_block() -> None:
    folded = json.dumps({"textPayload": PRINTED})
    stream = Unfolded(io.BytesIO(f"{folded}\n".encode() * 50))

    blocks = list(iter(lambda: stream.read(100), b""))

    assert b"".join(blocks) == (PRINTED.replace("\n", "\n\x01") + "\n").encode() * 50


CRASH = "Traceback (most recent call last):\n  File \"/srv/shop.py\", line 3, in <module>\nKeyError: 'SHOP_KEY'"


def wrapped(text: str, *levels: str, key: str = "level", **more: object) -> bytes:
    entries = [
        {key: levels[at % len(levels)], "message": line, "timestamp": "2026-01-01T00:00:00Z", **more}
        for at, line in enumerate(text.split("\n"))
    ]
    return "\n".join(map(json.dumps, entries)).encode()


@pytest.mark.parametrize(
    "log",
    [
        wrapped(CRASH, "info", "warning", "debug"),  # lines of a traceback apart
        wrapped(CRASH, "info", logger="shop"),
        wrapped(CRASH, "info", instance="e82d", meta={"event": {"provider": "app"}}),  # Fly
        wrapped(CRASH, "info", "error", key="severity"),  # Railway: one level a stream
    ],
)
def test_the_level_that_a_platform_gives_to_printed_lines_says_nothing_of_them(log: bytes) -> None:
    assert unfolded(log).decode() == CRASH


@pytest.mark.parametrize(
    "log",
    [
        wrapped("started\ncache not found, going on\nready", "info", "warning"),
        wrapped("started\ncache not found, going on\nready", "info", logger="shop"),
        wrapped("started\nready", "info"),
    ],
)
def test_the_level_that_a_program_gives_to_what_it_says_is_kept(log: bytes) -> None:
    assert unfolded(log) == log


def test_a_failure_in_lines_that_a_platform_calls_information_is_named() -> None:
    log = wrapped(f"==> starting\n{CRASH}\nbye", "info").decode()

    found = diagnose(log).root

    assert found is not None
    assert (found.slug, found.evidence[0].line) == ("missing-env-var:SHOP_KEY", 4)


def test_a_download_of_cloudwatch_is_read_like_any_other() -> None:
    log = "timestamp,message\n" + "\n".join(f'1769940000{at}23,"{line}' for at, line in enumerate(CRASH.split("\n")))

    assert [cause.slug for cause in diagnose(log).causes] == ["missing-env-var:SHOP_KEY"]
