"""A failed build over a requirements file whose bytes no installer reads."""

from dataclasses import replace
from pathlib import Path

from deploy_suite.checks import build
from deploy_suite.model.environment import BuildFailure
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from tests.unit.checks.gunicorn_case import CONTRACT, case_of

CALL = "pip install -r requirements.txt"


def test_lines_added_in_another_encoding_are_told_once_at_the_first_of_them(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"six==1.17.0\r\n" + "pkg==1\r\n".encode("utf-16-le"))
    contract = replace(CONTRACT, build=CommandText(text=CALL, location=Location("render.yaml", 5)))
    said = "ERROR: Invalid requirement: 'p\\x00k\\x00g' (from line 2 of requirements.txt)\n"

    (found,) = build.findings(BuildFailure(code=1, log=said, command=CALL, seconds=1), case_of(contract, tmp_path))

    assert (found.code, found.location) == ("requirements-encoding", Location("requirements.txt", 2))
