from collections.abc import Callable

import pytest

from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

SERVICE = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: free
    rootDir: backend
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn app:app
"""
FILES = {"render.yaml": SERVICE, "backend/requirements.txt": "gunicorn\n"}
OLDER = ("3.13.4", "3.11.11", "3.11.10", "3.11.9", "3.11.8", "3.11.7", "3.11.6", "3.7.10")


def test_without_a_pin_the_newest_default_comes_with_the_older_ones(read: Read) -> None:
    reading = read(FILES)

    assert reading.contracts[0].python == PythonRequest(
        version="3.14.3",
        origin="Render's default for services created since 2026-02-11; the project names none",
        is_pinned=False,
        alternatives=OLDER,
    )
    assert reading.findings == ()


def test_the_file_at_the_top_counts_and_may_leave_the_patch_open(read: Read) -> None:
    reading = read({**FILES, ".python-version": "# pinned\n3.12\n"})

    assert reading.contracts[0].python == PythonRequest(
        version="3.12", origin="file .python-version", location=Location(".python-version", 2)
    )
    assert reading.findings == ()


def test_the_variable_wins_over_the_file(read: Read) -> None:
    text = SERVICE + "    envVars: [{key: PYTHON_VERSION, value: 3.11.9}]\n"

    reading = read({**FILES, "render.yaml": text, ".python-version": "3.12"})

    assert reading.contracts[0].python.version == "3.11.9"


def test_a_file_in_the_root_directory_is_taken_with_a_note(read: Read) -> None:
    reading = read({**FILES, "backend/.python-version": "3.11.12\n"})

    assert reading.contracts[0].python.version == "3.11.12"
    assert [(one.code, one.outcome) for one in reading.findings] == [("python-version-file-place", Outcome.NOTE)]


def test_a_file_in_the_root_directory_that_uv_reads_anyway_is_a_note(read: Read) -> None:
    reading = read({**FILES, "backend/.python-version": "3.13\n", "backend/uv.lock": "version = 1\n"})

    (finding,) = reading.findings
    assert (finding.code, finding.outcome) == ("python-version-file-place", Outcome.NOTE)
    assert finding.certainty.endswith("; uv reads it there")


def test_runtime_txt_is_ignored_and_said_so(read: Read) -> None:
    reading = read({**FILES, "runtime.txt": "python-3.11.6\n"})

    (finding,) = reading.findings
    assert reading.contracts[0].python.version == "3.14.3"
    assert finding.message == "Render does not read runtime.txt: the service gets Python 3.14.3, not 3.11.6"
    assert finding.location == Location("runtime.txt", 1)
    request = reading.contracts[0].python
    assert (request.unread, request.unread_at) == ("3.11.6", finding.location)


def test_runtime_txt_that_agrees_with_the_pin_is_no_finding(read: Read) -> None:
    assert read({**FILES, "runtime.txt": "python-3.12.7\n", ".python-version": "3.12.7"}).findings == ()


@pytest.mark.parametrize("version", ["3.12", "3", "python-3.12.1", "latest", "3.12.x", "''"])
def test_anything_but_three_numbers_fails_the_build(read: Read, version: str) -> None:
    text = SERVICE + f"    envVars:\n      - key: PYTHON_VERSION\n        value: {version}\n"

    reading = read({**FILES, "render.yaml": text})

    assert [(one.code, one.service) for one in reading.findings] == [("python-runtime-unavailable", "shop")]


def test_a_version_older_than_render_offers_fails(read: Read) -> None:
    text = SERVICE + "    envVars: [{key: PYTHON_VERSION, value: 3.6.15}]\n"

    assert [one.code for one in read({**FILES, "render.yaml": text}).findings] == ["python-runtime-unavailable"]


def test_an_unreadable_version_file_is_a_warning_and_the_default_counts(read: Read) -> None:
    reading = read({**FILES, ".python-version": "myenv\n"})

    assert reading.contracts[0].python.version == "3.14.3"
    assert [one.code for one in reading.findings] == ["python-runtime-unavailable"]


def test_behind_a_version_that_yaml_shortened_the_one_that_was_written_is_checked(read: Read) -> None:
    variable = "    envVars:\n      - key: PYTHON_VERSION\n        value: 3.10\n"

    reading = read({**FILES, "render.yaml": SERVICE + variable})

    assert reading.contracts[0].python.version == "3.10"
    assert [finding.code for finding in reading.findings] == ["python-runtime-unavailable"]
