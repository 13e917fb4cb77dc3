"""What is said of a file that a command names and the commit lacks."""

from collections.abc import Callable

import pytest

from deploy_suite.checks.base import Findings

FILES = {"requirements.txt": "gunicorn\nx\n", "app.py": "import x\napp = x.make()\n"}


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("./build.sh", "the commit has no build.sh, which the buildCommand runs"),
        ("bash build.sh", "the commit has no build.sh, which bash is given"),
        ("./go.sh", "the commit has no seed.sh, which go.sh runs"),
    ],
)
def test_a_file_that_is_itself_the_program_is_not_said_to_be_given_to_it(
    checked: Callable[..., Findings], build: str, said: str
) -> None:
    found = checked({**FILES, "go.sh": "set -e\n./seed.sh\n"}, build=build, executable=("go.sh",))

    assert [one.message for one in found if one.code.startswith("command-file-missing")] == [said]


def test_an_option_and_its_value_in_one_word_are_to_be_two(checked: Callable[..., Findings]) -> None:
    found = checked({**FILES, "conf.py": ""}, start="gunicorn '-c conf.py' app:app")

    (one,) = (one for one in found if one.code.startswith("command-file-missing"))
    assert (one.code, one.message) == (
        "command-file-missing:conf.py",
        "the commit has no ' conf.py', which gunicorn is given",
    )
    assert one.remedy == "write the option and `conf.py` as two words in render.yaml"
