"""What of a text a terminal may get."""

import pytest

from deploy_suite.model.wording import counted, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode … \N{NO-BREAK SPACE}\n\ttab\n", "plain, ünïcode … \N{NO-BREAK SPACE}\n\ttab\n"),
        ("\x1b[31mred\x1b[0m\n", "red\n"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("shop\rhidden\x08\x00\x7f\x9b31m", "shop\\x0dhidden\\x08\\x00\\u007f\\u009b31m"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
    ],
)
def test_nothing_that_is_told_steers_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_numbers_have_their_nouns() -> None:
    assert [counted(number, "commit") for number in (0, 1, 2)] == ["0 commits", "1 commit", "2 commits"]
