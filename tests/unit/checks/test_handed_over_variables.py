"""A package that refuses a value → the variable that the failing call handed over, and that is not set."""

from pathlib import Path

import pytest

from deploy_suite.checks.variables import handed_over
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

SOURCE = """\
import os
import client

TOKEN = os.getenv("BOT_TOKEN")
MODE = os.getenv("MODE", "live")


def load():
    url = os.environ.get("PDF_URL")
    client.download(
        url, to="x.pdf"
    )
    client.login(token=TOKEN, mode=MODE)
    client.call(str(url))
"""


def met(
    line: int, said: str = "ValueError: Either url or id has to be specified", code: str = "start-exited"
) -> Finding:
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message="the start command ended with exit code 1",
        location=Location("app.py", line),
        evidence=(f'  File "app.py", line {line}, in load\n    client.download(\n{said}',),
    )


@pytest.mark.parametrize(
    ("finding", "names"),
    [
        (met(11), ("PDF_URL",)),
        (met(13, "client.errors.TokenValidationError: Token is invalid!", "import-failed:TokenValidationError"), ()),
        (met(13, "client.errors.ValidationError: Token is invalid!", "import-failed:ValidationError"), ("BOT_TOKEN",)),
        (met(14), ("PDF_URL",)),
        (met(5), ()),
        (met(99), ()),
        (met(11, "TypeError: download() got an unexpected keyword argument 'to'"), ()),
        (met(11, code="dep-conflict:client"), ()),
    ],
)
def test_the_variable_that_the_failing_call_is_given_is_told(
    tmp_path: Path, finding: Finding, names: tuple[str, ...]
) -> None:
    (tmp_path / "app.py").write_text(SOURCE)

    assert handed_over.variables(finding, tmp_path) == names


def test_without_sources_none_is_told(tmp_path: Path) -> None:
    assert handed_over.variables(met(11), tmp_path) == ()
