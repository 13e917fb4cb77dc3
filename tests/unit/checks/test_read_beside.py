"""Failures of a start that a made-up value may have brought about."""

from pathlib import Path

import pytest

from deploy_suite.checks.boot import read_beside
from deploy_suite.model.location import Location

LOG = 'Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n    use(json.loads(key))\n{}\n'


@pytest.mark.parametrize(
    ("said", "file", "name"),
    [
        ("ValueError: Invalid certificate argument", "app.py", "SERVICE_JSON"),
        ("lib.errors.RefusedError: no", "app.py", "SERVICE_JSON"),
        ("NameError: name 'use' is not defined", "app.py", ""),
        ("AttributeError: module 'lib' has no attribute 'use'", "app.py", ""),
        ("ValueError: Invalid certificate argument", "other.py", ""),
        ("ValueError: Invalid certificate argument", "gone.py", ""),
    ],
)
def test_the_variable_that_the_failing_file_reads_is_named(tmp_path: Path, said: str, file: str, name: str) -> None:
    (tmp_path / "app.py").write_text('key = os.environ.get("SERVICE_JSON")\n')
    (tmp_path / "other.py").write_text("SERVICE_JSON = 1\n")

    assert read_beside.variable(["A", "SERVICE_JSON"], Location(file, 3), LOG.format(said), folder=tmp_path) == name
