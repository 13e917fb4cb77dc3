"""A failure for want of something is left open where a submodule of the commit could not be had."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from deploy_suite.checks import left_out
from deploy_suite.model.contract import Container, StandIn
from deploy_suite.model.finding import CheckResult, Finding, Outcome

LACKING = Finding(
    code="missing-requirement:shared",
    outcome=Outcome.FAILED,
    message="shared is imported when the service starts, and no installed package provides it",
    remedy="add `shared` to requirements.txt",
)


def settled(finding: Finding, *submodules: str) -> Finding:
    result = CheckResult(check="imports", service="web", target="render", seconds=0.1, findings=(finding,))
    return left_out.settled([result], submodules)[0].findings[0]


def test_what_may_stand_in_the_submodule_is_left_open() -> None:
    assert settled(LACKING, "common") == replace(
        LACKING,
        outcome=Outcome.SKIPPED,
        remedy="git submodule update --init --recursive",
        certainty="not known: it may stand in common, which could not be had here, and the target may have it",
    )


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: Directory './common' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.",
        "FileNotFoundError: [Errno 2] No such file or directory: 'common/settings.json'",
        "ModuleNotFoundError: No module named 'shared.models'",
    ],
)
def test_a_build_or_a_start_that_misses_a_file_is_left_open(line: str) -> None:
    finding = Finding(code="boot", outcome=Outcome.FAILED, message="the service does not start", evidence=(line,))
    assert settled(finding, "common").outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    "finding",
    [
        replace(LACKING, message="numpy is imported when the service starts, and no installed package provides it"),
        Finding(code="boot", outcome=Outcome.FAILED, message="it fails", evidence=("No module named 'flask_cors'",)),
        Finding(code="port", outcome=Outcome.FAILED, message="the service listens on 127.0.0.1 alone"),
        Finding(code="boot", outcome=Outcome.FAILED, message="it fails", evidence=("gunicorn: command not found",)),
        replace(LACKING, outcome=Outcome.WARNING),
    ],
)
def test_what_no_submodule_can_hold_stays_as_it_is(finding: Finding) -> None:
    assert settled(finding, "common") == finding


def test_without_a_submodule_that_lacks_nothing_changes() -> None:
    assert settled(LACKING) == LACKING


def test_many_submodules_are_not_all_named() -> None:
    assert "a, b, c and 2 more, which" in settled(LACKING, "a", "b", "c", "d", "e").certainty


@pytest.mark.parametrize(
    ("code", "line", "outcome"),
    [
        ("git-lfs-failure", "_pickle.UnpicklingError: invalid load key, 'v'.", Outcome.SKIPPED),
        ("import-failed:JSONDecodeError", 'File "main.py", line 3: load("data/words.json")', Outcome.SKIPPED),
        ("missing-requirement:flask", "No module named 'flask'", Outcome.FAILED),
    ],
)
def test_what_fails_on_a_pointer_of_lfs_is_left_open(code: str, line: str, outcome: Outcome) -> None:
    finding = Finding(code=code, outcome=Outcome.FAILED, message="it does not start", evidence=(line,))
    result = CheckResult(check="imports", service="web", target="render", seconds=0.1, findings=(finding,))

    (of_pointers,), (without,) = (
        left_out.behind_pointers([result], pointers) for pointers in ([PurePosixPath("data/words.json")], [])
    )

    assert of_pointers.findings[0].outcome is outcome
    assert without == result


def unmade(finding: Finding, *paths: str) -> Finding:
    stand_ins = tuple(
        StandIn(path=path, is_folder=True, is_site=True, target=f"/app/{path}", origin="node:20", line=9)
        for path in paths
    )
    container = Container(dockerfile="Dockerfile", workdir="/app", stand_ins=stand_ins)
    result = CheckResult(check="boot", service="web", target="render", seconds=0.1, findings=(finding,))
    return left_out.unmade([result], container)[0].findings[0]


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/render/project/src/api/static/logo.svg'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'static/logo.svg'",
        "RuntimeError: Directory 'api/static/fonts' does not exist",
        "RuntimeError: File at path /x/api/static/app.html does not exist.",
        "ModuleNotFoundError: No module named 'static.pages'",
        "jinja2.exceptions.TemplateNotFound: app.html",
        "ValueError: Missing staticfiles manifest entry for 'js/app.js'",
    ],
)
def test_what_misses_a_file_of_a_stage_that_is_not_built_is_left_open(line: str) -> None:
    finding = Finding(code="start-exited", outcome=Outcome.FAILED, message="it does not start", evidence=(line,))

    told = unmade(finding, "api/static")

    assert (told.outcome, told.required) == (Outcome.SKIPPED, True)
    assert told.certainty == ("not known: /app/api/static comes from node:20 (Dockerfile:9), which is not built here")
    assert unmade(replace(finding, outcome=Outcome.WARNING), "api/static").is_optional_skip
    assert unmade(finding) == finding


@pytest.mark.parametrize(
    "lines",
    [
        ("ModuleNotFoundError: No module named 'flask_cors'",),
        ("app = Flask(__name__, static_folder='static')", "ModuleNotFoundError: No module named 'jwt'"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data/static.json'",),
        ("app.mount('/static')", "FileNotFoundError: [Errno 2] No such file or directory: 'model.bin'"),
        ("the service listens on 127.0.0.1 alone, and static files are served",),
    ],
)
def test_what_no_such_stage_brings_stays_a_failure(lines: tuple[str, ...]) -> None:
    finding = Finding(code="start-exited", outcome=Outcome.FAILED, message="it does not start", evidence=lines)

    assert unmade(finding, "api/static") == finding
